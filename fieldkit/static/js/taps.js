// What is tapped beside the questions while the laptop is out of reach waits in this page, and sealed in this browser, and is
// noted later in the order of the taps, each with the minute at which it was tapped.
import { Kept } from './kept.js';
import { pause, randomId, send, signedIn } from './laptop.js';
import { ago, running } from './presence.js';

const AGAIN = 2000;

// Returns which of them the laptop has not heard, whether it answers and cannot write, and why it refused the last one of
// those that it does not take.
export async function bring(interview, user, taps) {
  let sentence = '';
  for (const [place, { tap, q, mark, at }] of taps.entries()) {
    try {
      const now = await signedIn(user, '', ''), fields = new FormData();
      if (!now) return { left: taps.slice(place), sentence };
      for (const [name, value] of Object.entries({ csrf_token: now.csrf, tap, q, mark, ago: ago([at]) })) fields.set(name, value);
      const answer = await send(`/interviews/${encodeURIComponent(interview)}/moments`, fields);
      const unwritten = answer.status >= 500;
      if ([400, 401].includes(answer.status) || unwritten) return { left: taps.slice(place), sentence, unwritten };
      if (!answer.ok) ({ sentence } = await answer.json());
    } catch {
      return { left: taps.slice(place), sentence };
    }
  }
  return { left: [], sentence };
}

// Says that they are noted, or that the laptop does not take them.
export function tellNoted(sentence) {
  const line = document.querySelector('[data-noted]');
  line.querySelector('span').textContent = sentence || line.dataset.noted;
  line.hidden = false;
}

export class Taps {
  constructor(place, queue) {
    this.form = document.getElementById('moment');
    this.line = document.querySelector('[data-tapped]');
    this.interview = place?.dataset.interview;
    this.user = place?.dataset.user;
    this.kept = new Kept(queue);
    this.taps = [];
    this.turn = this.since = 0;
    this.running = this.giveUp = null;
    this.unwritten = false;  // the laptop answers and cannot write them
    addEventListener('beforeunload', (event) => { if (this.waits() && !this.kept.holds({ turn: this.turn })) event.preventDefault(); });
  }

  waits() {
    return this.taps.length > 0;
  }

  // What the laptop is still to get and could take.
  underWay() {
    return this.waits() && !this.unwritten;
  }

  // A round that began before *since* hangs: it is given up for another one. A tap that came twice is noted once.
  anew(since) {
    if (this.since <= since) this.giveUp?.();
  }

  take(button) {
    const { q } = this.form.elements;
    document.querySelector('[data-noted]').hidden = true;
    this.wait([...this.taps, { tap: button.value, q: q.value, mark: randomId(), at: running() }]);
    if (button.closest('.sheet')) location.hash = q.value;
    this.running ||= this.run();
  }

  // Only what the laptop has not heard of is kept on.
  async wait(taps) {
    this.taps = taps;
    const turn = this.turn += 1, keeping = taps.length ? this.kept.keep({ turn, words: { taps } }) : null;
    this.kept.done(turn - (taps.length ? 1 : 0));
    this.show(false);
    if (await keeping && turn === this.turn) this.show(true);
  }

  show(kept) {
    const names = JSON.parse(this.line.dataset.tapped), words = this.line.querySelector('b'), last = this.taps.at(-1)?.tap;
    this.line.hidden = !this.waits();
    words.textContent = words.dataset.words.replace('{what}', this.taps.map(({ tap }) => names[tap.split(' ')[0]]).join(this.line.dataset.and));
    this.line.querySelector('[data-kept]').hidden = !kept;
    this.line.querySelector('[data-page]').hidden = kept;
    this.line.querySelector('[data-heard]').hidden = !this.taps.some(({ tap }) => tap.startsWith('came_in'));
    this.line.querySelector('[data-resting]').hidden = last !== 'break';
  }

  async run() {
    let refused = '';  // of a tap of this run; what is noted after it makes nobody believe that all of it was
    while (this.waits()) {
      const sent = this.taps, { left, sentence, unwritten = false } = await this.round(sent);
      this.unwritten = unwritten;
      refused ||= sentence;
      if (left.length < sent.length) await this.wait([...left, ...this.taps.slice(sent.length)]);
      if (!this.waits()) tellNoted(refused);
      else await pause(AGAIN);
    }
    this.running = null;
  }

  round(sent) {
    this.since = running();
    const hangs = new Promise((resolve) => { this.giveUp = () => resolve({ left: sent, sentence: '' }); });
    return Promise.race([bring(this.interview, this.user, sent), hangs]);
  }
}
