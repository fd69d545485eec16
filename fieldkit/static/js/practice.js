// Making the invented children takes some seconds: the page says so meanwhile.
const making = document.querySelector('[data-making]');

document.querySelector('[data-practice]').addEventListener('submit', () => { making.hidden = false; });
addEventListener('pageshow', () => { making.hidden = true; });
