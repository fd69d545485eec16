// The interview page: notes that save themselves, keys, the stop panels, and the second language on or off.
import { Autosave } from './autosave.js';
import { Chosen } from './chosen.js';
import './cover.js';
import { Delivery } from './delivery.js';
import { doubt } from './doubt.js';
import { drop } from './drop.js';
import { focusSummary } from './focus.js';
import { keys } from './keys.js';
import { leave } from './leave.js';
import './offline.js';
import { offRecord } from './off_record.js';
import { pair } from './pair.js';
import { pulse } from './pulse.js';
import { Queue } from './queue.js';
import { stop } from './stop.js';
import { Taps } from './taps.js';

const announce = document.getElementById('say');
const waiting = document.querySelector('[data-queue]'), queue = Queue.of(waiting);
const notes = Array.from(document.querySelectorAll('form[data-autosave]'), (form) => new Autosave(form, waiting, announce, queue));
notes.forEach((note) => offRecord(note.form, note));
notes.forEach((note) => doubt(note.form));
const taps = new Taps(waiting, queue), chosen = new Chosen(document.querySelector('[data-chosen]'), queue, notes, taps);
if (queue) new Delivery(queue, waiting, announce, chosen);
document.querySelectorAll('[data-toggle]').forEach(pair);
document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
keys();

// Who writes has one question open at a time, with the cursor where the note goes on; who reads may open all.
const questions = Array.from(document.querySelectorAll('form[data-autosave]'), (form) => form.closest('details'));
const open = () => document.querySelector('details.q[open]');
const begun = new Set();
const long = (box) => box.offsetHeight >= innerHeight / 2;
const inSight = (box) => {  // the badge too, unless the note is so long that the cursor could be lost for it
  if (!long(box)) box.parentElement.scrollIntoView({ block: 'nearest' });
};
const write = (box) => {
  if (!box) return;
  if (!begun.has(box)) box.setSelectionRange(box.value.length, box.value.length);
  if (!begun.has(box)) box.addEventListener('input', () => inSight(box));
  begun.add(box);
  box.focus({ preventScroll: true });
};
questions.forEach((question) => {
  question.addEventListener('toggle', () => {
    if (!question.open) return;
    questions.forEach((other) => { if (other !== question) other.open = false; });
    const box = question.querySelector('textarea');
    write(box);
    question.firstElementChild.scrollIntoView({ block: 'nearest' });
    if (box) inSight(box);
  });
});
const begin = () => write(open()?.querySelector('textarea'));
begin();
addEventListener('load', () => {  // the place in the address takes the focus away
  if (document.activeElement === document.body) {
    document.querySelector('.sheet.on')?.focus();
    begin();
  }
  const box = document.activeElement;
  if (!box.matches('details.q textarea')) return;
  if (long(box)) box.scrollIntoView({ block: 'end' });
  else inSight(box);
});

// What happens beside a question is noted with it, and leads back to it.
const moment = document.getElementById('moment');
moment?.addEventListener('submit', () => { if (open()) moment.elements.q.value = open().id; });
document.querySelectorAll('a[data-back]').forEach((link) => {
  link.addEventListener('click', () => { if (open()) link.hash = open().id; });
});
leave(notes, chosen, taps);
const minutes = document.querySelector('[data-beat]');
if (minutes && moment) pulse(minutes);
drop(document.querySelector('[data-drop]'));
focusSummary();
stop();
