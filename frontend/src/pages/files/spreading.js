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
export async function spread(line, lineFor) {
  const button = line.querySelector('[data-spread]');
  const { form } = line.querySelector('[type=checkbox]');
  const id = line.dataset.file;
  const changes = [];
  if (button) button.disabled = true;
  try {
    for (const place of line.closest('[data-group]').querySelectorAll('[data-upload]')) {
      const name = `criteria.${place.dataset.criterion}.evidence=${id}`;
      const before = valueOf(form, name) ?? '';
      if (before) continue;
      const there = place.querySelector(`:scope > .files > [data-file="${id}"] [type=checkbox]`);
      // One after the other: the order of the rows, and no burst of questions on a bad line.
      if (there) there.checked = true;
      else place.querySelector('ul.files').append(await lineFor(place, id));
      changes.push({ name, before, after: 'on' });
    }
  } finally {
    if (button) button.disabled = false;
    if (changes.length) {
      remember(form, _('dùng tệp cho {count} chỉ tiêu', { count: changes.length }), changes);
      line.dispatchEvent(new Event('files-added', { bubbles: true }));
    }
  }
  return changes.length ? _('Đã dùng tệp này cho {count} chỉ tiêu khác trong nhóm.', { count: changes.length }) : _('Mọi chỉ tiêu trong nhóm đã có tệp này.');
}
