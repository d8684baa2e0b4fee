// Files of a task: they go up when chosen or dropped.

for (const place of document.querySelectorAll('[data-upload]')) takeFiles(place);

function takeFiles(place) {
  const input = place.querySelector('input[type=file]');
  const list = place.querySelector('ul.files');
  const state = place.querySelector('.upload-state');
  input.addEventListener('change', () => sendAll([...input.files]).then(() => { input.value = ''; }));
  place.addEventListener('dragover', (event) => {
    event.preventDefault();
    place.classList.add('is-over');
  });
  place.addEventListener('dragleave', () => place.classList.remove('is-over'));
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    place.classList.remove('is-over');
    sendAll([...event.dataTransfer.files]);
  });

  async function sendAll(files) {
    for (const file of files) {
      state.classList.remove('is-error');
      state.textContent = `Đang tải “${file.name}”…`;
      const problem = await sendOne(file);
      state.classList.toggle('is-error', Boolean(problem));
      state.textContent = problem ?? `Đã tải “${file.name}”.`;
      if (problem) return;
    }
  }

  async function sendOne(file) {
    const body = new FormData();
    body.append('file', file);
    if (place.dataset.criterion) body.append('criterion', place.dataset.criterion);
    if (place.dataset.field) body.append('field', place.dataset.field);
    const token = document.querySelector('meta[name=csrf-token]').content;
    try {
      const answer = await fetch(place.dataset.upload, { method: 'POST', body, headers: { 'X-CSRFToken': token, 'HX-Request': 'true' } });
      const html = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (!answer.ok) return html.querySelector('strong')?.textContent ?? 'Chưa tải được tệp.';
      list.append(html.querySelector('li'));
      place.dispatchEvent(new Event('files-added', { bubbles: true }));
      return null;
    } catch {
      return 'Mất kết nối, chưa tải được tệp. Hãy thử lại.';
    }
  }
}
