// The stop and break panels open by their address; while one is open the rest of the page is out of reach.
export function stop() {
  const turn = () => {
    const panel = document.querySelector('.sheet:target') ?? document.querySelector('.sheet.on');
    for (const part of document.body.children) part.inert = Boolean(panel) && part !== panel && !part.matches('[data-cover]');
    (panel ?? document.querySelector('details.q[open] textarea'))?.focus({ preventScroll: !panel });
  };
  addEventListener('hashchange', turn);
  if (document.querySelector('.sheet:target, .sheet.on')) turn();
}
