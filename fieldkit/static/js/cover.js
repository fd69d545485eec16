// Typing without a request is not idle; and a page left alone goes under the cover by itself, or is covered once nobody,
// or somebody else, sits here. What is on the page stays, and is sent with a new token once the same person is back.
const BEAT = 60000, SCRIPT = { 'X-Fieldkit': 'script' };
const box = document.querySelector('[data-cover]'), { title } = document;
const others = 'BroadcastChannel' in globalThis && new BroadcastChannel('fieldkit');
let active = false, typed = false;

// Who sits here now; null under the cover and while locked.
async function sitting() {
  const response = await fetch(active ? '/cover/awake' : '/cover/now', { headers: SCRIPT, cache: 'no-store' });
  active = false;
  return response.status === 401 ? null : response.json();
}

async function beat() {
  try {
    const now = await sitting();
    if (now?.user === box.dataset.user) goOn(now);
    else if (typed || 'kept' in box.dataset) hide(true, now ? '/unlock' : '/cover');
    else if (now || 'afresh' in box.dataset) location.assign(now ? '/' : '/cover');  // a practice is over under the cover
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

// A form that was filled in is hidden, not left: the link opens the cover, or the lock, beside it.
function hide(hidden, way) {
  document.getElementById('main').hidden = hidden;
  document.title = hidden ? 'fieldkit' : title;
  box.querySelector('a').href = way;
  box.hidden = !hidden;
}

if (box) {
  for (const event of ['keydown', 'pointerdown', 'input']) addEventListener(event, () => { active = true; }, true);
  addEventListener('input', () => { typed = true; }, true);
  addEventListener('focus', beat);
  if (others) others.onmessage = beat;
  setInterval(beat, Number(box.dataset.cover) || BEAT);
}
if (others) others.postMessage(null);  // another page begins: whoever sits here may have changed
