// The page that stands in while the laptop is out of reach: says how much waits here, asks again, and gives way by itself.
import { answers } from './laptop.js';
import { tellWaiting } from './waits.js';

const AGAIN = 2000;
const place = document.querySelector('[data-waiting]'), own = place.dataset.here === location.pathname;
const child = document.querySelector('[data-child]');

async function ask() {
  if (!await answers()) setTimeout(ask, AGAIN);
  else if (own) location.replace('/');
  else location.reload();
}

if (child.dataset.child === location.pathname) child.parentElement.replaceChildren(child.content);  // it is in the child's hand
else tellWaiting(place).catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps
ask();
