// The study's words save themselves, each card on its own; what could not be saved says why and stays typed.
import './cover.js';
import { focusSummary } from './focus.js';

const PAUSE = 800, SCRIPT = { 'X-Fieldkit': 'script' };

class Card {
  constructor(form) {
    this.form = form;
    this.badge = form.querySelector('[data-badge]');
    this.stored = this.state();
    this.timer = 0;
    form.addEventListener('input', () => this.touched());
    form.addEventListener('submit', () => { this.stored = this.state(); });
  }

  state() {
    return JSON.stringify([this.form.elements.zh.value, this.form.elements.en.value]);
  }

  dirty() {
    return this.state() !== this.stored;
  }

  touched() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    const state = this.state();
    try {
      const response = await fetch(this.form.action, { method: 'POST', body: new FormData(this.form), headers: SCRIPT, redirect: 'error' });
      const answer = await response.json();
      if (response.ok) this.stored = state;
      this.say(response.ok ? 'saved' : 'lost', response.ok ? answer.saved : answer.sentence);
    } catch {
      this.say('browser', this.form.dataset.offline);
    }
  }

  say(state, sentence) {
    this.badge.dataset.state = state;
    this.badge.textContent = sentence;
  }
}

const cards = Array.from(document.querySelectorAll('.strings form'), (form) => new Card(form));
addEventListener('beforeunload', (event) => { if (cards.some((card) => card.dirty())) event.preventDefault(); });
focusSummary();
