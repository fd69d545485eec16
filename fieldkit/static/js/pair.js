// A button that shows or hides the second language, or makes letters large; the cookie lets the server render it right.
export function pair(button) {
  const name = button.dataset.toggle, [on, off] = button.dataset.values.split(' ');
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const pressed = button.getAttribute('aria-pressed') !== 'true', chosen = pressed ? on : off;
    button.setAttribute('aria-pressed', pressed);
    document.documentElement.dataset[name] = chosen;
    document.cookie = `${name}=${chosen}; path=/; SameSite=Strict; max-age=31536000`;
  });
}
