// Keys for the interview: Ctrl+Enter next, Alt+1 to 4 the kind of record, Alt+0 off the record, Alt+/ a word not understood, Esc stop and back. Nothing on single letters.
export function keys() {
  addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (document.body.matches('.covered')) return;
    const open = document.querySelector('details.q[open]'), panel = document.querySelector('.sheet:target');
    if (event.key === 'Escape') location.hash = panel ? open?.id ?? 'main' : 'stop';
    if (document.getElementById('main').inert) return;  // a panel covers the notes
    if (event.key === 'Enter' && event.ctrlKey) open?.querySelector('button[value=next]')?.click();
    if (event.altKey && event.key === '0') open?.querySelector('button[value=off_record]')?.click();
    if (event.altKey && event.key === '/') open?.querySelector('[data-doubt]')?.click();
    if (event.altKey && '1234'.includes(event.key)) open?.querySelectorAll('input[name=text_kind]')[event.key - 1]?.click();
  });
}
