// A signature drawn on the screen; the form carries it as a picture, and nothing is sent before the button.
import SignaturePad from '../vendor/signature_pad/signature_pad.min.js';

const LARGEST = 400000; // characters of the picture in a form: a larger one would be refused with all that is beside it

// The drawing as a picture, made coarser until it fits.
function picture(canvas) {
  let url = canvas.toDataURL('image/png');
  for (let part = 0.7; url.length > LARGEST; part *= 0.7) {
    const copy = document.createElement('canvas');
    copy.width = canvas.width * part;
    copy.height = canvas.height * part;
    copy.getContext('2d').drawImage(canvas, 0, 0, copy.width, copy.height);
    url = copy.toDataURL('image/png');
  }
  return url;
}

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
    field.value = picture(canvas);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  form.querySelector('[data-clear]').addEventListener('click', () => {
    pad.clear();
    field.value = '';
  });
}
