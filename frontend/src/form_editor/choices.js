import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { keyFrom } from './keys.js';
import { isObject } from './tree.js';

/** The choices of a field: words and what is kept of them. `change(act, how)` changes them, with a way back. */
export function choicesField(component, change, redraw) {
  const values = Array.isArray(component.values) ? component.values : [];
  const place = el('fieldset', { className: 'form-properties__group form-choices' }, el('legend', {}, _('Các lựa chọn')));
  place.append(el('p', { className: 'field-help' }, _('Lời để người làm đọc; mã là điều được lưu và để điều kiện so sánh.')));
  values.forEach((one, number) => place.append(line(one, number, values, change, redraw)));
  place.append(button(_('Thêm lựa chọn'), () => {
    change(() => {
      const list = Array.isArray(component.values) ? component.values : (component.values = []);
      const taken = new Set(list.filter(isObject).map(({ value }) => value));
      let count = list.length + 1;
      while (taken.has(`lua_chon_${count}`)) count += 1;
      list.push({ label: _('Lựa chọn {number}', { number: count }), value: `lua_chon_${count}` });
    });
    redraw();
  }));
  return place;
}

function line(one, number, values, change, redraw) {
  const input = (name, label) => {
    const made = el('input', { className: 'form-control form-control-sm', value: isObject(one) ? String(one[name] ?? '') : '', disabled: !isObject(one), autocomplete: 'off' });
    made.setAttribute('aria-label', _('{what} của lựa chọn {number}', { what: label, number: number + 1 }));
    return made;
  };
  const [words, code] = [input('label', _('Lời')), input('value', _('Mã'))];
  words.addEventListener('input', () => change(() => {
    // The code follows the words until somebody gave it one of its own.
    const follows = /^lua_chon(_\d+)?$/.test(one.value) || one.value === keyFrom(one.label);
    one.label = words.value;
    if (follows && !values.some((other) => other !== one && other?.value === keyFrom(words.value))) code.value = one.value = keyFrom(words.value);
  }, { typing: `choice ${number}`, shape: false }));
  code.addEventListener('input', () => change(() => { one.value = code.value; }, { typing: `code ${number}`, shape: false }));
  const up = button(_('Lên'), () => {
    change(() => { values.splice(number - 1, 2, values[number], values[number - 1]); });
    redraw();
  });
  Object.assign(up, { disabled: !number, title: _('Đưa lên') });
  up.setAttribute('aria-label', _('Đưa lựa chọn {number} lên', { number: number + 1 }));
  const gone = button('×', () => {
    change(() => { values.splice(number, 1); });
    redraw();
  });
  gone.title = _('Xóa lựa chọn');
  gone.setAttribute('aria-label', _('Xóa lựa chọn {number}', { number: number + 1 }));
  return el('div', { className: 'form-choices__one' }, words, code, up, gone);
}
