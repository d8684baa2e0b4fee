// Taking back and doing again in the criteria table: Ctrl+Z, Ctrl+Y (or Ctrl+Shift+Z) beyond what the browser does in
// the field itself, and two buttons that say what they would do.

import { doAgain, lastChange, nextChange, remember, takeBack, valueOf } from './cells.js';
import { _ } from '../words.js';

const COPIED = 'congnhan:lay:';
const SHEET = 'congnhan:tep:';
const MINE = /^congnhan:(lui|lay|tep):/;
const CELL = '[data-criteria] :is([name$=".raw"], [name$=".reason"], [name$=".difficulty"], [name$=".decision"], [name$=".agreed"])';
const TICK = '[data-criteria] [type=checkbox][name$=".evidence"]:not([data-chooser] *)';

forgetAtLogout();
for (const form of document.querySelectorAll('form[data-sheet-for]')) noteSheet(form);

export function undoable(form, section, say) {
  const [back, again] = ['[data-undo]', '[data-redo]'].map((one) => section.querySelector(one));
  let entered = null;
  const hold = (field) => { entered = field?.matches?.(CELL) ? { name: field.name, value: valueOf(form, field.name) } : null; };
  const isTyping = ({ target }) => entered !== null && entered.name === target.name && entered.value !== valueOf(form, target.name);
  const note = (target) => {
    if (!isTyping({ target })) return;
    const id = target.closest('[data-row]').dataset.row;
    const after = valueOf(form, target.name);
    remember(form, after ? _('sửa chỉ tiêu {id}', { id }) : _('xóa ô ở chỉ tiêu {id}', { id }), [{ name: target.name, before: entered.value, after }]);
    hold(target);
  };
  const draw = () => {
    for (const [button, word, label] of [[back, _('Hoàn tác'), lastChange(form)], [again, _('Làm lại'), nextChange(form)]]) {
      button.hidden = !label;
      button.textContent = `${word}: ${label}`;
    }
  };
  const move = (way, word) => {
    const moved = way(form);
    if (!moved) return;
    say(_('Đã {word}: {label}.{left}', { word, label: moved.label, left: moved.left ? _(' {left} ô đã sửa tiếp nên giữ nguyên.', { left: moved.left }) : '' }));
    const first = moved.done[0] && form.elements.namedItem(moved.done[0].name);
    first?.focus?.();
    hold(document.activeElement);
  };

  form.addEventListener('focusin', ({ target }) => hold(target));
  form.addEventListener('focusout', ({ target }) => {
    note(target);
    entered = null;
  });
  // A form that is sent by Enter leaves the page without leaving the field.
  form.addEventListener('submit', () => note(document.activeElement));
  form.addEventListener('change', ({ target }) => {
    if (target.matches('[type=radio]')) note(target);
    if (!target.matches(TICK)) return;
    const [before, after] = target.checked ? ['', 'on'] : ['on', ''];
    const what = _('{act} tệp ở chỉ tiêu {id}', { act: target.checked ? _('dùng lại') : _('gỡ'), id: target.closest('[data-row]').dataset.row });
    remember(form, what, [{ name: `${target.name}=${target.value}`, before, after }]);
  });
  form.addEventListener('changes-noted', draw);
  form.addEventListener('cells-changed', () => hold(document.activeElement));
  form.addEventListener('keydown', (event) => {
    const way = wayOf(event);
    if (!way || !section.contains(event.target) || isTyping(event)) return;
    if (!(way === takeBack ? lastChange : nextChange)(form)) return;
    event.preventDefault();
    move(way, way === takeBack ? _('hoàn tác') : _('làm lại'));
  });
  back.addEventListener('click', () => move(takeBack, _('hoàn tác')));
  again.addEventListener('click', () => move(doAgain, _('làm lại')));
  takeOver(form);
  noteCopy(form);
  draw();
}

function wayOf(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return null;
  const key = event.key.toLowerCase();
  if (key === 'z') return event.shiftKey ? doAgain : takeBack;
  return key === 'y' && !event.shiftKey ? doAgain : null;
}

/** What the pages before this one did to the draft: “Lấy theo…” filled in empty results, a sheet what it had said. */
function takeOver(form) {
  const changes = [];
  const [copied, sheet] = [COPIED, SHEET].map((one) => taken(one + form.dataset.keep));
  if ('unsaved' in form.dataset) return;
  for (const name of copied ?? []) {
    const after = valueOf(form, name);
    if (after) changes.push({ name, before: '', after });
  }
  if (changes.length) remember(form, _('lấy {count} kết quả', { count: changes.length }), changes);
  const imported = (sheet ?? []).filter(({ name, after }) => valueOf(form, name) === after);
  if (imported.length) remember(form, _('nhập {count} ô từ bảng tính', { count: imported.length }), imported);
}

/** Only what was empty is filled in by a copy: anything else that is new on the next page is a colleague's. */
function noteCopy(form) {
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented || !event.submitter?.value.startsWith('copy')) return;
    const empty = [...form.querySelectorAll('[data-criteria] [name$=".raw"]')].filter(({ value }) => !value);
    keep(COPIED + form.dataset.keep, empty.map(({ name }) => name));
  });
}

function noteSheet(form) {
  form.addEventListener('submit', () => {
    const cells = [...form.querySelectorAll('[data-before]')];
    keep(SHEET + form.dataset.sheetFor, cells.map(({ name, value, dataset }) => ({ name, before: dataset.before, after: value })));
  });
}

function keep(key, value) {
  try {
    window.sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // No room: it is done all the same, and each cell can be mended by hand.
  }
}

function taken(key) {
  try {
    const value = JSON.parse(window.sessionStorage.getItem(key));
    window.sessionStorage.removeItem(key);
    return value;
  } catch {
    return null;
  }
}

function forgetAtLogout() {
  document.addEventListener('submit', ({ target, defaultPrevented }) => {
    // By the attribute: the work form has a field named “action”, which stands before its address.
    if (defaultPrevented || !target.getAttribute('action')?.endsWith('/dang-xuat')) return;
    for (const key of Object.keys(window.sessionStorage)) if (MINE.test(key)) window.sessionStorage.removeItem(key);
  });
}
