// Pages with a signature.
import { focusSummary } from './focus.js';
import { signature } from './signature.js';

document.querySelectorAll('canvas[data-pad]').forEach(signature);
focusSummary();
