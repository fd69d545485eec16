// The interview page: notes that save themselves, keys, the stop panels, and the second language on or off.
import { Autosave } from './autosave.js';
import { drop } from './drop.js';
import { focusSummary } from './focus.js';
import { keys } from './keys.js';
import { pair } from './pair.js';
import { stop } from './stop.js';

const announce = document.getElementById('say');
document.querySelectorAll('form[data-autosave]').forEach((form) => new Autosave(form, announce));
document.querySelectorAll('[data-toggle-pair]').forEach(pair);
document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
keys();

// Who writes has one question open at a time, with the cursor where the note goes; who reads may open all.
const questions = Array.from(document.querySelectorAll('form[data-autosave]'), (form) => form.closest('details'));
questions.forEach((question) => {
  question.addEventListener('toggle', () => {
    if (!question.open) return;
    questions.forEach((other) => { if (other !== question) other.open = false; });
    question.querySelector('textarea')?.focus({ preventScroll: true });
  });
});
document.querySelector('details.q[open] textarea')?.focus({ preventScroll: true });
drop(document.querySelector('[data-drop]'));
focusSummary();
stop();
