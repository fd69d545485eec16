// Whether the laptop said, in this page, that it has the form whose words these are.
const done = (document.querySelector('[data-done]')?.dataset.done ?? '').split(' ');

export const wasDone = ({ nonce }) => done.includes(nonce);
