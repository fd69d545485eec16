// A signature drawn on the screen; the form carries it as a picture, and nothing is sent before the button.
import SignaturePad from '../vendor/signature_pad/signature_pad.min.js';

export function signature(canvas) {
  const form = canvas.closest('form'), field = form.elements.namedItem('signature') instanceof HTMLInputElement
    ? form.elements.namedItem('signature') : form.querySelector('input[name=signature]');
  const scale = Math.min(Math.max(devicePixelRatio || 1, 1), 2);
  canvas.width = canvas.offsetWidth * scale;
  canvas.height = canvas.offsetHeight * scale;
  canvas.getContext('2d').scale(scale, scale);
  const pad = new SignaturePad(canvas, { backgroundColor: '#fff', penColor: '#181b19' });
  if (field.value) pad.fromDataURL(field.value, { ratio: scale, width: canvas.offsetWidth, height: canvas.offsetHeight });
  pad.addEventListener('endStroke', () => {
    field.value = pad.toDataURL('image/png');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  form.querySelector('[data-clear]').addEventListener('click', () => {
    pad.clear();
    field.value = '';
  });
}
