// The child's card. On the laptop: show what was tapped, and let "stop" open the stop panel. On the phone: follow along.
const BEAT = 2000, SCRIPT = { 'X-Fieldkit': 'script' };

async function read(path) {
  try {
    const answer = await fetch(path, { headers: SCRIPT, cache: 'no-store' });
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

const box = document.querySelector('[data-card-now]');
if (box) {
  const list = box.querySelector('ul'), sample = box.querySelector('template');
  let seen = Number(box.dataset.number);
  repeat(async () => {
    const now = await read(box.dataset.cardNow);
    if (!now || now.number <= seen) return;
    list.replaceChildren(...now.taps.map((tap) => {
      const line = sample.content.cloneNode(true), words = line.querySelector('span');
      words.textContent = words.textContent.replace('{what}', tap.words);
      line.querySelector('time').textContent = tap.at;
      return line;
    }));
    if (now.taps.some((tap) => tap.sign === 'stop' && tap.number > seen)) location.hash = '#stop';
    seen = now.number;
  });
}

const page = document.querySelector('[data-stage]');
if (page) {
  repeat(async () => {
    const now = await read(page.dataset.stage);
    if (now && now.card !== page.dataset.card) location.reload();
  });
}
