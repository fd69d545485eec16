// Where the browser can, a page that waits stands in while the laptop is out of reach (`worker.js`).
navigator.serviceWorker?.register('/worker.js').catch((error) => console.warn(error.name));
