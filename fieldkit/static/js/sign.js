// Pages with a signature.
import './cover.js';
import { focusSummary } from './focus.js';
import { signature } from './signature.js';

document.querySelectorAll('canvas[data-pad]').forEach((canvas) => {
  const folded = canvas.closest('details:not([open])');  // a folded pad has no size yet
  if (folded) folded.addEventListener('toggle', () => signature(canvas), { once: true });
  else signature(canvas);
});
focusSummary();
