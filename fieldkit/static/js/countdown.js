// Ten seconds to change one's mind; then the page does what was chosen. If it is closed before, the laptop does.
// Where this browser kept that the child goes on, and the laptop did not hear it yet, it hears it now. What it kept of a
// stop is done with, unless that was stricter; and where another page's stop counts down by now, that is shown.
import './cover.js';
import { standing, takenBack } from './goes_on.js';
import { Queue } from './queue.js';

const AGAIN = 2000;
const place = document.querySelector('[data-queue]'), { path, user, talk, choice, mark } = place.dataset;
const queue = Queue.of(place);
async function hear() {
  let heard = false;
  await queue.each(async ({ stop, undo }) => {
    if (stop) return [stop, 'stop_discard'].includes(choice);
    if (!undo) return false;
    await takenBack(path, user, undo, null);
    heard = true;
    return true;
  });
  if (heard) location.replace(talk);
  else setTimeout(hear, AGAIN);
}
if (queue) hear().catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps

async function look() {
  const now = await standing(path).catch(() => null);  // out of reach: asked again
  if (now?.counts && now.counts !== mark) location.replace(choice === 'stop_keep' ? `${path}?stricter=1` : path);
  else setTimeout(look, AGAIN);
}
setTimeout(look, AGAIN);

const line = document.querySelector('[data-left]');
const over = performance.now() + Number(line.dataset.left) * 1000;

const turn = setInterval(() => {
  const left = Math.max(0, Math.ceil((over - performance.now()) / 1000));
  line.textContent = line.dataset.words.replace('{n}', left);
  if (left > 0) return;
  clearInterval(turn);
  document.querySelector('[data-finish]').click();
}, 250);
