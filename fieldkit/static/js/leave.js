// Before another page is asked for, the notes go to the laptop, so that the next page is opened on what was typed.
const LONGEST = 1200;
const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });
const away = () => document.querySelector('.badge[data-state="browser"]') !== null;  // no page would come

export function leave(notes) {
  const unsaved = () => notes.filter((note) => note.unsaved());
  const goFirst = (go) => {
    let going = false;
    return async (event) => {
      if (going || event.ctrlKey || event.metaKey || event.shiftKey || !unsaved().length) return;
      const button = event.submitter;
      event.preventDefault();
      await Promise.race([Promise.all(unsaved().map((note) => note.save())), pause(LONGEST)]);
      if (away()) return;
      going = true;
      go(button);
      going = false;
    };
  };
  for (const form of document.querySelectorAll('form[data-leaves]')) {
    form.addEventListener('submit', goFirst((button) => form.requestSubmit(button)));
  }
  for (const link of document.querySelectorAll('.nav a, a.jump, a.back, .acts a:not([href^="#"])')) {
    link.addEventListener('click', goFirst(() => location.assign(link.href)));
  }
}
