// A note that saves itself, and a badge that tells the truth: "saved" only after the keyed hash of the text came back;
// what the laptop did not take waits in the queue of this browser. Without this module the note is saved by its button.
import { Badge } from './badge.js';
import { beat } from './cover.js';
import { Kept } from './kept.js';
import { asMuchAsCounts, keyedHash, LONGEST_WAIT, pause, removed, send, signedIn, tooLong } from './laptop.js';
import { added, follow, goesOn } from './off_record.js';
import { ago, presence, running } from './presence.js';
import { reachable } from './reach.js';

const PAUSE = 600, LONGEST = 1200, PATIENCE = 300, RETRY = 2000, REFUSED = 10000, SENT = 50;
const KEPT_ALIVE = 20000;  // a browser sends no more than 64 KB for a page that is left
const bare = (text) => text.replace(/\s/g, '');
const versionOf = (other) => bare(other.querySelector('p:not([class])').textContent);

export class Autosave {
  constructor(form, place, announce, queue) {
    this.form = form;
    this.sentences = { ...place.dataset };
    this.box = form.querySelector('textarea');
    this.badge = new Badge(form.querySelector('.badge'), this.sentences, announce);
    this.queue = queue;
    this.kept = new Kept(queue);
    this.stored = this.badge.truth === 'lost' ? null : this.state();
    this.had = this.stored === null ? '' : this.text();  // what the laptop had of it, as it last said
    this.hadTurn = 0;
    this.sent = [];  // since then, and nobody knows whether it arrived
    this.closed = false;  // the laptop takes nothing of this editor any more: words of it were taken back elsewhere
    this.timer = this.firstKey = this.turn = this.heard = this.begun = this.since = 0;
    this.saving = this.aside = this.line = null;
    this.left = this.going = this.wrote = false;
    this.doubted = false;  // nobody knows yet whether the laptop still takes it (`goes_on.js`)
    this.refusedTurn = 0;  // of what the laptop said no to last
    this.off = [];  // what the child took back and the laptop still has: the words, and who is told what became of them
    this.listen();
    if (this.stored === null) this.later(0);  // the page came back with a refusal and what was typed
  }

  listen() {
    for (const event of ['input', 'compositionupdate', 'compositionend']) this.box.addEventListener(event, () => this.touched());
    this.form.addEventListener('change', () => this.touched());
    this.form.addEventListener('submit', (event) => this.submitted(event));
    addEventListener('pagehide', () => this.leave());
    addEventListener('pageshow', ({ persisted }) => {
      this.left = false;
      if (persisted) this.touched();
    });
    addEventListener('beforeunload', (event) => { if (this.onlyHere()) event.preventDefault(); });
    document.addEventListener('visibilitychange', () => this.hidden());
  }

  text() {
    return this.box.value.toWellFormed ? this.box.value.toWellFormed() : this.box.value;
  }

  kind() {
    return new FormData(this.form).get('text_kind');
  }

  state() {
    return JSON.stringify([this.text(), this.kind()]);
  }

  // All of the note as it is now; every change of it is a turn.
  now() {
    const { editor, base } = this.form.elements, state = this.state(), off = this.off.map(({ words }) => words), said = JSON.stringify([state, off]);
    const words = { question: this.form.closest('details').id, editor: editor.value, base: base.value, text: this.text(), text_kind: this.kind(), off, begun: this.begun, moments: presence.moments, had: this.had, had_turn: this.hadTurn };
    if (said !== this.said) this.turn += 1;
    this.said = said;
    return { words, state, turn: this.turn, at: running() };
  }

  unsaved() {
    return this.off.length > 0 || this.kept.waits() || this.state() !== this.stored;
  }

