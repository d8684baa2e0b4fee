// A round of many communes: find some of them, see what one decides otherwise than proposed, print them all.

const plain = (text) => text.normalize('NFD').replace(/\p{Mn}/gu, '').replace(/đ/g, 'd').replace(/Đ/g, 'D').toLowerCase();
const chosenOtherwise = (line) => Boolean(line.querySelector('input[type=radio]:checked:not([data-proposed])'));

function start(finder) {
  const lines = [...document.querySelectorAll('[data-line]')].map((element) => ({
    element,
    words: plain(element.dataset.line),
    kinds: new Set(element.dataset.kinds.split(' ')),
  }));
  const sections = [...document.querySelectorAll('[data-lines]')];
  const buttons = [...finder.querySelectorAll('[data-filter]')];
  const search = finder.querySelector('[type=search]');
  const said = finder.querySelector('[data-said]');
  const current = () => buttons.find((one) => one.getAttribute('aria-pressed') === 'true').dataset.filter;
  const matches = (line, kind) => kind === 'all' || (kind === 'otherwise' ? chosenOtherwise(line.element) : line.kinds.has(kind));

  function show() {
    const kind = current();
    const wanted = plain(search.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const line of lines) {
      const here = matches(line, kind) && wanted.every((word) => line.words.includes(word));
      // What has a message, or is being worked on, must not be lost sight of.
      const held = line.element.contains(document.activeElement) || line.element.querySelector('.field-error');
      line.element.hidden = !here && !held;
      found += here;
    }
    for (const section of sections) section.hidden = !section.querySelector('[data-line]:not([hidden])');
    said.textContent = kind === 'all' && !wanted.length ? '' : said.dataset.said.replace('{found}', found).replace('{all}', lines.length);
  }

  function count() {
    for (const one of buttons) {
      const kind = one.dataset.filter;
      one.querySelector('.count').textContent = lines.filter((line) => matches(line, kind)).length;
    }
  }

  finder.hidden = false;
  finder.addEventListener('click', ({ target }) => {
    const chosen = target.closest('[data-filter]');
    if (!chosen) return;
    for (const one of buttons) one.setAttribute('aria-pressed', String(one === chosen));
    show();
  });
  search.addEventListener('input', show);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault(); // it would sign
  });
  document.addEventListener('change', ({ target }) => {
    const line = target.closest('[data-line]');
    if (!line) return;
    const mark = line.querySelector('[data-otherwise]');
    if (mark) mark.hidden = !chosenOtherwise(line);
    count();
    tellExceptions(lines);
  });
  // A link into the page leads to its line whatever is being looked for.
  window.addEventListener('hashchange', reveal);
  count();
  reveal();
  tellExceptions(lines);

  function reveal() {
    const line = document.querySelector('[data-line]:target');
    if (!line) return;
    line.hidden = false;
    line.closest('[data-lines]').hidden = false;
    if (line instanceof HTMLDetailsElement) line.open = true;
  }
}

/** How many decisions differ from what is proposed: beside the button, and in the question it asks. */
function tellExceptions(lines) {
  const place = document.querySelector('[data-exceptions]');
  if (!place) return;
  const count = lines.filter(({ element }) => chosenOtherwise(element)).length;
  const form = place.closest('form');
  form.dataset.asked ??= form.dataset.confirm;
  place.textContent = count ? place.dataset.exceptions.replace('{count}', count) : place.dataset.none;
  form.dataset.confirm = `${form.dataset.asked} ${place.textContent}`;
}

for (const finder of document.querySelectorAll('[data-round-finder]')) start(finder);

// On paper nothing can be opened.
window.addEventListener('beforeprint', () => {
  for (const closed of document.querySelectorAll('.round-line details:not([open]), details.round-line:not([open])')) {
    closed.open = true;
    closed.dataset.printed = '';
  }
});
window.addEventListener('afterprint', () => {
  for (const opened of document.querySelectorAll('[data-printed]')) {
    opened.open = false;
    delete opened.dataset.printed;
  }
});
