// The criteria table at work: totals that follow, filters, the keyboard, blocks from a spreadsheet.

import { change, valueOf } from './cells.js';
import { differs, filter, verdictOf } from './filters.js';
import { blockIn, planPaste } from './paste.js';
import { offerWords } from './offers.js';
import { spareKeys } from './shorthand.js';
import { undoable } from './undo.js';
import { _ } from '../words.js';

const COLUMNS = ['raw', 'decision', 'reason', 'difficulty'];

for (const table of document.querySelectorAll('[data-criteria]')) work(table);

function work(table) {
  const section = table.closest('section');
  const form = table.closest('form');
  const bar = section.querySelector('[data-grid-bar]');
  const said = section.querySelector('[data-grid-said]');
  const say = (text) => { said.textContent = text; };
  const refilter = filter(section, table, say);
  keepHeight(bar, table.tHead);
  if (!form || !('editable' in table.dataset)) return;

  const recount = () => {
    count(section, table);
    refilter();
  };
  document.addEventListener('htmx:afterSwap', ({ target }) => { if (table.contains(target)) recount(); });
  form.addEventListener('files-added', recount);
  form.addEventListener('change', recount);
  form.addEventListener('input', ({ target }) => forget(target));
  form.addEventListener('cells-changed', ({ detail }) => judge(form, table, detail).then(recount, () => say(_('Chưa tính lại được kết luận: mất kết nối.'))));
  form.addEventListener('cells-refreshed', ({ detail }) => judge(form, table, detail).then(recount, () => {}));
  spareKeys(form, table, say);
  offerWords(table);
  table.addEventListener('keydown', move);
  table.addEventListener('paste', (event) => paste(event, form, table, say));
  undoable(form, section, say);
}

/** The table's own heading stays in view below the bar, however many lines the bar has. */
function keepHeight(bar, head) {
  // Said to those whom it concerns: a variable of the whole page would have all of it styled and laid out anew.
  new ResizeObserver(() => {
    const height = `${bar.offsetHeight}px`;
    head.style.setProperty('--grid-bar', height);
    document.documentElement.style.scrollPaddingTop = `calc(4rem + ${height})`;
  }).observe(bar);
}

function count(section, table) {
  const rows = [...table.querySelectorAll('[data-row]:not(.is-not-assessed)')];
  for (const cell of section.querySelectorAll('[data-total]')) {
    cell.textContent = rows.filter((row) => verdictOf(row) === cell.dataset.total).length;
  }
  for (const group of table.querySelectorAll('[data-group]')) {
    const met = group.querySelectorAll('[data-verdict="met"]').length;
    group.querySelector('[data-group-met]').textContent = met;
    section.querySelector(`[data-group-total="${group.dataset.group}"]`).textContent = met;
  }
  for (const row of rows) {
    row.classList.toggle('is-attention', verdictOf(row) === 'not_met' || Boolean(row.querySelector('.is-invalid')));
    row.querySelector('.criteria__earlier')?.classList.toggle('is-different', differs(row));
  }
}

/** “= as before” is true only until the result is edited. */
function forget(field) {
  const note = field.name?.endsWith('.raw') && field.closest('td')?.querySelector('[data-same-as]');
  if (note) note.hidden = note.dataset.sameAs !== field.value;
}

/** The verdicts of rows that changed all at once; a row that changed again meanwhile waits for its own answer. */
async function judge(form, table, names) {
  const ids = [...new Set(names.map((name) => name.match(/^criteria\.(\d+\.\d+)\./)?.[1]).filter(Boolean))];
  if (!ids.length) return;
  const body = new FormData();
  const sent = new Map();
  for (const id of ids) {
    for (const part of ['raw', 'decision', 'reason']) {
      const value = valueOf(form, `criteria.${id}.${part}`);
      if (value !== null) body.append(`criteria.${id}.${part}`, value);
      if (part === 'raw') sent.set(id, value);
    }
    forget(form.elements.namedItem(`criteria.${id}.raw`));
  }
  const token = document.querySelector('meta[name=csrf-token]').content;
  const answer = await fetch(table.dataset.verdicts, { method: 'POST', body, headers: { 'X-CSRFToken': token, 'HX-Request': 'true' } });
  if (!answer.ok) throw new Error(String(answer.status));
  const html = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const found of html.querySelectorAll('[data-verdict-for]')) {
    const id = found.dataset.verdictFor;
    if (valueOf(form, `criteria.${id}.raw`) !== sent.get(id)) continue;
    table.querySelector(`[data-row="${id}"] [data-verdict-cell]`).replaceChildren(...found.childNodes);
  }
}

/** Enter and ↓ go to the next row's result, ↑ (or Shift+Enter) to the one before; in long texts at their ends only. */
function move(event) {
  const field = event.target;
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!field.matches('[name$=".raw"]') || !['Enter', 'ArrowDown', 'ArrowUp'].includes(event.key)) return;
  const back = event.key === 'ArrowUp' || (event.key === 'Enter' && event.shiftKey);
  if (field.tagName === 'TEXTAREA') {
    if (event.key === 'Enter') return;
    if (field.selectionStart !== field.selectionEnd || field.selectionEnd !== (back ? 0 : field.value.length)) return;
  }
  // Never the form's first button: Enter in a table means the next row, as in a spreadsheet.
  event.preventDefault();
  const fields = [...event.currentTarget.querySelectorAll('[data-row]:not([hidden]) [name$=".raw"]')];
  const next = fields[fields.indexOf(field) + (back ? -1 : 1)];
  next?.focus();
  if (next?.tagName === 'INPUT') next.select();
}

function paste(event, form, table, say) {
  const field = event.target;
  if (!field.matches?.('[name$=".raw"], [name$=".reason"], [name$=".difficulty"]')) return;
  const block = blockIn(event.clipboardData, field);
  if (!block) return;
  event.preventDefault();
  const rows = [...table.querySelectorAll('tr')].filter((row) => row.matches('[data-row], .criteria__group')).map((row) => (row.dataset.row
    ? { id: row.dataset.row, name: row.querySelector('.criteria__name').firstChild.textContent, open: row.querySelector('[name$=".raw"]') !== null, shown: !row.hidden }
    : { group: true }));
  const columns = COLUMNS.filter((column) => table.querySelector(`[name$=".${column}"]`));
  const start = { id: field.closest('[data-row]').dataset.row, column: field.name.split('.').at(-1) };
  const { cells, refused } = planPaste(block, rows, columns, start);
  const label = _('dán {count} ô', { count: cells.length });
  change(form, label, cells.map(({ id, column, value }) => ({ name: `criteria.${id}.${column}`, after: value })));
  const span = cells.length > 1 ? _(' (chỉ tiêu {first} đến {last})', { first: cells[0].id, last: cells.at(-1).id }) : '';
  const left = refused.length ? _('{count} ô không dán được: {reasons}{more}', { count: refused.length, reasons: [...new Set(refused)].slice(0, 3).join('; '), more: refused.length > 3 ? '…' : '' }) : '';
  say([cells.length ? _('Đã {label}{span}', { label, span }) : '', left].filter(Boolean).join(', ') || _('Khối vừa dán không có ô nào có chữ.'));
}
