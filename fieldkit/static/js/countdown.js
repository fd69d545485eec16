// Ten seconds to change one's mind; then the page does what was chosen. If it is closed before, the laptop does.
// Where this browser kept that the child goes on, and the laptop did not hear it yet, it hears it now.
import './cover.js';
import { takenBack } from './goes_on.js';
import { Queue } from './queue.js';

const AGAIN = 2000;
const place = document.querySelector('[data-queue]'), { path, user, talk } = place.dataset;
const queue = Queue.of(place);
async function hear() {
  let heard = false;
  await queue.each(async ({ undo }) => {
    if (!undo) return false;
    await takenBack(path, user, undo);
    heard = true;
    return true;
  });
  if (heard) location.replace(talk);
  else setTimeout(hear, AGAIN);
}
if (queue) hear().catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps

const line = document.querySelector('[data-left]');
const over = performance.now() + Number(line.dataset.left) * 1000;

const turn = setInterval(() => {
  const left = Math.max(0, Math.ceil((over - performance.now()) / 1000));
  line.textContent = line.dataset.words.replace('{n}', left);
  if (left > 0) return;
  clearInterval(turn);
  document.querySelector('[data-finish]').click();
}, 250);
