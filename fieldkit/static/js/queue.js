// What was typed while the laptop was out of reach waits in this browser, sealed under a key that no browser stores.
// Database "fieldkit", store "queue": random id -> {v: 1, iv, sealed, turn, day, days} (format 1, `acts/queues.py`);
// a stop that the child chose waits here too: {..., stop: true}; and that the child goes on after all: {..., undo: true};
// a note of which words are to be taken out is {..., off: true}; what stands in a long form is {..., form: true},
// and what was tapped beside the questions {..., tap: true}.
// Who writes a record holds the lock of its id for as long as its page lives: no other page delivers it meanwhile.
// Its fence stands outside, in the local storage: an older turn is on the laptop already, or was taken back by the child,
// and does not count any more, also where this store is ill and lets nothing be taken out.
import { wasDone } from './done.js';
import { bytes } from './laptop.js';

const DAYS = 30, LIMIT = 5000, WRITE = { durability: 'strict' };
const encoder = new TextEncoder(), decoder = new TextDecoder();
const about = (id) => encoder.encode(`fieldkit queue 1 ${id}`);
const NAME = 'fieldkit queue ';
const nameOf = (id) => NAME + id;  // of its lock and of its fence
const counts = (id, record) => (record.turn ?? 0) >= Number(localStorage.getItem(nameOf(id)));
const fenced = () => Object.keys(localStorage).filter((name) => name.startsWith(NAME)).map((name) => name.slice(NAME.length));

const answered = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const ended = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = () => reject(transaction.error);
});

// What has not ended in time is undone and has failed: the store of a browser may be so ill that it never answers.
async function within(mode, act) {
  let database = null, transaction = null, over = false;
  const late = new Promise((resolve) => { setTimeout(resolve, LIMIT); }).then(() => {
    over = true;
    transaction?.abort();
    throw new DOMException('', 'TimeoutError');
  });
  const work = async () => {
    const opening = indexedDB.open('fieldkit', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('queue');
    database = await answered(opening);
    if (over) return database.close();
    transaction = database.transaction('queue', mode, WRITE);
    const end = ended(transaction);
    const [found] = await Promise.all([act(transaction.objectStore('queue')), end]);
    return found;
  };
  try {
    return await Promise.race([work(), late]);
  } finally {
    database?.close();
  }
}

// How many notes, stops, takings-back, of a stop or of words of a note, long forms and pages with taps wait in this browser,
// whoever typed them; what they say takes their key.
export function waiting() {
  return within('readonly', async (store) => {
    const [ids, records] = await Promise.all([answered(store.getAllKeys()), answered(store.getAll())]);
    const found = records.filter((record, place) => counts(ids[place], record) && !wasDone({ id: ids[place] }));
    const [stops, undos, offs, forms, taps] = ['stop', 'undo', 'off', 'form', 'tap'].map((name) => found.filter((record) => record[name]).length);
    return { notes: found.length - stops - undos - forms - taps, stops, undos, offs, forms, taps };
  });
}

export class Queue {
  constructor(place) {
    this.interview = place.dataset.interview;
    this.user = place.dataset.user;
    this.use(place.dataset.queue);
    place.removeAttribute('data-queue');  // the page that is saved as a file takes no key along
    this.held = new Map();
    // A device without room is not to clear away what waits here; where the browser says no, nothing changes.
    navigator.storage?.persist?.().catch((error) => console.warn(error.name));
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

  // What could not be fenced off later is not kept at all.
  async put(id, turn, words) {
    await this.hold(id);
    if (localStorage.getItem(nameOf(id)) === null) localStorage.setItem(nameOf(id), 0);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = encoder.encode(JSON.stringify({ interview: this.interview, ...words }));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: about(id) }, await this.key, plain);
    const told = { stop: words.stop, undo: words.undo, off: words.off?.length, form: words.form, tap: words.taps };
    const record = { v: 1, iv, sealed, turn, day: '', days: 0, ...Object.fromEntries(Object.keys(told).filter((name) => told[name]).map((name) => [name, true])) };
    await within('readwrite', (store) => answered(store.put(record, id)));
  }

  async remove(id) {
    await within('readwrite', (store) => answered(store.delete(id)));
    localStorage.removeItem(nameOf(id));
  }

  fence(id, turn) {
    try {
      localStorage.setItem(nameOf(id), turn);
    } catch (error) {
      console.warn(error.name);  // then nothing could be put there either
    }
  }

  drop({ id, turn }) {
    this.fence(id, turn + 1);
    return this.remove(id);
  }

  hold(id) {
    if (!this.held.has(id)) {
      this.held.set(id, new Promise((resolve, reject) => {
        navigator.locks.request(nameOf(id), () => new Promise(() => resolve())).catch(reject);
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
      else if (!words) await this.remove(id);
      else if (await act(words, () => this.drop(words))) await this.drop(words);
    };
    const ids = await within('readonly', (store) => answered(store.getAllKeys()));
    for (const id of new Set([...ids, ...fenced()])) {
      try {
        await navigator.locks.request(nameOf(id), { ifAvailable: true }, (lock) => lock && one(id));
      } catch (error) {
        console.warn(error.name);  // what cannot be read or taken out keeps no other from the laptop
      }
    }
    return closed;
  }

  // The words; null where this key does not open them, undefined where they are gone or do not count any more.
  async open(id) {
    const record = await within('readonly', (store) => answered(store.get(id)));
    if (!record || !counts(id, record)) return undefined;
    if (record.v !== 1) return null;
    try {
      const how = { name: 'AES-GCM', iv: record.iv, additionalData: about(id) };
      const words = JSON.parse(decoder.decode(await crypto.subtle.decrypt(how, await this.key, record.sealed)));
      return words.interview === this.interview ? { ...words, id, turn: record.turn ?? 0 } : null;
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
