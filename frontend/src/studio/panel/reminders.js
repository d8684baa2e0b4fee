import { _ } from '../../words.js';
import { el } from '../markup.js';
import { select, typed } from './parts.js';

const DAYS = /^\d{1,3}(\s*,\s*\d{1,3}){0,9}$/;

/** Days of a reminder: those of the product, none, or one's own, as `3,1`. */
export function reminderField(kit, { key, label, businessObject, value, usual, write }) {
  return (id) => {
    const at = `${businessObject.id}:${key}`;
    const way = value === 'none' ? 'none' : value || kit.pending.has(at) ? 'own' : '';
    const pick = (next) => {
      kit.pending.delete(at);
      if (next === 'own') {
        kit.pending.set(at, {});
        write(usual);
      } else write(next);
    };
    const field = el('fieldset', { className: 'studio-built' }, el('legend', { className: 'form-label' }, label));
    field.append(select(`${id}-way`, label, [['', _('Như thường lệ: {days} ngày làm việc', { days: usual.replace(',', ', ') })], ['none', _('Không')], ['own', _('Vào các ngày tự chọn')]], way, pick));
    if (way === 'own') {
      const read = (text) => (DAYS.test(text) ? text.replace(/\s/g, '') : undefined);
      field.append(...typed(`${id}-days`, _('{label}: số ngày làm việc', { label }), value, read, _('Ghi số ngày làm việc, cách nhau bằng dấu phẩy, ví dụ 5, 2.'), (days) => { if (days) write(days); }));
    }
    return field;
  };
}
