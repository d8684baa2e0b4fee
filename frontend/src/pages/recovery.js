// What was typed and not saved yet is kept in this browser too, per task and person, and offered after a crash.

import { change, valueOf } from './cells.js';
import { _ } from '../words.js';

const KEPT = 'congnhan:nhap:';
const SOON = 500;
const DAY = 24 * 60 * 60 * 1000;

sweep();
for (const form of document.querySelectorAll('form[data-keep]')) keep(form);

function keep(form) {
  const key = KEPT + form.dataset.keep;
  const rev = () => Number(form.elements.rev.value);
  let touched = new Set(), sending = new Set(), offered = {}, timer;

  offer();
  form.addEventListener('input', ({ target }) => note([target.name]));
  form.addEventListener('change', ({ target }) => note([target.name]));
  form.addEventListener('cells-changed', ({ detail }) => note(detail));
  form.addEventListener('draft-sending', () => {
    write();
    sending = touched;
    touched = new Set();
  });
  form.addEventListener('draft-saved', () => {
    sending = new Set();
    write();
  });
  form.addEventListener('draft-unsaved', () => {
    touched = new Set([...touched, ...sending]);
    sending = new Set();
    write();
  });
  document.addEventListener('submit', (event) => { if (event.target === form && !event.defaultPrevented) write(true); });
  window.addEventListener('pagehide', () => { if (timer) write(); });

  function note(names) {
    // Ticks of files are not typed: what was chosen or uploaded is in the dossier.
    for (const name of names) if (name && !name.includes('=') && valueOf(form, name) !== null) touched.add(name);
    clearTimeout(timer);
    timer = setTimeout(write, SOON);
  }

  function write(sent = false) {
    clearTimeout(timer);
    timer = undefined;
    const cells = { ...offered };
    for (const name of [...touched, ...sending]) cells[name] = valueOf(form, name) ?? '';
    if (Object.keys(cells).length) store(key, { rev: rev(), at: Date.now(), sent: sent === true, cells });
    else drop(key);
  }

  function offer() {
    const kept = read(key);
    if (!kept) return;
    const arrived = kept.sent && rev() > kept.rev;
    const other = Object.entries(kept.cells).filter(([name, value]) => valueOf(form, name) !== null && valueOf(form, name) !== value);
    if ('unsaved' in form.dataset) {
      // This page brought back what could not be saved: it is still unsaved.
      touched = new Set(Object.keys(kept.cells).filter((name) => valueOf(form, name) !== null));
    } else if (arrived || !other.length) drop(key);
    else {
      offered = Object.fromEntries(other);
      form.prepend(notice(form, kept, other, decided));
    }
  }

  function decided(restore) {
    const cells = Object.entries(offered).map(([name, after]) => ({ name, after }));
    offered = {};
    if (restore) change(form, _('khôi phục nội dung chưa lưu'), cells);
    write();
  }
}

function notice(form, kept, cells, decided) {
  const at = new Date(kept.at);
  const two = (number) => String(number).padStart(2, '0');
  const when = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = at.toDateString() === new Date().toDateString() ? '' : _(' ngày {day}/{month}/{year}', { day: two(at.getDate()), month: two(at.getMonth() + 1), year: at.getFullYear() });
  const box = element('div', { className: 'notice notice--warning recovery' });
  box.setAttribute('role', 'alert');
  const later = Number(form.elements.rev.value) > kept.rev ? _(' Sau đó bản nháp đã được lưu lại; hãy xem từng ô trước khi khôi phục.') : '';
  box.append(element('strong', { textContent: _('Có nội dung chưa lưu lúc {when}{day}.', { when, day }) }), _(' {count} ô khác với bản đang hiện.{later}', { count: cells.length, later }));
  const list = element('ul', {});
  for (const [name, value] of cells) {
    const line = element('li', {});
    line.append(element('strong', { textContent: `${labelOf(form, name)}: ` }), _('đang có '), element('q', { textContent: shown(form, name, valueOf(form, name)) }), _(', chưa lưu '), element('q', { textContent: shown(form, name, value) }));
    list.append(line);
  }
  const details = element('details', { open: cells.length <= 5 });
  details.append(element('summary', { textContent: _('Những ô khác nhau') }), list);
  const buttons = element('p', { className: 'recovery__buttons' });
  for (const [text, look, restore] of [[_('Khôi phục'), 'btn-primary', true], [_('Bỏ nội dung chưa lưu'), 'btn-outline-secondary', false]]) {
    const button = element('button', { type: 'button', className: `btn ${look}`, textContent: text });
    button.addEventListener('click', () => {
      box.remove();
      decided(restore);
    });
    buttons.append(button);
  }
  box.append(details, buttons);
  return box;
}

function labelOf(form, name) {
  const label = form.querySelector(`label[for="${CSS.escape(name)}"]`) ?? document.getElementById(name)?.querySelector('legend');
  return label?.textContent.trim() || name;
}

function shown(form, name, value) {
  const field = form.elements.namedItem(name);
  const chosen = field instanceof HTMLSelectElement ? [...field.options].find((one) => one.value === value)?.textContent : '';
  const text = chosen || value;
  if (!text) return _('(trống)');
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function read(key) {
  try {
    const kept = JSON.parse(window.localStorage.getItem(key));
    return kept && typeof kept.cells === 'object' ? kept : null;
  } catch {
    return null;
  }
}

function store(key, kept) {
  try {
    window.localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // No room, or storage is switched off: the draft on the server remains.
  }
}

function drop(key) {
  try {
    window.localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

/** Nothing stays for ever on a shared computer: what was sent a day, the rest two weeks; all of it at logging out. */
function sweep() {
  const keys = () => {
    try {
      return Object.keys(window.localStorage).filter((key) => key.startsWith(KEPT));
    } catch {
      return [];
    }
  };
  for (const key of keys()) {
    const kept = read(key);
    if (!kept || Date.now() - kept.at > (kept.sent ? DAY : 14 * DAY)) drop(key);
  }
  document.addEventListener('submit', ({ target, defaultPrevented }) => {
    // By the attribute: the work form has a field named “action”, which stands before its address.
    if (!defaultPrevented && target.getAttribute('action')?.endsWith('/dang-xuat')) keys().forEach(drop);
  });
}
