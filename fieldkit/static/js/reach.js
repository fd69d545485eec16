// Before a page is left: does the laptop answer? If not the page stays, and says so until it answers again.
import { answers } from './laptop.js';

const AGAIN = 2000;
const line = document.querySelector('[data-gone]');

async function wait() {
  if (await answers()) line.hidden = true;
  else setTimeout(wait, AGAIN);
}

export async function reachable() {
  const there = await answers();
  if (!there && line.hidden) {
    line.hidden = false;
    setTimeout(wait, AGAIN);
  }
  return there;
}
