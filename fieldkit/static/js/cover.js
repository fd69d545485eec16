// Typing without a request is not idle; and a page left alone goes under the cover by itself, or is covered once nobody,
// or somebody else, sits here. What is on the page stays, and is sent with a new token once the same person is back.
import { removed } from './laptop.js';

const BEAT = 60000, SCRIPT = { 'X-Fieldkit': 'script' };
const box = document.querySelector('[data-cover]'), gate = document.querySelector('[data-gate]'), { title } = document;
const others = 'BroadcastChannel' in globalThis && new BroadcastChannel('fieldkit');
let active = false, typed = false;

// Who sits here now; null under the cover and while locked. To a phone that was removed nobody does.
async function sitting() {
  const response = await fetch(active ? '/cover/awake' : '/cover/now', { headers: SCRIPT, cache: 'no-store' });
  active = false;
  if (removed(response)) return { user: null };
  return response.status === 401 ? null : response.json();
}

export async function beat() {
  try {
    const now = await sitting();
    if (now?.user === box.dataset.user) goOn(now);
    else if (typed || 'kept' in box.dataset) hide(true, now ? '/unlock' : '/cover', now?.user === null);
    else if (now || 'afresh' in box.dataset) location.replace(now ? '/' : '/cover');  // a practice is over under the cover
    else location.assign(`/cover?next=${encodeURIComponent(location.pathname + location.search)}`);
  } catch {
    // the server is away: the page stays as it is, the next beat asks again
  }
}

// A lock ends every token; what stands on this page is sent with the one of now, but never into a practice or out of it.
function goOn({ csrf, practice }) {
  if (practice === 'afresh' in box.dataset) for (const field of document.getElementsByName('csrf_token')) field.value = csrf;
  hide(false, '/cover');
}

// A form that was filled in is hidden, not left, and all that stands around it: the link opens the cover, or the lock,
// beside it. A phone that was removed is told so instead.
function hide(hidden, way, gone = false) {
  document.getElementById('main').hidden = hidden;
  document.body.classList.toggle('covered', hidden);
  document.title = hidden ? 'fieldkit' : title;
  box.querySelector('a').href = way;
  box.hidden = !hidden;
  box.classList.toggle('removed', gone);
}

// A page that asks to unlock gives way once somebody did so in another one, unless a passphrase is being typed here.
async function giveWay() {
  if (gate.querySelector('[type=password]').value) return;
  const now = await fetch('/cover/now', { headers: SCRIPT, cache: 'no-store' }).catch(() => null);  // away: asked again later
  if (now?.ok) location.replace(gate.dataset.gate);
}

if (box) {
  for (const event of ['keydown', 'pointerdown', 'input']) addEventListener(event, () => { active = true; }, true);
  addEventListener('input', () => { typed = true; }, true);
  addEventListener('focus', beat);
  if (others) others.onmessage = beat;
  setInterval(beat, Number(box.dataset.cover) || BEAT);
}
if (gate) {
  addEventListener('focus', giveWay);
  if (others) others.onmessage = giveWay;
}
if (others) others.postMessage(null);  // another page begins: whoever sits here may have changed
