// A file laid onto the page is not opened in its place: the laptop says why it is not taken. Its content is not sent.
export function drop(place) {
  if (!place) return;
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', async (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    place.textContent = await asked(place, file.type);
    place.hidden = false;
    place.scrollIntoView({ block: 'nearest' });
  });
}

async function asked(place, media) {
  try {
    const body = new URLSearchParams({ media, csrf_token: document.getElementsByName('csrf_token')[0].value });
    const response = await fetch(place.dataset.drop, { method: 'POST', body, headers: { 'X-Fieldkit': 'script' } });
    return (await response.json()).sentence;
  } catch {
    return place.dataset.lost;
  }
}
