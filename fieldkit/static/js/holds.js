// A form in which much is typed is not given up for a page that cannot come, and not without being asked for another one.
import { leads } from './leave.js';
import { reachable } from './reach.js';

const refused = 'kept' in (document.querySelector('[data-cover]')?.dataset ?? {});  // it came back with what was typed

for (const form of document.querySelectorAll('form[data-holds]')) {
  let going = false, sent = false, typed = refused;
  form.addEventListener('input', () => { typed = true; });
  form.addEventListener('submit', async (event) => {
    if (going) return;
    event.preventDefault();
    if (!await reachable()) return;
    going = sent = true;
    form.requestSubmit(event.submitter);
    going = false;
  });
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[href]');
    if (!typed || !link || !leads(link) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (await reachable()) location.assign(link.href);
  });
  addEventListener('beforeunload', (event) => {
    if (typed && !sent) event.preventDefault();
    sent = false;
  });
}
