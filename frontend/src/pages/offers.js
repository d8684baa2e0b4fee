// While words are typed into a result: how they may go on, below the field; → takes the offer, anything else leaves it.
//
// Offered are the target's own words and what stands in other rows of this dossier, never a number. What is in the
// field is not touched before → is pressed: programs that compose Vietnamese letters count on finding it unchanged.

import { _ } from '../words.js';

const FEWEST = 2; // letters that an offer must spare
const WORD = /\p{L}/u;

export function offerWords(table) {
  const line = document.createElement('p');
  line.className = 'field-help cell-offer';
  line.setAttribute('role', 'status');
  let offered = '';

  table.addEventListener('input', ({ target }) => {
    if (target.matches('[name$=".raw"]') && target === document.activeElement) offer(target);
  });
  table.addEventListener('focusout', clear);
  table.addEventListener('keydown', (event) => {
    const { key, target: field } = event;
    if (!offered || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (key === 'Escape') clear();
    if (key !== 'ArrowRight' || field.selectionStart !== field.value.length) return;
    event.preventDefault();
    field.value = offered;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    clear();
  });

  function offer(field) {
    const typed = fold(field.value);
    const row = field.closest('[data-row]');
    const others = [...table.querySelectorAll('[name$=".raw"]')].filter((one) => one !== field).map(({ value }) => value);
    const words = [row.querySelector('.criteria__target').textContent, ...others].map((one) => one.trim());
    offered = typed ? words.find((one) => WORD.test(one) && one.length >= field.value.length + FEWEST && fold(one).startsWith(typed)) ?? '' : '';
    if (!offered) return clear();
    line.textContent = _('Phím mũi tên phải ghi: {words}', { words: offered.length > 60 ? `${offered.slice(0, 60)}…` : offered });
    return field.after(line);
  }

  function clear() {
    offered = '';
    line.remove();
  }
}

function fold(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();
}
