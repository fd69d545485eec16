// What a page asks this laptop, and how it knows that it was the laptop that answered.
export const LONGEST_WAIT = 20000;
const SCRIPT = { 'X-Fieldkit': 'script' }, SHORT_WAIT = 4000;
const encoder = new TextEncoder();
export const pause = (delay) => new Promise((resolve) => { setTimeout(resolve, delay); });
const hex = (byte) => byte.toString(16).padStart(2, '0');

// More UTF-16 units than the 50,000 characters of a note can have: the laptop need not read it.
export const tooLong = (text) => text.length > 100000;
// As much of a text as shows the laptop that it is too long for a note: what is taken back gets there all the same.
export const asMuchAsCounts = (text) => text.length > 50000 ? Array.from(text).slice(0, 50001).join('') : text;

export const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join('');
export const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

// The keyed hash of a text (hex): no captive portal can give it.
export async function keyedHash(key, text) {
  const imported = await crypto.subtle.importKey('raw', bytes(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const hash = new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)));
  return Array.from(hash, hex).join('');
}

// Whether the laptop answers at all, locked or not.
export async function answers() {
  const signal = AbortSignal.timeout?.(SHORT_WAIT);
  try {
    await fetch('/session', { headers: SCRIPT, cache: 'no-store', signal });
    return true;
  } catch {
    return false;
  }
}

// Whether the laptop says that this phone was removed (`web/security.py`).
export const removed = (response) => response.headers.get('X-Fieldkit') === 'stranger';

// A page as it stands on the laptop now.
export async function anew(address) {
  const answer = await fetch(address, { cache: 'no-store' });
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

export function send(path, fields, extra) {
  const signal = AbortSignal.timeout?.(LONGEST_WAIT);
  return fetch(path, { method: 'POST', body: fields, headers: SCRIPT, redirect: 'error', signal, ...extra });
}

// The keys and a new token, which every form of the page takes on; null while locked, or where somebody else sits here.
export async function signedIn(user, editor, interview) {
  const signal = AbortSignal.timeout?.(LONGEST_WAIT);
  const response = await fetch(`/session?${new URLSearchParams({ editor, interview })}`, { headers: SCRIPT, cache: 'no-store', signal });
  if (!response.ok) return null;
  const now = await response.json();
  if (now.user !== user) return null;
  for (const field of document.getElementsByName('csrf_token')) field.value = now.csrf;
  return now;
}
