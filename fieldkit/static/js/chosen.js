// What the child chose at "stop" waits here, and sealed in this browser, until the laptop has taken it; only that the
// child goes on takes it back. A page of the interview that finds the stop of a page that is gone carries it on.
import { Kept } from './kept.js';
import { randomId, send, signedIn } from './laptop.js';

const AGAIN = 2000, SOON = 1000, MOMENT = 300;
const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });

export class Chosen {
  constructor(place, queue, notes) {
    this.path = place.dataset.chosen;
    this.user = place.dataset.user;
    this.place = place;  // the line that says so wherever the page stands
    this.form = document.querySelector('[data-stop]');
    this.line = document.querySelector('[data-waits]');
    this.queue = queue;
    this.kept = new Kept(queue);
    this.notes = notes;
    this.choice = '';
    this.name = this.asked = '';  // of this choice; of the last one that went off to the laptop
    this.turn = 0;
    this.running = this.sending = this.onwards = null;
    this.late = this.left = false;  // found here; gone to the laptop's page
    this.listen();
  }

  listen() {
    this.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.choose(event.submitter.value);
    });
    const goOn = () => this.goOn(), other = new BroadcastChannel(`fieldkit ${this.path}`);
    this.tell = () => other.postMessage('goes on');
    other.onmessage = () => this.drop();
    document.querySelectorAll('a[data-goes-on]').forEach((link) => link.addEventListener('click', goOn));
    document.querySelector('[data-called] form')?.addEventListener('submit', goOn);
    addEventListener('beforeunload', (event) => { if (this.onlyHere()) event.preventDefault(); });
  }

  onlyHere() {
    return this.choice !== '' && !this.kept.holds({ turn: this.turn });
  }

  // Tells whether this browser keeps it, should the page die.
  async choose(choice) {
    const turn = this.turn += 1;
    this.choice = choice;
    this.name = randomId();
    this.left = false;
    document.querySelector('[data-cover]')?.setAttribute('data-kept', '');  // a lock does not take the page along
    const keeping = this.kept.keep({ turn, words: { stop: choice } });
    this.mark();
    setTimeout(() => this.show(), SOON);
    this.running ||= this.run();
    const kept = await keeping;
    if (this.line && turn === this.turn) this.line.querySelector('[data-kept]').hidden = !kept;
    return kept;
  }

  // The stop of a page that is gone; what was chosen on this page since holds. Of two such stops the stricter does.
  // Where the interview was ended on the laptop since, that was decided there: it is shown, and a person looks.
  async adopt(choice) {
    if (this.place.dataset.ended !== undefined) {
      this.place.hidden = false;
      return false;
    }
    if (this.choice && !(this.late && choice === 'stop_discard')) return true;
    this.late = true;
    if (this.form) location.hash = 'stop';
    return this.choose(choice);
  }

  // On every page of this interview; also where the laptop may have the choice, though its answer got lost.
  goOn() {
    this.tell();
    this.drop();
  }

  drop() {
    if (!this.choice) return;
    if (this.asked) this.takeBack(this.asked);
    this.choice = '';
    this.turn += 1;
    this.forget();
    this.mark();
    this.show();
  }

  async takeBack(name) {
    this.asked = '';
    while (!await this.takenBack(name).catch(() => false)) await pause(AGAIN);
  }

  // Where it cannot be taken back any more the laptop's page says so.
  async takenBack(name) {
    const now = await signedIn(this.user, '', '');
    if (!now) return false;
    const fields = new FormData();
    for (const [field, value] of Object.entries({ csrf_token: now.csrf, stop: name })) fields.set(field, value);
    const answer = await send(`${this.path}/undo`, fields);
    if (!answer.ok && !this.choice) location.assign(this.path);
    return true;
  }

  forget() {
    this.kept.done(this.turn);
    return this.queue?.each(({ stop }) => stop !== undefined).catch((error) => console.warn(error.name));
  }

  mark() {
    this.form?.querySelectorAll('[name=choice]').forEach((key) => { key.ariaPressed = this.choice ? String(key.value === this.choice) : null; });
    if (!this.choice || !this.form) return;
    const words = this.line.querySelector('[data-words]');
    words.textContent = words.dataset.words.replace('{choice}', this.form.querySelector('[aria-pressed=true]').textContent);
  }

  show() {
    for (const line of [this.place, this.line]) if (line) line.hidden = !this.choice;
  }

  async run() {
    if (this.late) await pause(SOON);  // what was found is taken out meanwhile, and the person sees what goes on
    while (this.choice) {
      if (await this.sent()) return this.leave();
      await pause(AGAIN);
    }
    this.running = null;
  }

  // Brings it to the laptop, where it answers and this person is signed in; tells whether the laptop has taken it.
  sent() {
    this.sending ||= this.bring().catch(() => false).finally(() => { this.sending = null; });
    return this.sending;
  }

  async bring() {
    const { choice } = this;
    await Promise.all(this.notes.filter((note) => note.unsaved()).map((note) => note.brought()));
    const now = await signedIn(this.user, '', '');
    if (!now || choice !== this.choice) return false;
    const fields = new FormData();
    const mark = this.asked = this.name;
    for (const [name, value] of Object.entries({ csrf_token: now.csrf, choice, mark })) fields.set(name, value);
    const answer = await send(this.path, fields, { redirect: 'follow' }), there = new URL(answer.url).pathname === this.path;
    const taken = there && (answer.redirected || [404, 409, 422, 507].includes(answer.status));  // what it has to say about it stands on its page
    return taken && choice === this.choice;
  }

  async leave() {
    if (this.left) return;
    this.left = true;
    this.choice = '';
    await Promise.race([this.forget(), pause(MOMENT)]);
    if (this.onwards) this.onwards();
    else location.assign(this.late ? `${this.path}?late=1` : this.path);
  }

  // Another page is asked for, and could come: what waits goes first, if it can, and its ten seconds are shown; help
  // alone is not kept waiting.
  async before(go, help) {
    this.onwards = help ? go : null;
    if (this.choice && await this.sent()) return this.leave();
    this.onwards = null;
    if (!this.left) go();
  }
}
