// What a person is told. Typing is silent and never covers an earlier failure; only a change of truth is spoken.
export class Badge {
  constructor(box, sentences, announce) {
    this.box = box;
    this.sentences = sentences;
    this.announce = announce;
    this.truth = box.dataset.state === 'lost' ? 'lost' : 'saved';
  }

  show(state, sentence = this.sentences[state]) {
    if (state === 'typing' && this.truth !== 'saved') return;
    this.box.dataset.state = state;
    this.box.querySelector('span').textContent = sentence;
    this.box.querySelector('time').hidden = state !== 'saved';
    if (state === 'typing' || state === this.truth) return;
    this.truth = state;
    this.announce.textContent = sentence;
  }

  blank() {
    this.show('saved', '');
    this.box.dataset.state = 'none';
    this.box.querySelector('time').hidden = true;
  }

  saved(at) {
    this.box.querySelector('time').textContent = at;
    this.show('saved');
  }
}
