// That the child goes on waits here, and sealed in this browser, until the laptop has taken back the stops that it names
// by their marks ('': one of which this page knew nothing), or has said that it is too late. Until then nobody knows
// whether what is typed will count.
import { beat } from './cover.js';
import { Kept } from './kept.js';
import { LONGEST_WAIT, pause, removed, send, signedIn } from './laptop.js';
import { ago, running } from './presence.js';

const AGAIN = 2000, MOMENT = 300, SCRIPT = { 'X-Fieldkit': 'script' };
const TOO_LATE = [404, 409, 507];  // what the laptop says where the interview does not go on

// {decided, counts}: what was decided on the laptop, and the mark of the stop that counts down; {code} where nothing is
// left of the interview; null where the laptop does not say.
export async function standing(path) {
  const answer = await fetch(`${path}/now`, { headers: SCRIPT, cache: 'no-store', signal: AbortSignal.timeout?.(LONGEST_WAIT) });
  if (removed(answer)) beat();  // a phone that was removed shows nothing any more, also where nobody touches it
  const now = await answer.json();
  return answer.ok || now.code === 'talk_deleted' ? now : null;
}

// Null once no stop of these *marks* waits any more, else {code, sentence}: why it is too late. Throws where the laptop
// does not answer, or is locked. *at*: when it was tapped; null where that was on a page that is gone.
export async function takenBack(path, user, marks, at) {
  const now = await signedIn(user, '', '');
  if (!now) throw new Error('locked');
  for (const stop of marks) {
    const fields = new FormData();
    for (const [name, value] of Object.entries({ csrf_token: now.csrf, stop, ago: at === null ? '' : ago([at]) })) fields.set(name, value);
    const answer = await send(`${path}/undo`, fields);
    if (answer.status === 204) continue;
    const why = await answer.json();
    if (!TOO_LATE.includes(answer.status)) throw new Error(why.code);
    return why;
  }
  return null;
}

export class GoesOn {
  constructor(chosen, queue, notes) {
    this.chosen = chosen;
    this.notes = notes;
    this.kept = new Kept(queue);
    this.marks = [];
    this.at = undefined;  // when it was tapped; null: on a page that is gone, and the date may have jumped since
    this.turn = 0;
    this.running = this.asking = null;
  }

  waits() {
    return this.marks.length > 0;
  }

  // Whether a stop that this page knew of may be carried out meanwhile.
  doubts() {
    return this.marks.some(Boolean);
  }

  takes(mark) {
    return this.marks.includes(mark);
  }

  onlyHere() {
    return this.doubts() && !this.kept.holds({ turn: this.turn });
  }

  // Tells whether this browser keeps it, should the page die.
  take(marks, at = running()) {
    this.marks = [...new Set([...this.marks, ...marks])];
    this.at = at;
    const turn = this.turn += 1, keeping = this.kept.keep({ turn, words: { undo: this.marks, at } });
    this.kept.done(turn - 1);
    setTimeout(() => this.tell(), MOMENT);
    this.running ||= this.run();
    return keeping;
  }

  // It is heard, or the child stops after all: what is chosen then takes the place of what was to be taken back.
  drop() {
    this.marks = [];
    this.kept.done(this.turn);
    this.tell();
  }

  async run() {
    while (this.waits()) if (!await this.once()) await pause(AGAIN);
    this.running = null;
  }

  // Tells whether the laptop has said what became of it.
  once() {
    this.asking ||= this.ask().catch(() => false).finally(() => { this.asking = null; });
    return this.asking;
  }

  async ask() {
    const { marks } = this, why = await takenBack(this.chosen.path, this.chosen.user, marks, this.at);
    if (marks !== this.marks) return !this.waits();
    this.drop();
    this.chosen.stale = true;  // it was decided on the laptop just now
    this.chosen.look();
    if (why) this.chosen.isOver(why.code, why.sentence);
    this.notes.filter((note) => note.unsaved()).forEach((note) => note.later(0));
    return true;
  }

  tell() {
    document.querySelectorAll('[data-unheard]').forEach((line) => { line.hidden = !this.doubts(); });
    this.notes.forEach((note) => note.doubt(this.doubts()));
  }
}
