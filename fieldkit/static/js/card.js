// The child's card. On the laptop: every page of whoever handed it over shows a "stop" until it is answered, and the
// page of its interview opens the stop panel and lists what was tapped. On the phone: pass taps on, and follow along.
import { removed } from './laptop.js';

const BEAT = 2000, SCRIPT = { 'X-Fieldkit': 'script' };

let shutOut = null;  // what a phone that was removed does about it

async function read(path) {
  try {
    const answer = await fetch(path, { headers: SCRIPT, cache: 'no-store' });
    if (removed(answer)) shutOut?.();
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the connection is away: the next beat asks again
  }
}

const repeat = (act) => {
  const beat = async () => {
    await act();
    setTimeout(beat, BEAT);
  };
  setTimeout(beat, BEAT);
};

const bar = document.querySelector('[data-called]'), box = document.querySelector('[data-card-now]');
const form = bar?.querySelector('form'), panel = box && document.getElementById('stop');
let card = '', shown = [], listed = Number(box?.dataset.number ?? -1), opened = 0;

function list(now) {
  const sample = box.querySelector('template');
  box.querySelector('ul').replaceChildren(...now.taps.map((tap) => {
    const line = sample.content.cloneNode(true), words = line.querySelector('span');
    words.textContent = words.textContent.replace('{what}', tap.words);
    line.querySelector('time').textContent = tap.at;
    return line;
  }));
  listed = now.number;
}

function call(now) {
  if (bar) {
    bar.hidden = !now.stop;
    if (now.stop) bar.querySelector('a').href = now.stop.path;
  }
  if (form) {
    form.elements.card.value = now.card;
    form.elements.stop.value = now.stop?.number ?? '';
  }
  if (!panel || !now.stop || now.stop.number <= opened) return;
  opened = now.stop.number;
  location.hash = '#stop';
}

// What is said to have been shown was on the screen of a page that somebody could see.
async function ask() {
  const path = new URL(box?.dataset.cardNow ?? bar.dataset.called, location);
  path.searchParams.set('card', card);
  if (!document.hidden) shown.forEach((number) => path.searchParams.append('shown', number));
  const now = await read(path);
  if (!now) return;
  if (card && now.card !== card) {
    listed = -1; // another card counts from its beginning
    opened = 0;
  }
  if (box && now.number > listed) list(now);
  call(now);
  card = now.card;
  shown = box ? now.taps.map((tap) => tap.number) : [];
  if (bar && now.stop) shown.push(now.stop.number);
}

async function goOn() {
  try {
    await fetch(form.action, { method: 'POST', body: new FormData(form), headers: SCRIPT, redirect: 'manual', keepalive: true });
  } catch {
    // the connection is away: the "stop" stays on the page
  }
  await ask();
}

if (bar || box) {
  form?.addEventListener('submit', (event) => { // the page stays, and what is being typed on it
    event.preventDefault();
    goOn();
  });
  if (form) document.querySelectorAll('[data-goes-on]').forEach((link) => link.addEventListener('click', goOn));
  ask();
  repeat(ask);
}

// On the phone a tap is sent until the laptop has it: until then the child reads that one can also just say it. Which card
// it was for and how many taps it has to have outlives the page, and nothing of what was tapped: a page that is opened
// anew before tells the child to tap once more.
const page = document.querySelector('[data-stage]'), MARK = 'fieldkit tap';

function mark(words) {
  try {
    if (words) localStorage.setItem(MARK, words);
    else localStorage.removeItem(MARK);
  } catch (error) {
    console.warn(error.name);
  }
}

function missed(card, had) {
  try {
    const [of, wanted] = (localStorage.getItem(MARK) ?? '').split(' ');
    return of ? !card || of === card && had < Number(wanted) : false;
  } catch {
    return false; // this browser keeps nothing
  }
}

if (page) {
  const keys = page.querySelector('form'), taps = [], [id, number] = page.dataset.card.split(' ');
  const lost = missed(id, Number(number));
  if (lost) page.querySelector('[role=status]').textContent = page.dataset.missed;
  if (!lost || !id) mark('');  // where no card lies open it is said once
  // Whoever holds it reads that nothing comes through; a tap that did not is told of once it is paired again.
  shutOut = () => {
    const instead = page.querySelector('template[data-removed]');
    if (!instead) return;
    taps.length = 0;
    page.dataset.card = 'removed';  // the card of a phone that is paired again is another one
    page.replaceChildren(instead.content);
  };
  const pass = async () => {
    let then = '';
    while (taps.length) {
      const signal = AbortSignal.timeout?.(2 * BEAT);
      try {
        const answer = await fetch(keys.action, { method: 'POST', body: taps[0], signal, keepalive: true });
        if (removed(answer)) return shutOut();
        if (!answer.ok) throw new Error(answer.status);
        then = answer.url;
        taps.shift();
      } catch {
        await new Promise((resolve) => { setTimeout(resolve, BEAT); });
      }
    }
    mark('');
    location.replace(then);
  };
  keys?.addEventListener('submit', (event) => {
    event.preventDefault();
    const key = event.submitter, fields = new FormData(keys);
    fields.set(key.name, key.value);
    key.ariaPressed = 'true';
    taps.push(fields);
    mark(`${id} ${Number(number) + taps.length}`);
    const stops = taps.some((one) => one.get('sign') === 'stop');
    page.querySelector('[role=status]').textContent = stops ? page.dataset.stop : page.dataset.telling;
    if (taps.length === 1) pass();
  });
  repeat(async () => {
    const now = taps.length ? null : await read(page.dataset.stage);
    if (now && now.card !== page.dataset.card && !taps.length) location.reload();
  });
}
