// A word that the interviewer does not know is written as it was heard, and marked with one tap or key for the evening.
export function doubt(form) {
  const box = form.querySelector('textarea'), button = form.querySelector('[data-doubt]');
  button.addEventListener('click', () => {
    box.setRangeText(button.dataset.doubt, box.selectionEnd, box.selectionEnd, 'end');
    box.focus({ preventScroll: true });
    box.dispatchEvent(new Event('input'));
  });
}
