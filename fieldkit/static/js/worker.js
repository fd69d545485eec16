// Keeps one plain page for the time when the laptop is out of reach, and the files of the pages: nothing that anybody
// typed, no page of a child. VERSION, SHELL and FILES stand before this text (`web/away.py`). No form passes through it.
const PATIENCE = 4000, SCRIPT = { 'X-Fieldkit': 'script' };
const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });
let away = false;

const fill = async () => (await caches.open(VERSION)).addAll([SHELL, ...FILES]);
const drop = async (keep) => {
  const names = await caches.keys();
  return Promise.all(names.filter((name) => name !== keep).map((name) => caches.delete(name)));
};

// The answer, however long the laptop thinks about it; an error once the laptop does not answer at all.
function asked(request) {
  const answer = fetch(request);
  let waits = true;
  const end = () => { waits = false; };
  answer.then(end, end);
  const watch = async () => {
    for (;;) {
      await pause(PATIENCE);
      if (!waits) return answer;
      await fetch('/session', { headers: SCRIPT, cache: 'no-store', signal: AbortSignal.timeout?.(PATIENCE) });
    }
  };
  return Promise.race([answer, watch()]);
}

async function page(request) {
  try {
    const response = await asked(request);
    away = false;
    if (response.headers.get('X-Fieldkit') === 'stranger') await Promise.all([drop(), registration.unregister()]);
    return response;
  } catch {
    away = true;
    return await caches.match(SHELL, { ignoreVary: true }) ?? Response.error();
  }
}

// Files come from the laptop, so that they fit the page; the kept ones stand in.
async function file(request) {
  const kept = () => caches.match(request, { ignoreVary: true });
  const found = away && await kept();
  if (found) return found;
  try {
    return await asked(request);
  } catch {
    return await kept() ?? Response.error();
  }
}

addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(fill());
});
addEventListener('activate', (event) => event.waitUntil(Promise.all([drop(VERSION), clients.claim()])));
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (new URL(request.url).pathname.startsWith('/static/')) event.respondWith(file(request));
});
