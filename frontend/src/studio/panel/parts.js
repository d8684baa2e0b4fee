import { _ } from '../../words.js';
import { el } from '../markup.js';

// Small controls of the builders. Each has a label of its own, seen or said.

export function select(id, label, options, value, change) {
  const known = options.some((one) => (one.group ? one.options : [one]).some(([name]) => name === value));
  const all = known ? options : [...options, [value, value]];
  const option = ([name, text]) => el('option', { value: name, selected: name === value }, text);
  const made = el('select', { className: 'form-select form-select-sm', id, ariaLabel: label }, ...all.map((one) => {
    if (!one.group) return option(one);
    return el('optgroup', { label: one.group }, ...one.options.map(option));
  }));
  made.addEventListener('change', () => change(made.value));
  return made;
}

/** `read(text)` answers the value, or undefined for what is none; then the field says `wrong`. */
export function typed(id, label, shown, read, wrong, change, more = {}) {
  const input = el('input', { type: 'text', className: 'form-control form-control-sm', id, ariaLabel: label, value: shown, ...more });
  const fault = el('p', { className: 'field-error', id: `${id}-error`, hidden: true }, wrong);
  input.setAttribute('aria-describedby', fault.id);
  input.addEventListener('change', () => {
    const value = read(input.value.trim());
    const bad = value === undefined && input.value.trim() !== '';
    fault.hidden = !bad;
    input.classList.toggle('is-invalid', bad);
    input.setAttribute('aria-invalid', String(bad));
    if (!bad) change(value ?? '');
  });
  return [input, fault];
}

export const button = (text, label, act) => {
  const made = el('button', { type: 'button', className: 'btn btn-sm btn-outline-secondary', onclick: act }, text);
  if (label) made.setAttribute('aria-label', label);
  return made;
};

/** "1.234,5" and "54.4" as plain text; undefined for anything else. */
export function number(text) {
  const plain = /,/.test(text) ? text.replace(/\./g, '').replace(',', '.') : text;
  return /^-?\d{1,20}(\.\d{1,10})?$/.test(plain) ? plain : undefined;
}

export const whole = (text) => (/^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined);

/** 05/12/2023 as 2023-12-05; undefined where there is no such day. */
export function day(text) {
  const [, d, m, y] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  if (!y) return undefined;
  const iso = `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  const made = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(made.getTime()) && made.toISOString().startsWith(iso) ? iso : undefined;
}

export const shownDay = (iso) => (iso ? iso.split('-').reverse().join('/') : '');
export const shownNumber = (plain) => String(plain ?? '').replace('.', ',');
export const WRONG_DAY = _('Ghi ngày có thật, dạng ngày/tháng/năm, ví dụ 05/12/2023.');
export const WRONG_NUMBER = _('Ghi một số, ví dụ 54,5.');
export const WRONG_COUNT = _('Ghi số nguyên từ 1 đến 9999.');
