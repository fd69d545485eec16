// Takes to the laptop what waits in this browser, each text to its own question, and says what became of it. That the
// child goes on comes before all else; a stop comes last, as the words were said before it, and waits on in this page
// (`chosen.js`).
import { wasDone } from './done.js';
import { asMuchAsCounts, keyedHash, send, signedIn, tooLong } from './laptop.js';
import { added, follow, formOf, goesOn } from './off_record.js';
import { ago } from './presence.js';
import { bring, tellNoted } from './taps.js';

const RETRY = 2000;
const DELIVERED = 'delivered', REFUSED = 'refused', AWAY = 'away', UNWRITTEN = 'unwritten';

// A form is not sent by itself: only its page, with whoever filled it in, takes it up (`filled.js`).
function tellFilled({ form }) {
  document.querySelector(`[data-filled="${form}"]`).hidden = false;
  return REFUSED;
}

export class Delivery {
  constructor(queue, place, announce, chosen) {
    this.queue = queue;
    this.place = place;
    this.announce = announce;
    this.chosen = chosen;
    this.became = new Map();  // each record is told of once
    this.running = this.news = false;
    for (const event of ['focus', 'online']) addEventListener(event, () => this.run());
    this.run();
  }

  async run() {
    if (this.running) return;
    this.running = this.chosen.behind = true;
    let again = true;
    try {
      again = await this.pass();
    } catch (error) {
      again = this.chosen.behind = false;
      console.warn(error.name);  // this browser gives no access to what it keeps; it stays where it is
    }
    this.running = false;
    if (again) setTimeout(() => this.run(), RETRY);
  }

  // Tells whether something is to be tried again.
  async pass() {
    await this.queue.each(({ undo }) => undo && this.chosen.back.take(undo, null));
    if (this.chosen.back.waits() && !await this.chosen.back.once()) return true;
    const found = new Set(), each = (act) => this.queue.each(async (words, remove) => {
      const became = this.became.get(words.id) ?? await act(words, remove);
      found.add(became);
      if ([DELIVERED, REFUSED].includes(became)) this.became.set(words.id, became);
      return became === DELIVERED;
    });
    this.tellClosed(await each((words, remove) => !words.stop && this.deliver(words, remove)));
    this.chosen.behind = found.has(AWAY);
    this.show();
    await each((words) => words.stop && this.stop(words));
    return found.has(AWAY) || found.has(UNWRITTEN);
  }

  // The notes of this page as they stand with what was delivered: who types on goes on from that.
  show() {
    if (this.news) follow(this.chosen.notes).catch((error) => console.warn(error.name));
    this.news = false;
  }

  async stop(words) {
    return await this.chosen.adopt(words) ? DELIVERED : REFUSED;
  }

  async deliver(words, remove) {
    if (words.undo) return REFUSED;  // this browser could not keep it for this page
    if (words.taps) return this.bringTaps(words);
    if (words.form) return wasDone(words) ? DELIVERED : tellFilled(words);
    if (tooLong(words.text) && !words.off?.length) return this.tellRefused(words, this.place.dataset.long, remove);
    try {
      const now = await signedIn(this.queue.user, words.editor, this.queue.interview);
      if (!now) return AWAY;
      let { editor, base } = words, key = now.ack_key, long = false, gone = '';
      for (const off of words.off?.length ? [words.off].flat() : ['']) {  // one after the other, from a fresh editor each
        const response = await this.sent({ ...words, editor, base, off }, now.csrf);
        if ([400, 401].includes(response.status)) return AWAY;
        if (response.status >= 500) return UNWRITTEN;  // its disk is full, for one: that holds up no stop
        const answer = await response.json();
        if (answer.code === 'typing_erased' && words.had !== undefined) return await this.withoutErased(words, now.came, answer.sentence, remove);
        gone = answer.code === 'only_taken_out' ? answer.sentence : '';
        if (gone) continue;  // and the next words go too
        if (!response.ok) return this.tellRefused(words, answer.sentence, remove);
        if (answer.ack !== await keyedHash(key, words.off?.length ? asMuchAsCounts(words.text) : words.text)) return AWAY;
        ({ editor, base, ack_key: key, long } = answer);
      }
      if (gone || long) return this.tellRefused(words, gone || this.place.dataset.long, remove);
      return this.tellDelivered(words.question);
    } catch {
      return AWAY;
    }
  }

  // Words of this note were taken back elsewhere: what was typed behind them is delivered with what stays, and what was
  // taken back on the page that is gone goes too. Where nobody knows whether it came to the laptop before, and was among
  // them, a person looks.
  async withoutErased(words, came, sentence, remove) {
    const { had, text } = words, off = [words.off ?? []].flat().filter(Boolean), rest = added(had, text);
    if (!rest && !off.length) return DELIVERED;
    const form = await formOf(location.pathname, words.question), known = form && came !== null && came <= words.had_turn;
    const goes = known ? goesOn({ had, text, off }, form.querySelector('textarea').value) : null;
    if (goes === null) return this.tellRefused({ ...words, text: rest }, off.length ? this.place.dataset.erasedOff : sentence, remove);
    const { editor, base } = form.elements;
    return this.deliver({ ...words, editor: editor.value, base: base.value, text: goes, off, had: undefined }, remove);
  }

  sent({ question, editor, base, text, text_kind, off, begun, moments = [] }, csrf_token) {
    const fields = new FormData(), since = begun ? ago([begun]) : 0;
    const said = { csrf_token, editor, base, text, text_kind, begun: since, ago: ago(moments) };
    for (const [name, value] of Object.entries(said)) fields.set(name, value);
    if (off) {  // what stays may be too long for the laptop, what goes is not
      fields.set('words', asMuchAsCounts(off));
      fields.set('text', asMuchAsCounts(text));
    }
    const path = [this.queue.interview, question].map(encodeURIComponent);
    return send(`/interviews/${path[0]}/answers/${path[1]}${off ? '/off-record' : ''}`, fields);
  }

  async bringTaps({ taps }) {
    const { left, sentence, unwritten } = await bring(this.queue.interview, this.queue.user, taps);
    if (left.length) return unwritten ? UNWRITTEN : AWAY;
    tellNoted(sentence);
    return DELIVERED;
  }

  tellClosed(count) {
    const line = this.place.querySelector('[data-closed]');
    line.textContent = line.dataset.closed.replace('{n}', count);
    line.hidden = count === 0;
  }

  tellDelivered(question) {
    const line = this.place.querySelector('[data-delivered]'), link = document.createElement('a');
    link.href = `${location.pathname}?${new URLSearchParams({ section: question[0], q: question })}`;
    link.textContent = question;
    line.append(' ', link);
    line.hidden = false;
    this.announce.textContent = line.textContent;
    this.news = true;
    return DELIVERED;
  }

  tellRefused(words, sentence, remove) {
    const shown = this.place.querySelector('template').content.firstElementChild.cloneNode(true);
    shown.querySelector('.code').textContent = words.question;
    shown.querySelector('span').textContent = sentence;
    shown.querySelector('textarea').value = words.text;
    shown.querySelector('button').addEventListener('click', () => {
      shown.remove();
      remove().catch((error) => console.warn(error.name));  // fenced off: it is not shown again
    });
    this.place.append(shown);
    this.announce.textContent = `${words.question} ${sentence}`;
    return REFUSED;
  }
}
