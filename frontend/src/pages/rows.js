// Giving rows to colleagues: a group's tick ticks its rows, and how many are ticked stays in view.

import { _ } from '../words.js';

for (const form of document.querySelectorAll('form[data-rows]')) ticks(form);

function ticks(form) {
  const said = form.querySelector('[data-rows-count]');
  form.addEventListener('change', ({ target }) => {
    const group = target.closest('.rows-group');
    if (target.matches('[data-rows-all]')) for (const row of rowsOf(group)) row.checked = target.checked;
    count();
  });
  window.addEventListener('pageshow', count);

  function count() {
    for (const all of form.querySelectorAll('[data-rows-all]')) {
      const rows = rowsOf(all.closest('.rows-group')), ticked = rows.filter(({ checked }) => checked).length;
      all.checked = ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    }
    said.textContent = _('Đã chọn {count} chỉ tiêu', { count: form.querySelectorAll('[name=criteria]:checked').length });
  }
}

function rowsOf(group) {
  return [...group.querySelectorAll('[name=criteria]')];
}