  touched() {
    if (this.left || !this.unsaved()) return;
    this.badge.show('typing');
    this.firstKey ||= performance.now();
    this.begun ||= running();
    presence.seen();
    this.later(Math.min(PAUSE, Math.max(0, this.firstKey + LONGEST - performance.now())));
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.timer = 0; this.due(); }, delay);
  }

  // While an answer is waited for, what is typed on goes into the queue as often as it would be sent.
  due() {
    if (!this.saving) return this.save();
    this.firstKey = 0;
    return this.setAside();
  }

  // One request at a time; the latest text wins: what was typed meanwhile goes with the next one.
  save() {
    if (this.left) return Promise.resolve();
    this.saving ||= this.attempt().then((wait) => {
      this.saving = null;
      if (this.unsaved() && !this.timer) this.later(wait);
    });
    return this.saving;
  }

  // Saves, and waits, though not for long, until the badge says what became of it.
  brought() {
    return Promise.race([this.save().then(() => this.aside), pause(LONGEST)]);
  }

  // What the laptop is still to get and has not said no to.
  underWay() {
    return this.unsaved() && this.now().turn !== this.refusedTurn;
  }

  // A request that went off before *since* hangs: it is given up, and the note goes with another one.
  async broughtAnew(since) {
    if (!this.saving || this.since > since) return;
    this.line.abort();
    await this.saving;
    await this.brought();
  }

  // Returns how long to wait before what is still unsaved is sent again. What was taken back goes first, one by one: the
  // note goes on from a fresh editor after each.
  async attempt() {
    this.firstKey = 0;
    const now = this.now(), [off] = this.off;
    if (this.kept.waits()) await Promise.race([this.kept.keep(now), pause(PATIENCE)]);  // what waits is not older than what is sent
    if (!off && tooLong(now.words.text)) return this.refused(now, this.sentences.long, true);
    this.since = running();
    this.line = new AbortController();
    const slow = setTimeout(() => this.setAside(), PATIENCE), hangs = setTimeout(() => this.line.abort(), LONGEST_WAIT);
    try {
      return await this.judge(await this.request(now, { signal: this.line.signal }, off), now, off);
    } catch {
      this.stored = null;  // nobody knows whether it arrived
      if (this.sent.length < SENT) this.sent.push({ turn: now.turn, text: now.words.text });
      this.setAside();
      if (off) this.badge.show('lost', this.sentences.off);
      return RETRY;
    } finally {
      clearTimeout(slow);
      clearTimeout(hangs);
    }
  }

  request(now, extra, off) {
    const fields = new FormData(this.form), { text, text_kind, begun, moments } = now.words, since = begun && ago([begun]);
    const said = { text, text_kind, turn: now.turn, begun: since, ago: ago(moments), ...off && { words: asMuchAsCounts(off.words), text: asMuchAsCounts(text) } };
    for (const [name, value] of Object.entries(said)) fields.set(name, value);
    return send(`${this.form.action}${off ? '/off-record' : ''}`, fields, extra);
  }

  async judge(response, now, off) {
    if (response.status === 401 || response.status === 400) return this.signedInAgain();
    if (removed(response)) return this.shutOut();
    if (off && response.status >= 500) {
      this.refusedTurn = now.turn;
      this.badge.show('lost', this.sentences.offLater);
      return RETRY;
    }
    const answer = await response.json();
    if (answer.code === 'typing_erased') return this.erasedThere(now, answer.sentence);
    if (!response.ok && off) return answer.code === 'only_taken_out' ? this.cutOut(off, answer.sentence) : this.stays(off, answer.sentence);
    if (!response.ok) return this.refused(now, answer.sentence, response.status === 413 || response.status >= 500);
    if (answer.ack !== await keyedHash(this.form.dataset.ack, off ? asMuchAsCounts(now.words.text) : now.words.text)) return this.underAnotherKey();
    this.stored = now.state;
    if (!answer.long) [this.had, this.hadTurn] = [now.words.text, now.turn];
    this.sent = [];
    this.wrote = true;
    this.heard += 1;
    this.begun = 0;
    presence.heard(now.at);
    this.form.elements.base.value = answer.base;
    this.form.elements.editor.value = answer.editor;
    this.form.dataset.ack = answer.ack_key;
    this.badge.box.dataset.ackedLength = now.words.text.length;
    this.queue?.use(answer.queue);
    if (off) this.settled(off, answer.gone);
    if (answer.long) this.stored = null;  // what stays is not kept, and is told so when it is sent itself
    if (this.off.length || answer.long) return this.goOnTaking();
    this.kept.done(now.turn);
    if (this.state() !== now.state) return 0;
    this.badge.saved(answer.at);
    return RETRY;
  }

  // The child takes words back: all that the laptop ever kept of them goes, and the note goes on from a fresh editor.
  // If this page dies before, the queue asks for the same; where it could not keep that, it keeps nothing of the note:
  // what holds the words does not reach the laptop again. Tells what the laptop says of it; null where it refuses.
  takeBack(words) {
    const told = new Promise((tell) => { this.off.push({ words, tell }); }), now = this.now();
    this.badge.show('typing');
    document.querySelector('[data-cover]')?.setAttribute('data-kept', '');  // a lock does not take the page along
    this.kept.keep(now);
    this.kept.done(now.turn - 1);
    this.later(0);
    return told;
  }

  settled(off, done) {
    this.off.splice(this.off.indexOf(off), 1);
    off.tell(done);
  }

  // What lies in the queue names all that was taken back, until what names only the rest lies there.
  goOnTaking() {
    const rest = this.now();
    this.kept.keep(rest).then(() => this.kept.done(rest.turn - 1));
    return 0;
  }

  // The words are gone there, and nothing more is taken: what else was typed stands on this page.
  cutOut(off, sentence) {
    this.heard += 1;
    this.settled(off, '');
    this.badge.show('lost', sentence);
    this.goOnTaking();
    return REFUSED;
  }

  stays(off, sentence) {
    this.heard += 1;
    this.settled(off, null);
    this.badge.show('lost', sentence);
    return this.off.length ? 0 : REFUSED;
  }

  refused(now, sentence, worthKeeping) {
    const heard = this.heard += 1;
    this.refusedTurn = now.turn;
    this.badge.show('lost', sentence);
    if (worthKeeping) {
      this.kept.keep(now).then((kept) => {
        if (kept && heard === this.heard) this.badge.show('lost', `${sentence} ${this.sentences.kept}`);
      });
    }
    return REFUSED;
  }

  // Locked or restarted: the text stays here; once the same person has unlocked again it is saved.
  async signedInAgain() {
    this.setAside('locked', 'pageLocked');
    const now = await signedIn(this.form.dataset.user, this.form.elements.editor.value, this.sentences.interview);
    if (!now) return RETRY;
    this.form.dataset.ack = now.ack_key;
    this.queue?.use(now.queue);
    return 0;
  }

  // This phone was removed: nothing is shown on it any more, and what waits is sealed until it is paired again.
  shutOut() {
    this.setAside('removed', 'pageRemoved');
    beat();
    return RETRY;
  }

  // Another part of this page has brought a new token after a lock or a restart; the key of this note is still the old one.
  async underAnotherKey() {
    const { ack } = this.form.dataset, wait = await this.signedInAgain();
    if (ack === this.form.dataset.ack) throw new Error('not our server');
    return wait;
  }

  // The laptop did not take it: the queue does, and the badge says where the words are, unless the laptop spoke since.
  setAside(waiting = 'browser', onlyHere = 'page') {
    this.aside = this.putAside(waiting, onlyHere);
  }

  async putAside(waiting, onlyHere) {
    const now = this.now(), keeping = this.kept.keep(now), { heard } = this;
    const tell = (kept) => {
      if (heard !== this.heard || now.state === this.stored || this.off.length && waiting === 'browser') return;
      const where = kept && waiting === 'browser' && this.doubted ? 'doubted' : waiting;
      this.badge.show(kept ? 'browser' : 'lost', this.sentences[kept ? where : onlyHere]);
    };
    tell(await Promise.race([keeping, pause(LONGEST)]));
    if (await keeping) tell(true);
  }

  erasedThere(now, sentence) {
    this.closed = true;
    this.saving.then(() => follow([this])).catch((error) => console.warn(error.name));
    return this.refused(now, sentence, false);
  }

  // What the laptop had of this note when words were erased: what it said last, or a later text of which the answer got
  // lost; null where it does not know any more how far that was.
  async hadThere() {
    if (this.sent.length === 0) return this.had;
    const { came } = await signedIn(this.form.dataset.user, this.form.elements.editor.value, this.sentences.interview);
    if (came !== null && came <= this.hadTurn) return this.had;
    return this.sent.find(({ turn }) => turn === came)?.text ?? null;
  }

  // The form of this note as the laptop has it *now*. Where words of it were taken out elsewhere the page shows them no
  // longer; what was typed behind them since is saved with what stays, and what was taken back here goes from that. A
  // note that nobody wrote on here is shown anew.
  async follow(now) {
    const stands = now.querySelector('textarea').value;
    if (!this.wrote && !this.unsaved() && !this.saving) {
      this.form.elements.text_kind.value = now.elements.text_kind.value;
      this.goOnFrom(now, stands);
      return;
    }
    const besides = Array.from(now.querySelectorAll('.other'), versionOf).includes(bare(this.had));
    this.renewVersions(now, besides);
    if (besides || !this.had && !this.sent.length) return;
    const had = await this.hadThere(), { text, off } = this.now().words;
    if (this.saving || (off.length || had === stands) && !this.closed) return;
    const goes = had === null ? null : goesOn({ had, text, off }, stands);
    if (goes !== null) this.goOnFrom(now, goes);
    else this.badge.show('lost', off.length ? this.sentences.erasedOff : this.sentences.erased);
  }

  goOnFrom(now, text) {
    for (const name of ['editor', 'base']) this.form.elements[name].value = now.elements[name].value;
    this.form.dataset.ack = now.dataset.ack;
    if (this.box.value !== text) this.box.value = text;  // else the cursor stays where it is
    this.had = now.querySelector('textarea').value;
    this.stored = JSON.stringify([this.had, this.kind()]);
    this.hadTurn = 0;
    this.sent = [];
    this.closed = this.wrote = false;
    const rest = this.now(), isSaved = rest.state === this.stored && !this.off.length;
    if (this.kept.waits() && !isSaved) this.kept.keep(rest);
    this.kept.done(isSaved ? rest.turn : rest.turn - 1);  // what lay there held the words
    this.renewVersions(now, false);
    if (this.unsaved()) this.later(0);
    else if (this.had) this.badge.show('saved');
    else this.badge.blank();
  }

  // Where the text of this page is one of the other versions there, those that stand here are only thinned out.
  renewVersions(now, besides) {
    const there = [bare(now.querySelector('textarea').value), ...Array.from(now.querySelectorAll('.other'), versionOf)];
    this.form.querySelectorAll('.other').forEach((one) => { if (!besides || !there.includes(versionOf(one))) one.remove(); });
    if (!besides) this.form.querySelector('[data-off]').before(...now.querySelectorAll('.other'));
  }

  // The question as the laptop shows it *now*, where nothing can be written any more.
  followRead(now) {
    const read = now.querySelector('div.note > p[lang]')?.childNodes ?? [];
    if (!bare(now.textContent).includes(bare(this.had))) this.emptied(Array.from(read, (part) => (part.nodeName === 'BR' ? '\n' : part.textContent)).join(''));
  }

  // What the laptop had is deleted there, but for what *stands*, and goes from this page too; what it never had stays
  // for copying.
  emptied(stands = '') {
    const typed = this.text();
    this.off.splice(0).forEach(({ tell }) => tell(''));
    this.box.value = stands && typed.startsWith(stands) ? typed : stands + added(this.had, typed);
    this.had = stands;
    this.form.querySelectorAll('.other').forEach((version) => version.remove());
    const now = this.now(), rest = now.words.text !== stands;
    if (rest) this.kept.keep(now);
    else this.stored = now.state;
    this.kept.done(rest ? now.turn - 1 : now.turn);
    if (!rest) this.badge.blank();
  }

  // While a stop may have been carried out the badge promises nothing.
  doubt(doubted) {
    const before = this.doubted;
    this.doubted = doubted;
    if (doubted && !before && this.badge.truth === 'browser') this.setAside();
  }

  // The button of the form takes along what the laptop has; what it has not goes first.
  submitted(event) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.going && !this.unsaved()) {
      this.left = true;
      return;
    }
    event.preventDefault();
    this.goOn(event.submitter);
  }

  away() {
    return document.querySelector('.badge[data-state="browser"]') !== null;
  }

  async goOn(button) {
    await Promise.race([this.saving, pause(LONGEST)]);
    if (this.unsaved()) await this.brought();
    if (this.unsaved() && !this.away()) return;
    if (this.away() || !await reachable()) return this.openNext(button);
    if (this.left) return;  // a second tap
    this.going = true;
    this.form.requestSubmit(button);
    this.going = false;
  }

  // No page comes from the laptop now: the next question of this one is at hand.
  openNext(button) {
    let next = this.form.closest('details').nextElementSibling;
    while (next?.matches('.later')) next = next.nextElementSibling;  // a question that better waits is not opened by itself
    if (button?.value !== 'next' || !next) {
      this.badge.show('lost', this.sentences.later);
      return;
    }
    next.open = true;
    next.scrollIntoView({ block: 'nearest' });
  }

  // Neither on the laptop nor in the queue, and too late or too long to be sent behind: the browser asks first.
  onlyHere() {
    const now = this.now();
    if (this.left || now.state === this.stored && !this.off.length || this.kept.holds(now)) return false;
    return this.badge.truth !== 'saved' || this.box.value.length > KEPT_ALIVE;
  }

  // A page in the background may be killed at any moment, by the camera of a phone for one.
  hidden() {
    if (!document.hidden || this.left || !this.unsaved()) return;
    this.kept.keep(this.now());
    this.save();
  }

  leave() {
    if (!this.left && this.unsaved() && !this.kept.lies) this.request(this.now(), { keepalive: true }, this.off[0]).catch(() => {});
    this.left = true;
  }
}
