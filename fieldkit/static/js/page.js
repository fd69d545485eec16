// Every page: what was refused is read first, and what waits in this browser is said.
import './cover.js';
import './offline.js';
import { focusSummary } from './focus.js';
import { tellWaiting } from './waits.js';

focusSummary();
const place = document.querySelector('[data-waiting]');
if (place) {
  const tell = () => tellWaiting(place).catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps
  addEventListener('focus', tell);
  tell();
}
