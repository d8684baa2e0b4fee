// Inside [data-upload="URL"] a chosen or dropped file is sent at once; the answer is the line that shows it.

document.addEventListener('change', ({ target }) => {
  const place = target.type === 'file' && target.closest('[data-upload]');
  if (place) sendAll(place, target);
});

for (const happening of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(happening, (event) => {
    const place = event.target.closest?.('[data-upload]');
    if (!place) return;
    place.classList.toggle('is-dropping', happening === 'dragover');
    if (happening === 'dragleave') return;
    event.preventDefault();
    if (happening === 'drop') {
      const box = place.querySelector('input[type=file]');
      box.files = event.dataTransfer.files;
      sendAll(place, box);
    }
  });
}

async function sendAll(place, box) {
  const state = place.querySelector('.upload-state');
  const files = [...box.files];
  box.value = '';
  const refused = [];
  for (const file of files) {
    state.textContent = `Đang tải lên ${file.name}…`;
    const sentence = await send(place, file).catch(() => 'mất kết nối');
    if (sentence) refused.push(`${file.name}: ${sentence}`);
  }
  state.textContent = refused.length ? `Chưa tải lên được ${refused.join('; ')}` : 'Đã tải lên.';
  state.classList.toggle('is-failed', refused.length > 0);
}

/** Nothing when the file was taken, else the sentence that says why not. */
async function send(place, file) {
  const body = new FormData();
  body.append('csrf_token', document.querySelector('meta[name="csrf-token"]').content);
  if (place.dataset.criterion) body.append('criterion', place.dataset.criterion);
  if (place.dataset.field) body.append('field', place.dataset.field);
  body.append('file', file);
  const answer = await fetch(place.dataset.upload, { method: 'POST', headers: { 'HX-Request': 'true' }, body });
  const text = await answer.text();
  if (!answer.ok) return sentenceIn(text) ?? `mã ${answer.status}`;
  const list = place.querySelector('.files');
  list.insertAdjacentHTML('beforeend', text);
  list.lastElementChild.querySelector('input').dispatchEvent(new Event('change', { bubbles: true }));
  return null;
}

const sentenceIn = (html) =>
  new DOMParser().parseFromString(html, 'text/html').querySelector('strong')?.textContent.trim();
