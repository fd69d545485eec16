// While somebody sees the interview its minutes go on; the number shown and the hint to rest follow the laptop, which hears
// later of what it could not be told.
import { send } from './laptop.js';
import { ago, presence, running } from './presence.js';

const BEAT = 20000;

export function pulse(shown) {
  const rest = document.querySelector('[data-rest]'), token = document.querySelector('#moment [name=csrf_token]');
  const covered = () => document.hidden || document.querySelector('.sheet.on') || document.getElementById('main').hidden;

  const beat = async () => {
    if (covered()) return;
    const fields = new FormData(), at = running();
    for (const [name, value] of Object.entries({ csrf_token: token.value, ago: ago(presence.moments) })) fields.set(name, value);
    try {
      const response = await send(shown.dataset.beat, fields);
      if (!response.ok) return;
      presence.heard(at);
      show(await response.json());
    } catch (error) {
      presence.seen();
      console.warn(error.name);  // the laptop is out of reach: the next beat asks again
    }
  };
  const show = (now) => {
    shown.textContent = shown.dataset.words.replace('{n}', now.minutes);
    if (rest.textContent !== now.rest) rest.textContent = now.rest;
    rest.hidden = !now.rest;
  };
  setInterval(beat, BEAT);
}
