// j and k move through the worklist, Enter follows the link that has the focus by itself, / goes to search.

const EDITABLE = 'input, textarea, select, [contenteditable]';

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest(EDITABLE)) return;
  const action = { j: () => move(1), k: () => move(-1), '/': search }[event.key];
  if (action?.()) event.preventDefault();
});

function move(step) {
  const links = [...document.querySelectorAll('[data-keys] .worklist__link')];
  if (!links.length) return false;
  const now = links.indexOf(document.activeElement);
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next].focus();
  return true;
}

function search() {
  const box = document.querySelector('input[type=search]');
  box?.focus();
  return Boolean(box);
}
