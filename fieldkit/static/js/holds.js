// A form in which much is typed is not given up for a page that cannot come.
import { reachable } from './reach.js';

for (const form of document.querySelectorAll('form[data-holds]')) {
  let going = false;
  form.addEventListener('submit', async (event) => {
    if (going) return;
    event.preventDefault();
    if (!await reachable()) return;
    going = true;
    form.requestSubmit(event.submitter);
    going = false;
  });
}
