// Show or hide the second language; the cookie lets the server render the next page right.
export function pair(button) {
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const both = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', both);
    document.documentElement.dataset.pair = both ? 'both' : 'zh';
    document.cookie = `pair=${both ? 'both' : 'zh'}; path=/; SameSite=Strict; max-age=31536000`;
  });
}
