// Filters above the criteria table, with counts that follow what is typed; kept in the address after “#loc=”.

import { _ } from '../words.js';

const NAMED = '#loc=';

export const verdictOf = (row) => row.querySelector('.criteria__verdict .verdict')?.className.match(/verdict--(\w+)/)?.[1] ?? '';

export function differs(row) {
  const own = verdictOf(row);
  const earlier = (row.dataset.earlier ?? '').split(' ').filter(Boolean);
  return own !== 'missing' && earlier.some((one) => one !== own);
}

function hasEvidence(row) {
  const cell = row.querySelector('.criteria__evidence');
  if (!cell) return true;
  return Number(cell.dataset.files ?? 0) > 0 || cell.querySelector('input[name$=".evidence"]:checked') !== null;
}

const MATCHES = {
  all: () => true,
  evidence: (row) => !hasEvidence(row),
  differs,
  mine: (row) => 'mine' in row.dataset,
};

const isAssessed = (row) => !row.classList.contains('is-not-assessed');
const matches = (name, row) => isAssessed(row) && (MATCHES[name]?.(row) ?? verdictOf(row) === name);
// Who is typing in a row, or has something to mend there, must not lose sight of it.
const isHeld = (row) => row.contains(document.activeElement) || row.querySelector('.is-invalid, .field-error, .clash') !== null;

/** Returns a function to call whenever something in the table may have changed. */
export function filter(section, table, say) {
  const bar = section.querySelector('[data-filters]');
  const buttons = [...bar.querySelectorAll('[data-filter]')];
  const rows = [...table.querySelectorAll('[data-row]')];
  const current = () => buttons.find((one) => one.getAttribute('aria-pressed') === 'true').dataset.filter;

  bar.hidden = false;
  bar.addEventListener('click', ({ target }) => {
    const name = target.closest('[data-filter]')?.dataset.filter;
    if (!name) return;
    choose(name);
    window.history.replaceState(window.history.state, '', name === 'all' ? window.location.pathname + window.location.search : NAMED + name);
  });
  window.addEventListener('hashchange', followHash);
  document.addEventListener('click', ({ target }) => reveal(target.closest('a[href^="#"]')?.getAttribute('href') ?? ''), true);
  count();
  followHash();
  return () => { count(); show(false); };

  function followHash() {
    const { hash } = window.location;
    if (hash.startsWith(NAMED)) choose(hash.slice(NAMED.length));
    else reveal(hash);
  }

  function choose(name) {
    if (!buttons.some(({ dataset }) => dataset.filter === name)) return;
    for (const one of buttons) one.setAttribute('aria-pressed', String(one.dataset.filter === name));
    show(true);
    const found = rows.filter((row) => matches(name, row)).length;
    say(found ? '' : _('Không có chỉ tiêu nào như vậy.'));
  }

  /** Rows come into view as soon as they match; only choosing a filter takes any away, nothing vanishes while typing. */
  function show(mayHide) {
    const name = current();
    for (const row of rows) {
      const wanted = name === 'all' || matches(name, row) || isHeld(row);
      if (wanted || mayHide) row.hidden = !wanted;
    }
    for (const group of table.querySelectorAll('[data-group]')) group.hidden = !group.querySelector('[data-row]:not([hidden])');
  }

  function count() {
    for (const one of buttons) {
      const found = rows.filter((row) => matches(one.dataset.filter, row)).length;
      one.querySelector('[data-filter-count]').textContent = found;
    }
  }

  /** What a link points at must be seen. */
  function reveal(hash) {
    const found = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const row = found && found.closest('[data-row]');
    if (!row?.hidden) return;
    row.hidden = false;
    row.closest('[data-group]').hidden = false;
  }
}
