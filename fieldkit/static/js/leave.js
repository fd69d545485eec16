// Before another page is asked for, the notes go to the laptop, so that the next page is opened on what was typed;
// while the laptop does not answer, this page is not given up for one that cannot come. A tap beside the questions is noted
// later then (`taps.js`).
import { reachable } from './reach.js';

const SOON = 1000;
const bare = (address) => address.split('#')[0];
export const leads = (link) => link.origin === location.origin && !link.target && !(link.hash && bare(link.href) === bare(location.href));

// What helps a child stands on this page too, and is not waited for long. The call says whether it is to be opened now.
function soonHelp(link) {
  const open = (now) => {
    clearTimeout(soon);
    link.ariaBusy = null;
    if (now) location.hash = 'help';
  };
  const soon = setTimeout(() => open(true), SOON);
  link.ariaBusy = 'true';
  return open;
}

export function leave(notes, chosen, taps) {
  const unsaved = () => notes.filter((note) => note.unsaved());
  let going = false, turn = 0;
  const pass = (go) => {
    going = true;
    go();
    going = false;
  };
  const attempt = async (part, go, button) => {
    const mine = turn += 1, help = part.matches('[data-help]') && soonHelp(part);
    await Promise.all(unsaved().map((note) => note.brought()));
    const stays = !await reachable() || notes.some((note) => note.away());
    if (help) help(stays && mine === turn);
    if (mine === turn && part === taps.form && (stays || taps.waits())) return taps.take(button);
    if (mine !== turn || stays) return;  // tapped again, or thought better of it
    chosen.before(() => pass(go), Boolean(help));
  };
  const first = (event, part, go, button) => {
    if (going || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    attempt(part, go, button);
  };
  addEventListener('hashchange', () => { turn += 1; });
  document.addEventListener('submit', (event) => {
    const { target, submitter } = event;
    if (!target.matches('[data-autosave], [data-stop]')) first(event, target, () => target.requestSubmit(submitter), submitter);
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (link && leads(link)) first(event, link, () => location.assign(link.href));
  });
}
