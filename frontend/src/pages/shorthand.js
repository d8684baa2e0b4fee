// Fewer keys in the criteria table: one letter for the usual words where Có is asked, a bare number where a percentage
// is, and Ctrl+D for what stands in the row above. All of it is seen in the cell and can be taken back.

import { change } from './cells.js';
import { _, recorded } from '../words.js';

const WORDS = { c: recorded('Có'), k: recorded('Không'), d: recorded('Đang triển khai'), đ: recorded('Đang triển khai') };
const BARE = /^\d{1,3}(?:[.,]\d{1,2})?$/;
const COLUMN = /\.(raw|reason|difficulty)$/;

/** What the short way of writing means against a target; '' where it is none. */
export function meant(text, target) {
  if (target === WORDS.c) return WORDS[text.toLowerCase()] ?? '';
  if (!target.endsWith('%') || !BARE.test(text)) return '';
  const number = Number(text.replace(',', '.'));
  // 0,544 may mean 0,544% or 54,4%: whoever typed it must say.
  return number >= 1 && number <= 100 ? `${text}%` : '';
}

export function spareKeys(form, table, say) {
  // On leaving the cell only: a program that composes Vietnamese letters must find in it what it has put there.
  const touched = new WeakSet();
  table.addEventListener('input', ({ target }) => touched.add(target));
  table.addEventListener('focusout', ({ target }) => {
    if (!target.matches('[name$=".raw"]') || !touched.delete(target)) return;
    const full = meant(target.value.trim(), target.closest('[data-row]').querySelector('.criteria__target').textContent.trim());
    if (!full) return;
    target.value = full;
    target.dispatchEvent(new Event('input', { bubbles: true }));
    touched.delete(target);
  });
  table.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'd' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
    const column = event.target.name?.match(COLUMN)?.[0];
    if (!column) return;
    event.preventDefault();
    const fields = [...table.querySelectorAll(`[data-row]:not([hidden]) [name$="${column}"]`)];
    const above = fields[fields.indexOf(event.target) - 1];
    const id = event.target.closest('[data-row]').dataset.row;
    if (!above?.value) say(_('Dòng trên không có gì để lấy.'));
    else if (change(form, _('lấy theo dòng trên ở chỉ tiêu {id}', { id }), [{ name: event.target.name, after: above.value }]).length) say(_('Đã lấy theo dòng trên ở chỉ tiêu {id}.', { id }));
  });
}
