// Choosing from the files that the dossier has already, beside the row that needs one.

import { _ } from '../../words.js';

const MANY = 7;

/** `onChosen(fileId)` puts the file into the place; what the place has is not offered. */
export function offerFiles(place, button, onChosen) {
  button.setAttribute('aria-expanded', String(Boolean(place.querySelector('[data-chooser]'))));
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    const open = place.querySelector('[data-chooser]');
    if (open) close(open);
    else await show();
  });
  const drawn = place.querySelector('[data-chooser]');
  if (drawn) wire(drawn);

  async function show() {
    const state = place.querySelector('.upload-state');
    try {
      const answer = await fetch(button.dataset.choose, { headers: { 'HX-Request': 'true' } });
      if (!answer.ok) throw new Error(answer.statusText);
      const chooser = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-chooser]');
      state.before(chooser);
      button.setAttribute('aria-expanded', 'true');
      wire(chooser);
    } catch {
      state.classList.add('is-error');
      state.textContent = _('Chưa mở được danh sách tệp. Hãy kiểm tra kết nối rồi bấm lại.');
    }
  }

  function wire(chooser) {
    const has = new Set([...place.querySelectorAll(':scope > .files > [data-file]')].map(({ dataset }) => dataset.file));
    const lines = [...chooser.querySelectorAll('[data-file]')];
    for (const line of lines) if (has.has(line.dataset.file)) line.remove();
    const left = lines.filter((line) => line.isConnected);
    if (left.length > MANY) addFilter(chooser, left);
    if (!left.length) chooser.querySelector('.field-help').textContent = _('Chưa có tệp nào khác trong hồ sơ.');
    chooser.addEventListener('change', async ({ target }) => {
      if (!target.matches('[type=checkbox]')) return;
      const line = target.closest('[data-file]');
      if (await onChosen(line.dataset.file)) line.remove();
      else target.checked = false;
    });
    chooser.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') close(chooser);
      // Enter in the filter must not send the form.
      if (event.key === 'Enter' && event.target.type === 'search') event.preventDefault();
    });
    const close_ = document.createElement('button');
    close_.type = 'button';
    close_.className = 'btn btn-sm btn-outline-secondary';
    close_.textContent = _('Đóng');
    close_.addEventListener('click', () => close(chooser));
    chooser.append(close_);
    chooser.querySelector('input, button').focus({ preventScroll: true });
  }

  function close(chooser) {
    chooser.remove();
    button.setAttribute('aria-expanded', 'false');
    button.focus({ preventScroll: true });
  }
}

function addFilter(chooser, lines) {
  const filter = document.createElement('input');
  filter.type = 'search';
  filter.className = 'form-control form-control-sm';
  filter.placeholder = _('Lọc theo tên tệp, chỉ tiêu');
  filter.setAttribute('aria-label', _('Lọc tệp đã có'));
  filter.addEventListener('input', (event) => {
    event.stopPropagation();
    const wanted = plain(filter.value);
    for (const line of lines) line.hidden = !plain(line.textContent).includes(wanted);
  });
  chooser.querySelector('ul').before(filter);
}

function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase().trim();
}
