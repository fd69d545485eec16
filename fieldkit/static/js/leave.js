// Before another page is asked for, the notes go to the laptop, so that the next page is opened on what was typed;
// while the laptop does not answer, this page is not given up for one that cannot come.
import { reachable } from './reach.js';

const LONGEST = 1200;
const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });
const bare = (address) => address.split('#')[0];
const leads = (link) => link.origin === location.origin && !link.target && !(link.hash && bare(link.href) === bare(location.href));

export function leave(notes) {
  const unsaved = () => notes.filter((note) => note.unsaved());
  let going = false;
  const first = async (event, go) => {
    if (going || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await Promise.race([Promise.all(unsaved().map((note) => note.save())), pause(LONGEST)]);
    if (!await reachable() || notes.some((note) => note.away())) return;
    going = true;
    go();
    going = false;
  };
  document.addEventListener('submit', (event) => {
    const { target, submitter } = event;
    if (!target.matches('[data-autosave]')) first(event, () => target.requestSubmit(submitter));
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (link && leads(link)) first(event, () => location.assign(link.href));
  });
}
