import { el } from '../studio/markup.js';

let made = 0;

/** A control under its label, with help. `act(value)` hears every change; what it answers is said as the fault. */
export function labelled(label, control, help) {
  made += 1;
  control.id ||= `form-control-${made}`;
  const parts = [el('label', { className: 'form-label', htmlFor: control.id }, label), control];
  if (help) {
    const told = el('p', { className: 'field-help', id: `${control.id}-help` }, help);
    control.setAttribute('aria-describedby', told.id);
    parts.push(told);
  }
  return el('div', { className: 'form-property' }, ...parts);
}

export function text(label, value, act, { help, lines, on = 'input', ...more } = {}) {
  const control = el(lines ? 'textarea' : 'input', { className: 'form-control form-control-sm', value: value ?? '', autocomplete: 'off', ...(lines ? { rows: lines } : {}), ...more });
  const whole = labelled(label, control, help);
  const fault = el('p', { className: 'field-error', hidden: true });
  fault.setAttribute('role', 'alert');
  whole.append(fault);
  control.addEventListener(on, () => {
    const why = act(control.value, control);
    fault.textContent = why ?? '';
    fault.hidden = !why;
    control.classList.toggle('is-invalid', Boolean(why));
  });
  return whole;
}

export function tick(label, checked, act, help) {
  const control = el('input', { type: 'checkbox', className: 'form-check-input', checked });
  control.addEventListener('change', () => act(control.checked));
  const parts = [el('label', { className: 'form-check' }, control, ' ', el('span', { className: 'form-check-label' }, label))];
  if (help) parts.push(el('p', { className: 'field-help' }, help));
  return el('div', { className: 'form-property' }, ...parts);
}

/** `options`: [[value, text], …]. */
export function choose(label, value, options, act, help) {
  const control = el('select', { className: 'form-select form-select-sm', value }, ...options.map(([one, said]) => el('option', { value: one }, said)));
  control.addEventListener('change', () => act(control.value));
  return labelled(label, control, help);
}

export const group = (title, ...parts) => el('fieldset', { className: 'form-properties__group' }, el('legend', {}, title), ...parts.filter(Boolean));
