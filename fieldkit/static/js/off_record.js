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

// How far *text* begins and ends as what the laptop *had* of it.
function alike(had, text) {
  const most = Math.min(had.length, text.length);
  let before = 0, behind = 0;
  while (before < most && had[before] === text[before]) before += 1;
  while (behind < most - before && had.at(-1 - behind) === text.at(-1 - behind)) behind += 1;
  return [before, behind];
}

// What stands in *text* beside what the laptop *had* of it.
export function added(had, text) {
  const [before, behind] = alike(had, text);
  return text.slice(before, text.length - behind);
}

// What a page goes on with where *stands* is all that is left of what the laptop *had*: without what was taken back on
// this page too (*off*), and with what was typed behind it since. Null where a person has to look.
export function goesOn({ had, text, off }, stands) {
  const [before, behind] = alike(had, stands), end = had.length - behind, news = stands.slice(before, stands.length - behind);
  const here = text.startsWith(had) ? [] : off.filter((words) => had.includes(words));
  const gone = here.map((words) => [had.indexOf(words), had.indexOf(words) + words.length]);
  const is = (place) => gone.some(([from, to]) => from <= place && place < to);
  const rest = (from, to) => had.slice(from, to).split('').filter((_, place) => !is(from + place)).join('');
  const twice = here.some((words) => had.indexOf(words) !== had.lastIndexOf(words));
  const amid = news !== '' && gone.some(([from, to]) => from < end && before < to);  // it may be a part of them
  const left = rest(0, had.length);
  if (twice || amid || !text.startsWith(left)) return null;
  return rest(0, before) + news + rest(end, had.length) + text.slice(left.length);
}

// The form of a note as the laptop has it now; nothing where it shows none.
export async function formOf(talk, question) {
  const page = await anew(`${talk}?${new URLSearchParams({ section: question[0], q: question })}`);
  return page.getElementById(question)?.querySelector('form.note');
}

// The other versions of the note, as the laptop holds them now; until it answers none stands here that says the words.
async function renew(form, words) {
  const shown = () => form.querySelectorAll('.other'), place = form.closest('details').id;
  shown().forEach((version) => { if (version.textContent.includes(words.trim())) version.remove(); });
  const now = await formOf(form.action.split('/answers/')[0], place);
  if (!now) return;  // covered or locked meanwhile
  shown().forEach((version) => version.remove());
  form.querySelector('[data-off]').before(...now.querySelectorAll('.other'));
}

// Words were erased on the laptop: the page goes on from what stands there now. Where nothing can be written there any
// more, a note that this page still writes on keeps only what the laptop never had.
export async function follow(notes) {
  const page = await anew(location.href);
  for (const question of document.querySelectorAll('details.q')) {
    const now = page.getElementById(question.id), note = notes.find(({ form }) => question.contains(form));
    if (!now) continue;  // covered or locked meanwhile
    const form = now.querySelector('form.note');
    if (note && form) await note.follow(form);
    else note?.followRead(now);
    question.querySelectorAll('div.note').forEach((read) => read.remove());
    if (!note || form) question.append(...now.querySelectorAll('div.note'));
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
