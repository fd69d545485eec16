// What stands in a long form is kept in this browser, sealed (`queue.js`), until the laptop has it: should the page die, the
// next one that shows this form offers it to whoever typed it. Only the button saves it.
import { Badge } from './badge.js';
import { wasDone } from './done.js';
import './holds.js';
import { Kept } from './kept.js';
import { pause, randomId, signedIn } from './laptop.js';
import { Queue } from './queue.js';

const PAUSE = 600, LONGEST = 1200, AGAIN = 1000, NOW_AND_THEN = 20000;
const OWN = ['csrf_token', 'practised', 'unsent', 'nonce', 'base'];  // of this page, not typed
const isText = (field) => field.matches('textarea, [type=text]');
const trimmed = (text) => text.replaceAll('\r\n', '\n').trim();
const typed = (fields) => JSON.stringify(fields.map(([name, value]) => [name, trimmed(value)]));
const valuesOf = (fields, name) => fields.filter(([one]) => one === name).map(([, value]) => value);
const fieldsOf = (form) => Array.from(new FormData(form)).filter(([name]) => !OWN.includes(name));

class Filled {
  constructor(place) {
    this.place = place;
    this.form = place.closest('form');
    this.badge = new Badge(place.querySelector('.badge'), { ...place.dataset }, place.querySelector('[role=status]'));
    this.queue = Queue.of(place);
    this.kept = this.keptAs(this.form.elements.nonce.value);
    this.turn = this.timer = this.firstKey = 0;
    this.sent = this.over = false;
    this.offered = new Set();
    const refused = 'kept' in (document.querySelector('[data-cover]')?.dataset ?? {});  // it came back with what was typed
    const stood = this.form.cloneNode(true);
    stood.reset();  // somebody may have been quicker than this script
    this.stored = refused ? '' : typed(fieldsOf(stood));
    this.listen();
    if (typed(this.fields()) !== this.stored) this.due();
    this.look();
    setTimeout(() => this.look(), AGAIN);  // the page before this one, if it was opened anew, may not have let go yet
  }

  listen() {
    for (const event of ['input', 'compositionupdate', 'compositionend']) this.form.addEventListener(event, () => this.touched());
    this.form.addEventListener('submit', (event) => { if (!event.defaultPrevented) this.sent = true; });
    addEventListener('focus', () => { this.look(); this.ask(); });
    setInterval(() => this.ask(), NOW_AND_THEN);
    document.addEventListener('visibilitychange', () => { if (document.hidden && this.timer) this.due(); });
  }

  fields() {
    return fieldsOf(this.form);
  }

  // A record bears the name of its form: so each page knows which the laptop has by now.
  keptAs(name) {
    this.form.elements.nonce.value = name;
    return new Kept(this.queue, name);
  }

  // What is typed after the form went off is no part of what the laptop then says to have.
  touched() {
    if (this.sent) this.kept = this.keptAs(randomId());
    this.sent = false;
    this.badge.show('typing');
    this.firstKey ||= performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.due(), Math.min(PAUSE, Math.max(0, this.firstKey + LONGEST - performance.now())));
  }

  // The store of a browser may be slow or ill: until it surely lies there the badge says that only this page holds it.
  async due() {
    clearTimeout(this.timer);
    this.timer = this.firstKey = 0;
    if (this.over || typed(this.fields()) === this.stored) return this.clear();
    const keeping = this.keep(), { turn } = this;
    const tell = (kept) => { if (turn === this.turn && !this.over) this.badge.show(kept ? 'browser' : 'lost'); };
    tell(await Promise.race([keeping, pause(LONGEST)]));
    if (await keeping) tell(true);
  }

  keep() {
    const turn = this.turn += 1, base = this.form.elements.base?.value ?? '';
    return this.kept.keep({ turn, words: { form: this.place.dataset.form, base, fields: this.fields() } });
  }

  clear() {
    this.kept.done(this.turn);
    if (this.over) this.badge.show('lost', this.place.dataset.shut);
    else this.badge.blank();
  }

  // Where nothing is left of the interview, as after a child wanted none of it to stay, nothing of it is kept here either.
  async ask() {
    const now = await signedIn(this.place.dataset.user, '', this.place.dataset.interview).catch(() => null);  // away: asked again
    if (!now || this.over) return;
    this.over = !now.queue;
    if (this.over && this.badge.truth !== 'saved') this.clear();
    else this.queue?.use(now.queue);
  }

  // What pages left behind that are gone; what the laptop has by now goes.
  look() {
    this.queue?.each((words) => {
      if (words.form !== this.place.dataset.form) return false;
      if (wasDone(words) || typed(words.fields) === this.stored) return true;
      this.offer(words);
      return false;
    }).catch((error) => console.warn(error.name));  // this browser gives no access to what it keeps
  }

  offer({ id, fields }) {
    if (this.offered.has(id)) return;
    this.offered.add(id);
    const shown = this.place.querySelector('template').content.firstElementChild.cloneNode(true);
    const texts = Array.from(this.form.elements).filter(isText).flatMap((field) => valuesOf(fields, field.name));
    shown.querySelector('textarea').value = texts.filter(Boolean).join('\n\n');
    const on = (button, act) => shown.querySelector(button).addEventListener('click', () => this.settle(shown, id, act));
    on('[data-back]', (words) => this.putBack(words));
    on('[data-away]', () => true);
    this.form.before(shown);
    this.place.querySelector('[role=status]').textContent = shown.querySelector('p').textContent;
  }

  // Another page may have taken it up, or thrown it away, meanwhile.
  async settle(shown, id, act) {
    await this.queue.each((words) => words.id === id && act(words)).catch((error) => console.warn(error.name));
    shown.remove();
  }

  // It goes over what was on the screen when it was typed: what was saved since, here or elsewhere, stays beside it. What
  // was typed on this page since stays, too.
  putBack({ base, fields }) {
    const untouched = typed(this.fields()) === this.stored;
    if (this.form.elements.base) this.form.elements.base.value = base;
    for (const field of this.form.elements) {
      const values = valuesOf(fields, field.name), old = values[0];
      if (field.type === 'hidden' || !(untouched || isText(field))) continue;
      if (['radio', 'checkbox'].includes(field.type)) field.checked = values.includes(field.value);
      else if (old !== undefined) field.value = untouched || field.value === field.defaultValue ? old : `${old}\n${field.value}`;
    }
    this.form.querySelectorAll('details').forEach((part) => { part.open = true; });
    this.form.dispatchEvent(new Event('input', { bubbles: true }));
    return this.keep();
  }
}

const place = document.querySelector('[data-typed]');
if (place) new Filled(place);
