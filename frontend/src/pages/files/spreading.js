// One file proves several criteria: a report of the commune stands behind every row of its group.

import { remember, valueOf } from '../cells.js';
import { _ } from '../../words.js';

for (const button of document.querySelectorAll('[data-group-files]')) {
  button.addEventListener('click', () => {
    const place = button.closest('[data-group]').querySelector('[data-upload]');
    const input = place.querySelector('.upload-place [type=file]');
    place.dataset.forGroup = '';
    input.addEventListener('cancel', () => isForGroup(place), { once: true });
    input.click();
  });
}

/** Whether the files that were just chosen in a row are for its whole group; asked once for each choice. */
export function isForGroup(place) {
  const is = 'forGroup' in place.dataset;
  delete place.dataset.forGroup;
  return is;
}

/** Puts a row's file into every other row of its group; all of it is one change. Returns what to say. */
export function spread(line) {
  const { form, name: own } = line.querySelector('[type=checkbox]');
  const id = line.dataset.file;
  const changes = [];
  for (const place of line.closest('[data-group]').querySelectorAll('[data-upload]')) {
    const field = `criteria.${place.dataset.criterion}.evidence`;
    const name = `${field}=${id}`;
    const before = valueOf(form, name) ?? '';
    if (before) continue;
    const there = place.querySelector(`:scope > .files > [data-file="${id}"] [type=checkbox]`);
    if (there) there.checked = true;
    else place.querySelector('ul.files').append(copyOf(line, own, field));
    changes.push({ name, before, after: 'on' });
  }
  if (!changes.length) return _('Mọi chỉ tiêu trong nhóm đã có tệp này.');
  remember(form, _('dùng tệp cho {count} chỉ tiêu', { count: changes.length }), changes);
  line.dispatchEvent(new Event('files-added', { bubbles: true }));
  return _('Đã dùng tệp này cho {count} chỉ tiêu khác trong nhóm.', { count: changes.length });
}

/** The same line for another row: its controls are that row's. */
function copyOf(line, own, field) {
  const copy = line.cloneNode(true);
  for (const one of copy.querySelectorAll('*')) {
    for (const attribute of ['name', 'id', 'for']) {
      const value = one.getAttribute(attribute);
      if (value?.includes(own)) one.setAttribute(attribute, value.replace(own, field));
    }
  }
  copy.querySelector('[type=checkbox]').checked = true;
  copy.querySelector('details')?.removeAttribute('open');
  return copy;
}
