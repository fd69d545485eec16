// Ten seconds to change one's mind; then the page does what was chosen. If it is closed before, the laptop does.
import './cover.js';

const line = document.querySelector('[data-left]');
const over = performance.now() + Number(line.dataset.left) * 1000;

const turn = setInterval(() => {
  const left = Math.max(0, Math.ceil((over - performance.now()) / 1000));
  line.textContent = line.dataset.words.replace('{n}', left);
  if (left > 0) return;
  clearInterval(turn);
  document.querySelector('[data-finish]').click();
}, 250);
