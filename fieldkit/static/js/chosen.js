// What the child chose at "stop" waits here, and sealed in this browser, until the laptop has taken it; only that the
// child goes on takes it back. A page of the interview that finds the stop of a page that is gone carries it on.
// A stop that counts down on the laptop is shown on every open page of its interview, and can be taken back there.
import { GoesOn, standing } from './goes_on.js';
import { Kept } from './kept.js';
import { pause, randomId, send, signedIn } from './laptop.js';
import { follow } from './off_record.js';
import { ago, running } from './presence.js';

const AGAIN = 2000, SOON = 1000, MOMENT = 300, NOT_KEPT = 507, STOPPED = /\bpartial_child$/;
const SETTLED = ['decided_since', 'taken_back', 'already_stopped'];
const reveal = (name, shown) => document.querySelectorAll(`[${name}]`).forEach((line) => { line.hidden = !shown; });

export class Chosen {
  constructor(place, queue, notes, taps) {
    this.path = place.dataset.chosen;
    this.user = place.dataset.user;
    this.place = place;  // the line that says so wherever the page stands
    this.form = document.querySelector('[data-stop]');
    this.line = document.querySelector('[data-waits]');
    this.queue = queue;
    this.kept = new Kept(queue);
    this.notes = notes;
    this.taps = taps;
    this.choice = '';
    this.name = this.asked = '';  // of this choice; of the last one that went off to the laptop
    this.decided = place.dataset.decided;  // on the laptop, as far as this page knows
    this.counts = '';  // the mark of the stop that counts down there
    this.knew = '';  // what had been decided when it was chosen
    this.at = 0;  // when that was
    this.instead = [];  // the marks of what was chosen or taken back here before: it takes their place
    this.answered = new URLSearchParams();  // how the laptop's page is asked for
    this.back = new GoesOn(this, queue, notes);
    this.over = '';  // why nothing goes on
    this.deleted = this.stale = false;  // nothing is left; the child went on here since
    this.behind = false;  // words that were typed before on a page that is gone are not on the laptop yet (`delivery.js`)
    this.turn = 0;
    this.running = this.sending = this.following = this.onwards = null;
    this.late = this.left = this.stays = false;  // found here; gone to the laptop's page; which could not write it down
    this.listen();
  }

