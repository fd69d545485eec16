// Keys for the interview: Ctrl+Enter next, Alt+1 to 4 the kind of record, Esc stop and back. Nothing on single letters.
export function keys() {
  addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const open = document.querySelector('details.q[open]');
    if (event.key === 'Enter' && event.ctrlKey) open?.querySelector('button[value=next]')?.click();
    if (event.altKey && '1234'.includes(event.key)) open?.querySelectorAll('input[name=text_kind]')[event.key - 1]?.click();
    if (event.key === 'Escape') location.hash = location.hash === '#stop' ? open?.id ?? 'main' : 'stop';
  });
}
