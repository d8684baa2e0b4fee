// Keys of lists: j and k move, Enter follows the link that has the focus by itself, / goes to search; in the
// worklist c claims, x ticks, ? tells the keys. None is taken from somebody who types, or from a dialog.

const EDITABLE = 'input:not([type=checkbox]), textarea, select, [contenteditable]';
const LINKS = '[data-keys] .worklist__link';

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest(EDITABLE) || document.querySelector('dialog[open]')) return;
  const action = { j: () => move(1), k: () => move(-1), '/': search, c: claim, x: tick, '?': help }[event.key];
  if (action?.()) event.preventDefault();
});

document.addEventListener('click', ({ target }) => {
  if (target.closest('[data-keys-help]')) help();
});
for (const button of document.querySelectorAll('[data-keys-help]')) button.hidden = false;

function move(step) {
  const links = [...document.querySelectorAll(LINKS)];
  if (!links.length) return false;
  const row = focusedRow();
  const now = links.findIndex((link) => link === document.activeElement || (row && row.contains(link)));
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next].focus();
  return true;
}

function search() {
  const box = document.querySelector('input[type=search]');
  box?.focus();
  return Boolean(box);
}

function claim() {
  const form = focusedRow()?.querySelector('form[data-claim]');
  form?.requestSubmit();
  return Boolean(form);
}

function tick() {
  const box = focusedRow()?.querySelector('.worklist__pick input');
  box?.click();
  return Boolean(box);
}

function help() {
  const dialog = document.getElementById('keys-help');
  dialog?.showModal();
  return Boolean(dialog);
}

function focusedRow() {
  return document.activeElement?.closest('[data-keys] tbody tr') ?? null;
}
