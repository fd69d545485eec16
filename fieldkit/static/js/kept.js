// What the queue holds of one note: the latest words that the laptop has not. The store of a browser may be slow or ill,
// so nobody has to wait for it; what cannot be taken out of it is fenced off (`queue.js`).
import { randomId } from './laptop.js';

export class Kept {
  constructor(queue, id = randomId()) {
    this.queue = queue;
    this.id = id;
    this.from = 0;  // what is older than this turn is on the laptop, or was taken back
    this.lies = null;  // what surely lies there and counts
    this.wanted = null;  // what is to lie there
    this.touched = false;  // something may lie there
    this.isShut = false;
    this.working = null;
  }

  // Whether something lies there, or will, that the laptop is still to get.
  waits() {
    return this.lies !== null || this.wanted !== null;
  }

  holds({ turn }) {
    return this.lies !== null && this.lies.turn >= turn && this.lies.under === this.queue.handed;
  }

  // Tells whether the words, or later ones, lie there.
  async keep(now) {
    if (!this.queue || this.isShut) return false;
    this.wanted = now;
    await this.work();
    return this.holds(now);
  }

  // Up to this turn nothing is to reach the laptop from here any more.
  done(turn) {
    if (!this.touched) return;
    this.from = Math.max(this.from, turn + 1);
    this.queue.fence(this.id, this.from);
    if (this.lies?.turn < this.from) this.lies = null;
    if (this.wanted?.turn < this.from) this.wanted = null;
    this.work();
  }

  // Nothing is kept here any more, whatever is typed on: what it was of is deleted.
  shut() {
    this.isShut = true;
    this.done(Infinity);
  }

  work() {
    this.working ||= this.bring();
    return this.working;
  }

  // One write at a time; the latest words win.
  async bring() {
    let now;
    do {
      now = this.wanted;
      await (now ? this.put(now) : this.remove());
    } while (now !== this.wanted);
    this.working = null;
  }

  async put(now) {
    const under = this.queue.handed;
    if (this.holds(now)) return;
    this.touched = true;
    try {
      await this.queue.put(this.id, now.turn, { ...now.words, typed: new Date().toISOString() });
      if (now.turn >= this.from) this.lies = { turn: now.turn, under };
    } catch (error) {
      console.warn(error.name);
    }
  }

  async remove() {
    try {
      await this.queue.remove(this.id);
      this.touched = false;
    } catch (error) {
      console.warn(error.name);  // it stays behind its fence until a page can take it out
    }
  }
}
