// A note that saves itself, and a badge that tells the truth: "saved" only after the keyed hash of the text came back.
// Without this module the note is saved by its button.

const PAUSE = 600, LONGEST = 1500, RETRY = 2000, REFUSED = 10000;
const encoder = new TextEncoder();
const SCRIPT = { 'X-Fieldkit': 'script' };

async function hmac(hexKey, text) {
  const raw = Uint8Array.from(hexKey.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mark = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
  return Array.from(mark, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// What a person is told. Typing is silent and never covers an earlier failure; only a change of truth is spoken.
class Badge {
  constructor(box, announce) {
    this.box = box;
    this.announce = announce;
    this.truth = 'saved';
  }

  show(state, sentence = this.box.dataset[state]) {
    if (state === 'typing' && this.truth !== 'saved') return;
    this.box.dataset.state = state;
    this.box.querySelector('span').textContent = sentence;
    this.box.querySelector('time').hidden = state !== 'saved';
    if (state === 'typing' || state === this.truth) return;
    this.truth = state;
    this.announce.textContent = sentence;
  }

  saved(at) {
    this.box.querySelector('time').textContent = at;
    this.show('saved');
  }
}

export class Autosave {
  constructor(form, announce) {
    this.form = form;
    this.box = form.querySelector('textarea');
    this.badge = new Badge(form.querySelector('.badge'), announce);
    this.stored = this.state();
    this.timer = this.firstKey = 0;
    this.sending = this.left = false;
    for (const event of ['input', 'compositionupdate', 'compositionend']) this.box.addEventListener(event, () => this.touched());
    form.addEventListener('change', () => this.touched());
    form.addEventListener('submit', () => { this.left = true; clearTimeout(this.timer); });
    addEventListener('pagehide', () => this.leave());
    addEventListener('beforeunload', (event) => { if (this.onlyHere()) event.preventDefault(); });
    addEventListener('pageshow', () => { this.left = false; });
  }

  text() {
    return this.box.value.toWellFormed ? this.box.value.toWellFormed() : this.box.value;
  }

  state() {
    return JSON.stringify([this.text(), new FormData(this.form).get('text_kind')]);
  }

  touched() {
    if (this.left || this.state() === this.stored) return;
    this.badge.show('typing');
    this.firstKey ||= Date.now();
    this.later(Math.min(PAUSE, Math.max(0, this.firstKey + LONGEST - Date.now())));
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.timer = 0; this.save(); }, delay);
  }

  request(extra) {
    const body = new FormData(this.form);
    body.set('text', this.text());
    return fetch(this.form.action, { method: 'POST', body, headers: SCRIPT, redirect: 'error', ...extra });
  }

  // One request at a time; the latest text wins: what was typed meanwhile goes with the next one.
  async save() {
    if (this.sending || this.left) return;
    this.sending = true;
    this.firstKey = 0;
    const text = this.text(), state = this.state();
    let wait;
    try {
      wait = await this.judge(await this.request(), text, state);
    } catch {
      this.badge.show('browser');
      wait = RETRY;
    }
    this.sending = false;
    if (this.state() !== this.stored && !this.timer) this.later(wait);
  }

  // Returns how long to wait before what is still unsaved is sent again.
  async judge(response, text, state) {
    if (response.status === 401 || response.status === 400) return this.signedInAgain();
    const answer = await response.json();
    if (!response.ok) {
      this.badge.show('lost', answer.sentence);
      return REFUSED;
    }
    if (answer.ack !== await hmac(this.form.dataset.ack, text)) throw new Error('not our server');
    this.stored = state;
    this.form.elements.base.value = answer.base;
    this.badge.box.dataset.ackedLength = text.length;
    if (this.state() === state) this.badge.saved(answer.at);
    return 0;
  }

  // Locked or restarted: the text stays here; once the same person has unlocked again it is saved.
  async signedInAgain() {
    this.badge.show('browser', this.badge.box.dataset.locked);
    const editor = encodeURIComponent(this.form.elements.editor.value);
    const response = await fetch(`/session?editor=${editor}`, { headers: SCRIPT });
    if (!response.ok) return RETRY;
    const now = await response.json();
    if (now.user !== this.form.dataset.user) return RETRY;
    for (const field of document.getElementsByName('csrf_token')) field.value = now.csrf;
    this.form.dataset.ack = now.ack_key;
    return 0;
  }

  // The server did not take the last words: the browser asks before it throws them away.
  onlyHere() {
    return !this.left && this.badge.truth !== 'saved' && this.state() !== this.stored;
  }

  leave() {
    if (!this.left && this.state() !== this.stored) this.request({ keepalive: true }).catch(() => {});
  }
}
