// Typing without a request is not idle; and a page left alone goes under the cover by itself. What is on the page stays.
const BEAT = 60000, SCRIPT = { 'X-Fieldkit': 'script' };
const box = document.querySelector('[data-cover]');
let active = false, typed = false;

const ask = async (path) => (await fetch(path, { headers: SCRIPT, cache: 'no-store' })).status === 401;

async function beat() {
  try {
    const under = await ask(active ? '/cover/awake' : '/session');
    active = false;
    if (!under) hide(false);
    else if (typed) hide(true);
    else if ('afresh' in box.dataset) location.assign('/cover');  // a practice is over under the cover
    else location.assign(`/cover?next=${encodeURIComponent(location.pathname + location.search)}`);
  } catch {
    // the server is away: the page stays as it is, the next beat asks again
  }
}

// A form that was filled in is hidden, not left: the link opens the cover beside it.
function hide(hidden) {
  document.getElementById('main').hidden = hidden;
  box.hidden = !hidden;
}

if (box) {
  for (const event of ['keydown', 'pointerdown', 'input']) addEventListener(event, () => { active = true; }, true);
  addEventListener('input', () => { typed = true; }, true);
  addEventListener('focus', beat);
  setInterval(beat, Number(box.dataset.cover) || BEAT);
}
