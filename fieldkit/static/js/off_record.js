// What the child takes back: the last words, or those that are marked, go at once, from this page and from the laptop.
// For ten seconds they can be put back from this page's memory; then nobody has them any more.
import { anew } from './laptop.js';

const UNDO = 10000;
const END = /[。！？…；!?;\n](?:[。！？…；!?;\n”’」』）)】》〉\]］}｝〕〗＂＇]|〔待核〕|["'](?![\p{L}\p{N}]))*/gu;

// Where the last sentence or line begins (`rules/notes.py` says the same, and so do the vectors of its test).
export function lastWords(text) {
  const said = Array.from(text.replace(/〔待核〕/g, '    ').matchAll(/[\p{L}\p{N}]/gu), ({ index }) => index);
  const ends = Array.from(text.matchAll(END), (end) => end.index + end[0].length);
  return Math.max(0, ...ends.filter((place) => said[0] < place && place <= said[said.length - 1]).slice(-1));
}

// The other versions of the note, as the laptop holds them now; until it answers none stands here that says the words.
async function renew(form, words) {
  const shown = () => form.querySelectorAll('.other'), place = form.closest('details').id;
  shown().forEach((version) => { if (version.textContent.includes(words.trim())) version.remove(); });
  const address = `${form.action.split('/answers/')[0]}?${new URLSearchParams({ section: place[0], q: place })}`;
  const now = (await anew(address)).getElementById(place)?.querySelector('form.note');
  if (!now) return;  // covered or locked meanwhile
  shown().forEach((version) => version.remove());
  form.querySelector('[data-off]').before(...now.querySelectorAll('.other'));
}

// Words were erased on the laptop: each note of this page of which its last text stands there no more goes on from what
// does, as another page or device left it.
export async function follow(notes) {
  const page = await anew(location.href);
  for (const note of notes) {
    const now = page.getElementById(note.form.closest('details').id)?.querySelector('form.note');
    if (now) note.follow(now);
  }
}

export function offRecord(form, note) {
  const box = form.querySelector('textarea'), line = form.querySelector('[data-off]');
  let taken = null, timer = 0, turn = 0;

  const put = (back) => {
    const place = Math.min(back.from, box.value.length);
    box.setRangeText(back.words, place, place, 'end');
  };
  const close = () => {
    taken = null;
    line.hidden = true;
  };

  form.querySelector('[value=off_record]').addEventListener('click', async (event) => {
    event.preventDefault();
    const marked = box.selectionStart < box.selectionEnd;
    const from = marked ? box.selectionStart : lastWords(box.value), to = marked ? box.selectionEnd : box.value.length;
    const words = box.value.slice(from, to);
    if (!words) return;
    box.setRangeText('', from, to, 'end');
    box.focus({ preventScroll: true });
    clearTimeout(timer);
    close();
    const mine = turn += 1, done = await note.takeBack(words);
    if (done === null) put({ words, from });  // the laptop has them and does not take them out: so they are shown
    if (done) renew(form, words).catch((error) => console.warn(error.name));
    if (!done || mine !== turn) return;
    taken = { words, from };
    line.querySelector('span').textContent = done;
    line.hidden = false;
    timer = setTimeout(close, UNDO);
  });

  line.querySelector('button').addEventListener('click', () => {
    put(taken);
    close();
    box.focus({ preventScroll: true });
    box.dispatchEvent(new Event('input'));
  });
}
