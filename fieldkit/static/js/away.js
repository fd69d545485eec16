// The page that stands in while the laptop is out of reach: says how much waits here, asks again, and gives way by itself.
import { answers } from './laptop.js';
import { waiting } from './queue.js';

const AGAIN = 2000;
const line = document.querySelector('[data-some]'), own = line.dataset.here === location.pathname;
const child = document.querySelector('[data-child]');

async function count() {
  const { notes, stops, undos, offs, forms, taps } = await waiting();
  line.textContent = notes ? line.dataset.some.replace('{n}', notes) : line.dataset.none;
  document.querySelector('[data-stops]').hidden = stops === 0;
  document.querySelector('[data-undos]').hidden = undos === 0;
  document.querySelector('[data-offs]').hidden = offs === 0;
  document.querySelector('[data-forms]').hidden = forms === 0;
  document.querySelector('[data-taps]').hidden = taps === 0;
}

async function ask() {
  if (!await answers()) setTimeout(ask, AGAIN);
  else if (own) location.replace('/');
  else location.reload();
}

if (child.dataset.child === location.pathname) child.parentElement.replaceChildren(child.content);  // it is in the child's hand
else count().catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps
ask();
