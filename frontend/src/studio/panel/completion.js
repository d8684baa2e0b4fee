import { el } from '../markup.js';

const WORD = /[\p{L}\p{N}_."]*$/u;
const MOST = 8;
let count = 0;

/**
 * Completes what is typed in `area` from `words` [{text, label}]: arrows choose, Enter or Tab takes, Esc closes.
 * Answers the list, to stand behind the field.
 */
export function complete(area, words) {
  const list = el('ul', { className: 'studio-complete', id: `studio-complete-${(count += 1)}`, hidden: true });
  list.setAttribute('role', 'listbox');
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', list.id]]) area.setAttribute(name, value);
  let at = -1;

  const close = () => {
    list.hidden = true;
    at = -1;
    area.setAttribute('aria-expanded', 'false');
    area.removeAttribute('aria-activedescendant');
  };
  const typed = () => WORD.exec(area.value.slice(0, area.selectionStart))[0];
  const take = (text) => {
    const end = area.selectionStart;
    area.setRangeText(text, end - typed().length, end, 'end');
    if (text.endsWith(')')) area.setSelectionRange(area.selectionStart - 1, area.selectionStart - 1);
    close();
    area.focus();
  };
  const mark = (next) => {
    at = (next + list.children.length) % list.children.length;
    [...list.children].forEach((one, place) => one.setAttribute('aria-selected', String(place === at)));
    area.setAttribute('aria-activedescendant', list.children[at].id);
    list.children[at].scrollIntoView({ block: 'nearest' });
  };
  const offer = () => {
    const begun = typed().toLocaleLowerCase();
    const fitting = begun ? words.filter(({ text, label }) => text !== begun && `${text} ${label}`.toLocaleLowerCase().includes(begun.replaceAll('"', ''))).slice(0, MOST) : [];
    list.replaceChildren(...fitting.map(({ text, label }, place) => {
      const option = el('li', { id: `${list.id}-${place}`, onpointerdown: (event) => { event.preventDefault(); take(text); } }, el('code', {}, text), label ? ` ${label}` : '');
      option.setAttribute('role', 'option');
      return option;
    }));
    if (!fitting.length) return close();
    list.hidden = false;
    area.setAttribute('aria-expanded', 'true');
    return mark(0);
  };
  area.addEventListener('input', offer);
  area.addEventListener('blur', close);
  area.addEventListener('keydown', (event) => {
    if (list.hidden) return;
    if (event.key === 'ArrowDown') mark(at + 1);
    else if (event.key === 'ArrowUp') mark(at - 1);
    else if (event.key === 'Enter' || event.key === 'Tab') take(words.find(({ text }) => text === list.children[at].querySelector('code').textContent).text);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return list;
}
