// A file that is chosen, or laid onto the page: the laptop says first whether it is taken, then it is sent as it is.
// What is being typed stays: only the list of what is attached is put in again.
import { anew } from './laptop.js';

export function drop(place) {
  if (!place) return;
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  addEventListener('change', (event) => {
    const file = event.target.matches?.('[data-attach]') && event.target.files[0];
    if (file) take(file);
  });
}

async function take(file) {
  const section = document.getElementById('attached');
  const [place, taking] = [section.querySelector('[data-drop]'), section.querySelector('[data-taking]')];
  place.hidden = true;
  taking.hidden = false;
  const refused = await sent(place, file);
  if (refused === null) {
    await renew(section);
    document.querySelector('[data-taken]').hidden = false;
    return;
  }
  taking.hidden = true;
  place.textContent = refused;
  place.hidden = false;
  place.scrollIntoView({ block: 'nearest' });
}

// The sentence that says why it was not taken; null where it was.
async function sent(place, file) {
  const token = document.getElementsByName('csrf_token')[0].value;
  const headers = { 'X-Fieldkit': 'script', 'X-CSRFToken': token };
  try {
    const asked = new URLSearchParams({ media: file.type, size: file.size });
    const may = await fetch(place.dataset.may, { method: 'POST', body: asked, headers });
    if (!may.ok) return (await may.json()).sentence;
    const type = { 'Content-Type': file.type };
    const answer = await fetch(place.dataset.drop, { method: 'POST', body: file, headers: { ...headers, ...type } });
    return answer.ok ? null : (await answer.json()).sentence;
  } catch {
    return place.dataset.lost;
  }
}

async function renew(section) {
  const page = await anew(location.href);
  section.replaceWith(page.getElementById('attached'));
}
