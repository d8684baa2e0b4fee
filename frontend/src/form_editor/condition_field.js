import { _ } from '../words.js';
import { el } from '../studio/markup.js';
import { fieldsAbove, needsValue, readCondition, waysOf, writeCondition } from './conditions.js';
import { choose, text } from './controls.js';

const NONE = '';
const TYPED = '=';

/** A condition chosen from the fields above, or typed. `write(expression)` keeps it, `redraw()` shows what was chosen. */
export function conditionField({ title, always, data, path, expression, hides, write }) {
  const fields = fieldsAbove(data, path);
  const place = el('fieldset', { className: 'form-properties__group' });
  let chosen = expression ? readCondition(expression, hides) : undefined;
  if (chosen && !fields.some(({ key }) => key === chosen.field)) chosen = null;
  const draw = () => {
    const typed = chosen === null;
    const field = chosen && fields.find(({ key }) => key === chosen.field);
    place.replaceChildren(el('legend', {}, title), choose(_('Dựa vào'), typed ? TYPED : (chosen?.field ?? NONE), [[NONE, always], ...fields.map(({ key, label }) => [key, label]), [TYPED, _('Biểu thức tự viết…')]], pick));
    if (typed)
      place.append(text(hides ? _('Ẩn đi khi') : _('Biểu thức'), expression ?? '', (value) => {
        expression = value.trim();
        write(expression);
        return expression && !expression.startsWith('=') ? _('Bắt đầu bằng dấu =, ví dụ =so_ho > 10') : undefined;
      }, { lines: 2, help: hides ? _('Biểu thức đúng thì ô ẩn. Chỉ đọc được các ô phía trên.') : _('Chỉ đọc được các ô phía trên.'), spellcheck: false }));
    else if (field) place.append(...ways(field));
  };
  const keep = () => {
    const field = fields.find(({ key }) => key === chosen.field);
    expression = needsValue(chosen.how) && chosen.value === '' ? undefined : writeCondition(chosen, field.type, hides);
    write(expression);
  };
  const pick = (key) => {
    if (key === NONE) {
      chosen = undefined;
      write(undefined);
    } else if (key === TYPED) chosen = null;
    else {
      const field = fields.find((one) => one.key === key);
      chosen = { field: key, how: waysOf(field.type)[0][0], value: field.choices[0]?.value ?? '' };
      keep();
    }
    draw();
    place.querySelector('select')?.focus();
  };
  const ways = (field) => {
    const parts = [choose(_('Thì'), chosen.how, waysOf(field.type), (how) => {
      chosen = { ...chosen, how, value: chosen.value || (field.choices[0]?.value ?? '') };
      keep();
      draw();
    })];
    if (!needsValue(chosen.how)) return parts;
    const values = field.choices.map(({ value, label }) => [String(value), String(label)]);
    if (values.length && !values.some(([value]) => value === chosen.value)) values.push([chosen.value, _('{value} (không còn trong các lựa chọn)', { value: chosen.value })]);
    const is = (value) => {
      chosen = { ...chosen, value };
      keep();
    };
    parts.push(values.length ? choose(_('Giá trị'), chosen.value, values, is) : text(_('Giá trị'), field.type === 'number' ? chosen.value.replace('.', ',') : chosen.value, (value) => {
      if (field.type !== 'number') return void is(value);
      const plain = value.trim().replace(',', '.');
      if (plain && !/^-?\d{1,15}(\.\d{1,10})?$/.test(plain)) return _('Ghi một số, ví dụ 12,5.');
      return void is(plain);
    }));
    return parts;
  };
  draw();
  return place;
}
