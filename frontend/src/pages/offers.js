// While words are typed into the table: how they may go on, below the field; → takes the offer, anything else leaves it.
//
// A result is first offered whole: the target's own words and what stands in other rows. Otherwise the word being
// typed is offered to its end with the one after it, as the criteria's names or other rows have them. Never a number.
// What is in the field is not touched before → is pressed: programs that compose Vietnamese letters count on finding
// it unchanged.

import { _ } from '../words.js';

const FEWEST = 2; // letters that an offer must spare, and that of a word must have been typed
const WORD = /\p{L}/u;
const TYPED = /\.(raw|reason|difficulty)$/;
const LAST_WORDS = /((?:[\p{L}\p{N}]+ ){0,3})(\p{L}+)$/u;
const THIS_AND_NEXT = /^\p{L}+(?: \p{L}+)?/u;

export function offerWords(table) {
  const line = document.createElement('p');
  line.className = 'field-help cell-offer';
  let offered = '';

  table.addEventListener('input', ({ target }) => {
    if (TYPED.test(target.name) && target === document.activeElement) offer(target);
  });
  table.addEventListener('focusout', () => { clear(); line.remove(); });
  table.addEventListener('keydown', (event) => {
    const { key, target: field } = event;
    if (!offered || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (key === 'Escape') clear();
    if (key !== 'ArrowRight' || field.selectionStart !== field.value.length) return;
    event.preventDefault();
    field.value = offered;
    clear();
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });

  function offer(field) {
    const others = [...table.querySelectorAll('[name$=".raw"], [name$=".reason"], [name$=".difficulty"]')]
      .filter((one) => one !== field && TYPED.test(one.name) && one.value);
    const row = field.closest('[data-row]');
    const whole = field.name.endsWith('.raw') ? wholeFor(field.value, row, others) : '';
    const name = nameOf(row);
    const going = whole ? null : goingOn(field.value, [name, ...others.map(({ value }) => value), ...namesIn(table, name)]);
    offered = whole || (going ? going.text : '');
    if (!offered) {
      clear();
      return;
    }
    // Words come and go with each letter: only what is offered whole is read out.
    if (whole) line.setAttribute('role', 'status');
    else line.removeAttribute('role');
    line.textContent = whole
      ? _('Phím mũi tên phải ghi: {words}', { words: shorten(whole) })
      : _('Phím mũi tên phải viết tiếp: {words}', { words: going.words });
    if (field.nextElementSibling !== line) field.after(line);
  }

  // The line keeps its place until the cell is left: the rows below do not jump with every letter.
  function clear() {
    offered = '';
    line.textContent = '';
  }
}

function wholeFor(value, row, others) {
  const typed = fold(value);
  const words = [row.querySelector('.criteria__target').textContent, ...others.filter(({ name }) => name.endsWith('.raw')).map((one) => one.value)];
  return typed ? words.map((one) => one.trim()).find((one) => WORD.test(one) && one.length >= value.length + FEWEST && fold(one).startsWith(typed)) ?? '' : '';
}

/**
 * {text, words}: the whole field with the word at its end, and the next, written out as the first of `texts` has them
 * after as many of the words before (three at most); null where none has. Marks may be missing in that word only.
 */
export function goingOn(typed, texts) {
  const [, before, begun] = typed.match(LAST_WORDS) ?? [];
  if (!begun || begun.length < FEWEST) return null;
  const sources = texts.map((text) => ({ text, low: text.toLowerCase(), bare: fold(text) })).filter(({ text, low, bare }) => text.length === low.length && text.length === bare.length);
  const words = before.split(' ').slice(0, -1);
  for (let from = 0; from <= words.length; from += 1) {
    const context = words.slice(from).map((word) => `${word.toLowerCase()} `).join('');
    for (const { text, low, bare } of sources) {
      const rest = after(low, bare, context, begun.toLowerCase()).map((place) => text.slice(place).match(THIS_AND_NEXT)?.[0] ?? '').find((one) => one.length >= begun.length + FEWEST);
      if (!rest) continue;
      const cased = [...begun].map((letter, place) => (letter === letter.toUpperCase() ? rest[place].toUpperCase() : rest[place])).join('');
      const going = cased + rest.slice(begun.length);
      return { text: typed.slice(0, typed.length - begun.length) + going, words: going };
    }
  }
  return null;
}

/** The places in a text at which a word begins so, right after `context`: each letter with its marks, or without any. */
function after(low, bare, context, begun) {
  const places = [], plain = fold(begun);
  for (let place = bare.indexOf(plain); place >= 0; place = bare.indexOf(plain, place + 1)) {
    const start = place - context.length;
    const so = [...begun].every((letter, at) => letter === low[place + at] || letter === bare[place + at]);
    if (so && start >= 0 && low.startsWith(context, start) && !/[\p{L}\p{N}]/u.test(low[start - 1] ?? '')) places.push(place);
  }
  return places;
}

function nameOf(row) {
  return row.querySelector('.criteria__name').firstChild.textContent.trim();
}

function namesIn(table, own) {
  return [...table.querySelectorAll('[data-row]')].map(nameOf).filter((name) => name !== own);
}

function shorten(text) {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function fold(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();
}
