// The page that stands in while the laptop is out of reach: says how much waits here, asks again, and gives way by itself.
import { answers } from './laptop.js';
import { waiting } from './queue.js';

const AGAIN = 2000;
const line = document.querySelector('[data-some]'), own = line.dataset.here === location.pathname;

async function count() {
  const found = await waiting();
  line.textContent = found ? line.dataset.some.replace('{n}', found) : line.dataset.none;
}

async function ask() {
  if (!await answers()) setTimeout(ask, AGAIN);
  else if (own) location.replace('/');
  else location.reload();
}

count().catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps
ask();