  listen() {
    this.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.choose(event.submitter.value);
    });
    const goOn = () => this.goOn(), other = new BroadcastChannel(`fieldkit ${this.path}`);
    this.tell = (what) => other.postMessage(what);
    other.onmessage = ({ data }) => { if (data !== 'stops') this.drop(); else if (!this.choice && !this.over) reveal('data-counts', true); };
    document.querySelectorAll('[data-goes-on]').forEach((link) => link.addEventListener('click', goOn));
    document.querySelector('[data-called] form')?.addEventListener('submit', goOn);
    addEventListener('beforeunload', (event) => { if (this.onlyHere()) event.preventDefault(); });
    document.addEventListener('visibilitychange', () => this.look());
    if (this.place.dataset.watch !== undefined) this.watch();
  }

  onlyHere() {
    if (this.over) return this.notes.some((note) => note.unsaved());
    return this.choice !== '' && !this.kept.holds({ turn: this.turn }) || this.back.onlyHere();
  }

  async watch() {
    for (;;) {
      await this.look();
      await pause(AGAIN);
    }
  }

  // How the interview stands on the laptop, and whether words of it were erased there, also after its end.
  async look() {
    const { turn } = this, now = document.hidden || this.left ? null : await standing(this.path).catch(() => null);
    if (!now || turn !== this.turn || this.left) return;
    if (now.code) {
      this.nothingLeft();
      return;
    }
    this.erased ??= now.erased;
    if (this.erased !== now.erased) this.following ||= this.goAfter(now.erased);
    if (!this.over) this.stands(now);
  }

  // One at a time: a slow laptop is not asked for its page again before it has answered.
  goAfter(erased) {
    return follow(this.notes).then(() => { this.erased = erased; }).catch((error) => console.warn(error.name)).finally(() => { this.following = null; });
  }

  stands(now) {
    this.decided = now.decided;
    this.stale &&= this.back.waits();
    reveal('data-asks', now.asks);
    if (!this.choice && STOPPED.test(now.decided) && !STOPPED.test(this.place.dataset.decided)) {
      this.isOver('stopped');
      return;
    }
    this.counts = this.choice || this.back.takes(now.counts) ? '' : now.counts;
    reveal('data-counts', this.counts);
  }

  // The page shows no longer what was deleted, keeps nothing of it, and is only left if no words would be lost.
  nothingLeft() {
    if (this.choice || this.back.waits() || this.deleted) return;  // the answer to that says so
    this.deleted = true;
    this.notes.forEach((note) => {
      note.kept.shut();
      note.emptied();
    });
    if (this.over === 'talk_deleted') return;
    if (this.notes.some((note) => note.unsaved())) this.isOver('deleted');
    else location.assign(this.path);
  }

  // What was not saved stands on this page alone; *why*: the line that says so, or else the laptop's own *sentence*.
  isOver(why, sentence) {
    this.over = why;
    this.counts = '';
    reveal('data-counts', false);
    document.querySelectorAll('[data-over]').forEach((line) => {
      line.querySelector('[data-why]').textContent = line.dataset[why] ?? sentence;
      line.hidden = false;
    });
  }

  // Tells whether this browser keeps it, should the page die. What it was called, what was known, and in the place of
  // what it was chosen, where a page that is gone chose it.
  async choose(choice, { mark = randomId(), knew = this.decided, instead = [], at = running() } = {}) {
    const turn = this.turn += 1, before = [...this.instead, ...instead, this.asked, ...this.back.marks];
    this.instead = [...new Set(before)].filter((one) => one && one !== mark);
    this.choice = choice;
    this.name = mark;
    this.knew = knew;
    this.at = at;
    this.left = false;
    this.back.drop();
    this.counts = '';
    reveal('data-counts', false);
    document.querySelector('[data-cover]')?.setAttribute('data-kept', '');  // a lock does not take the page along
    const keeping = this.kept.keep({ turn, words: { stop: choice, mark, knew, instead: this.instead, at } });
    this.mark();
    this.tell('stops');
    setTimeout(() => this.show(), SOON);
    this.running ||= this.run();
    const kept = await keeping;
    if (this.line && turn === this.turn) this.line.querySelector('[data-kept]').hidden = !kept;
    return kept;
  }

  // The stop of a page that is gone; what was chosen on this page since holds. Of two such stops the stricter does.
  async adopt({ stop: choice, mark, knew, instead, at }) {
    if (this.decided.includes(mark)) return true;  // that was decided of this very one
    if (this.choice && !(this.late && choice === 'stop_discard')) return true;
    this.late = true;
    if (this.form) location.hash = 'stop';
    return this.choose(choice, { mark, knew, instead, at });
  }

  // On every page of this interview; also where the laptop may have the choice, though its answer got lost, and where
  // another page or device chose. Where no stop is known here the laptop is told all the same: one that was chosen before
  // may count down there, and an older one that waits in another page is not to overrule it.
  async goOn() {
    const at = running(), known = this.asked || this.counts;
    this.tell('goes on');
    this.drop();
    await this.look();
    if (this.counts) this.drop();
    else if (!known && !this.choice) this.back.take([''], at);
  }

  drop() {
    const marks = [this.asked, this.counts].filter(Boolean);
    if (marks.length) this.back.take(marks);
    this.stale ||= marks.length > 0;
    if (this.choice || marks.length) this.turn += 1;
    this.choice = this.asked = this.counts = '';
    this.forget();
    this.mark();
    this.show();
    reveal('data-counts', false);
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
    this.place.hidden = !this.choice;
    if (this.line) this.line.hidden = !this.choice;
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
    if (choice === 'stop_keep' && !await this.wordsFirst()) return false;
    const now = await signedIn(this.user, '', '');
    if (this.stale && !this.late) await this.refresh();
    if (!now || choice !== this.choice) return false;
    const fields = new FormData();
    const mark = this.asked = this.name;
    for (const [name, value] of Object.entries({ csrf_token: now.csrf, choice, mark, knew: this.knew, ago: ago([this.at]) })) fields.set(name, value);
    for (const one of this.instead) fields.append('instead', one);
    const answer = await send(this.path, fields, { redirect: 'follow' });
    const { code } = answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : {};
    if (SETTLED.includes(code)) return this.settled(choice, code);
    const { pathname, searchParams } = new URL(answer.url);
    const taken = pathname === this.path && (answer.redirected || [404, 409, 422, NOT_KEPT].includes(answer.status));  // what it has to say about it stands on its page
    this.answered = searchParams;
    this.stays = answer.status === NOT_KEPT;
    return taken && choice === this.choice;
  }

  // What is to stay was said or tapped before the stop, and the laptop takes nothing that comes after it. What it said no
  // to holds up no stop; a request that hung when it was tapped is given up for another one.
  async wordsFirst() {
    this.taps.anew(this.at);
    const underWay = () => this.notes.filter((note) => note.underWay());
    await Promise.all(underWay().map((note) => note.broughtAnew(this.at)));
    return !this.behind && underWay().length === 0 && !this.taps.underWay();
  }

  // That the child went on here is known here, whatever the laptop calls it.
  async refresh() {
    this.knew = (await standing(this.path)).decided ?? this.knew;
    this.stale = false;
  }

  // It is not carried out: something else was decided on the laptop since, and it waits there for a person; or the child
  // went on there, or it is done already.
  settled(choice, code) {
    if (choice === this.choice) {
      this.choice = this.asked = '';
      this.forget();
      this.mark();
      this.show();
      if (location.hash === '#stop') location.hash = '';
      if (code === 'decided_since') reveal('data-asks', true);
    }
    return false;
  }

  // What the laptop could not write down stays sealed here as well: if its battery dies now, this copy is all there is.
  async leave() {
    if (this.left) return;
    this.left = true;
    this.choice = '';
    if (!this.stays) await Promise.race([this.forget(), pause(MOMENT)]);
    if (this.late) this.answered.set('late', 1);
    const asked = String(this.answered);
    if (this.onwards) this.onwards();
    else location.assign(asked ? `${this.path}?${asked}` : this.path);
  }

  // Another page is asked for, and could come: what waits goes first, if it can, and its ten seconds are shown; help
  // alone is not kept waiting.
  async before(go, help) {
    this.onwards = help ? go : null;
    if (this.back.waits()) await this.back.once();
    if (this.choice && await this.sent()) return this.leave();
    this.onwards = null;
    if (!this.left) go();
  }
}
