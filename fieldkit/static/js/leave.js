// Before another page is asked for, the notes go to the laptop, so that the next page is opened on what was typed;
// while the laptop does not answer, this page is not given up for one that cannot come.
import { signedIn } from './laptop.js';
import { reachable } from './reach.js';

const AGAIN = 2000;
const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });
const bare = (address) => address.split('#')[0];
const leads = (link) => link.origin === location.origin && !link.target && !(link.hash && bare(link.href) === bare(location.href));

export function leave(notes) {
  const unsaved = () => notes.filter((note) => note.unsaved());
  const waits = document.querySelector('[data-waits]');
  const known = () => signedIn(waits.dataset.user, '', '').catch(() => null);  // and every form has a fresh token
  let going = false, turn = 0;
  const attempt = async (part, go) => {
    const mine = turn += 1;
    if (waits && !part.matches('[data-stop]')) waits.hidden = true;
    await Promise.all(unsaved().map((note) => note.brought()));
    const stays = !await reachable() || notes.some((note) => note.away()) || part.matches('[data-stop]') && !await known();
    if (mine !== turn) return;  // tapped again, or thought better of it
    if (stays) return instead(part, go);
    going = true;
    go();
    going = false;
  };
  // What helps a child stands on this page too; what the child chose is done once the laptop answers.
  const instead = async (part, go) => {
    if (part.matches('[data-help]')) location.hash = 'help';
    if (!part.matches('[data-stop]')) return;
    const mine = turn;
    waits.hidden = false;
    await pause(AGAIN);
    if (mine === turn) attempt(part, go);
  };
  const first = (event, part, go) => {
    if (going || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    attempt(part, go);
  };
  addEventListener('hashchange', () => {
    turn += 1;
    if (waits) waits.hidden = true;
  });
  document.addEventListener('submit', (event) => {
    const { target, submitter } = event;
    if (!target.matches('[data-autosave]')) first(event, target, () => target.requestSubmit(submitter));
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (link && leads(link)) first(event, link, () => location.assign(link.href));
  });
}
