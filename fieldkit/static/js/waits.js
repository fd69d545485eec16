// Says how much waits in this browser, on a page that cannot bring it: only the page of its own interview does.
import { waiting } from './queue.js';

export async function tellWaiting(place) {
  const { notes, stops, undos, offs, forms, taps } = await waiting(), line = place.querySelector('[data-some]'), { some, none } = line.dataset;
  line.textContent = notes ? some.replace('{n}', notes) : none ?? '';
  for (const [name, count] of Object.entries({ stops, undos, offs, forms, taps })) place.querySelector(`[data-${name}]`).hidden = count === 0;
  const nothing = notes + stops + undos + forms + taps === 0;
  place.querySelector('[data-deleted]').hidden = nothing;
  place.hidden = none === undefined && nothing;
}
