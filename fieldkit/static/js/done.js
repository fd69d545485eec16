// Whether the laptop said, in this page, that it has the form of this name.
const done = (document.querySelector('[data-done]')?.dataset.done ?? '').split(' ');

export const wasDone = ({ id }) => done.includes(id);
