// What was typed while the laptop was out of reach waits in this browser, sealed under a key that no browser stores.
// Database "fieldkit", store "queue": random id -> {v: 1, iv, sealed, day, days} (format 1, `acts/queues.py`).
// Who writes a record holds the lock of its id for as long as its page lives: no other page delivers it meanwhile.
import { bytes } from './laptop.js';

const DAYS = 30, WRITE = { durability: 'strict' };
const encoder = new TextEncoder(), decoder = new TextDecoder();
const about = (id) => encoder.encode(`fieldkit queue 1 ${id}`);
const lockOf = (id) => `fieldkit queue ${id}`;

const answered = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const ended = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = () => reject(transaction.error);
});

async function within(mode, act) {
  const opening = indexedDB.open('fieldkit', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('queue');
  const database = await answered(opening);
  try {
    const transaction = database.transaction('queue', mode, WRITE);
    const end = ended(transaction);
    const [found] = await Promise.all([act(transaction.objectStore('queue')), end]);
    return found;
  } finally {
    database.close();
  }
}

// How many notes wait in this browser, whoever typed them; what they say takes their key.
export function waiting() {
  return within('readonly', (store) => answered(store.count()));
}

export class Queue {
  constructor(place) {
    this.interview = place.dataset.interview;
    this.user = place.dataset.user;
    this.use(place.dataset.queue);
    place.removeAttribute('data-queue');  // the page that is saved as a file takes no key along
    this.held = new Map();
  }

  // A secure context is needed; without it nothing is kept here, and the badge says so.
  static of(place) {
    return place?.dataset.queue && crypto.subtle && globalThis.indexedDB && navigator.locks ? new Queue(place) : null;
  }

  use(key) {
    if (!key || key === this.handed) return;
    this.handed = key;
    this.key = crypto.subtle.importKey('raw', bytes(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
  }

  async put(id, words) {
    await this.hold(id);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = encoder.encode(JSON.stringify({ interview: this.interview, ...words }));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: about(id) }, await this.key, plain);
    await within('readwrite', (store) => answered(store.put({ v: 1, iv, sealed, day: '', days: 0 }, id)));
  }

  remove(id) {
    return within('readwrite', (store) => answered(store.delete(id)));
  }

  hold(id) {
    if (!this.held.has(id)) {
      this.held.set(id, new Promise((resolve, reject) => {
        navigator.locks.request(lockOf(id), () => new Promise(() => resolve())).catch(reject);
      }));
    }
    return this.held.get(id);
  }

  // Shows *act* the words of each record whose page is gone and that this key opens; what it says true to is removed.
  // Returns how many this key does not open.
  async each(act) {
    let closed = 0;
    const one = async (id) => {
      const words = await this.open(id);
      if (words === null) closed += 1;
      else if (words && await act({ ...words, id }, () => this.remove(id))) await this.remove(id);
    };
    for (const id of await within('readonly', (store) => answered(store.getAllKeys()))) {
      try {
        await navigator.locks.request(lockOf(id), { ifAvailable: true }, (lock) => lock && one(id));
      } catch (error) {
        console.warn(error.name);  // what cannot be read or taken out keeps no other from the laptop
      }
    }
    return closed;
  }

  // The words; null where this key does not open them, undefined where they are gone.
  async open(id) {
    const record = await within('readonly', (store) => answered(store.get(id)));
    if (!record) return undefined;
    if (record.v !== 1) return null;
    try {
      const how = { name: 'AES-GCM', iv: record.iv, additionalData: about(id) };
      const words = JSON.parse(decoder.decode(await crypto.subtle.decrypt(how, await this.key, record.sealed)));
      return words.interview === this.interview ? words : null;
    } catch {
      await this.pass(id);
      return null;
    }
  }

  // Somebody else's, of another interview, or under a key that is forgotten: it stays until it was met on thirty days.
  // Days are counted as they are met: a clock that jumps takes nothing away.
  pass(id) {
    const day = new Date().toDateString();
    return within('readwrite', async (store) => {
      const record = await answered(store.get(id));
      if (!record || record.day === day) return;
      if (record.days < DAYS) store.put({ ...record, day, days: record.days + 1 }, id);
      else store.delete(id);
    });
  }
}
