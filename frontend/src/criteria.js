// The totals above the criteria grid and beside each group follow the verdicts as they change.

document.addEventListener('htmx:afterSwap', ({ target }) => {
  const cell = target.closest?.('[data-verdict-cell]');
  const table = cell?.closest('table[data-criteria]');
  if (!table) return;
  const row = cell.closest('[data-row]');
  row.classList.toggle('is-attention', verdictsIn(row)[0] === 'not_met');
  for (const group of table.querySelectorAll('[data-group]')) {
    group.querySelector('[data-group-met]').textContent = count(group, 'met');
  }
  for (const total of table.closest('section').querySelectorAll('[data-total]')) {
    total.textContent = count(table, total.dataset.total);
  }
});

const verdictsIn = (part) => [...part.querySelectorAll('[data-verdict]')].map((badge) => badge.dataset.verdict);

const count = (part, verdict) => verdictsIn(part).filter((each) => each === verdict).length;
