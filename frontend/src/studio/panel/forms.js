import { _ } from '../../words.js';
import { el } from '../markup.js';
import { select, typed } from './parts.js';

const KEY = /^[a-z][a-z0-9_]{0,63}$/;

/** The form of a step: one of the draft's, or a key of one's own; and the way to its page. */
export function formField(kit, { key, label, businessObject, value, write }) {
  return (id) => {
    const at = `${businessObject.id}:${key}`;
    const forms = kit.vocabulary.forms();
    const known = forms.some(([name]) => name === value);
    const free = kit.typing.has(at) || Boolean(value && !known);
    const pick = (name) => {
      kit.typing[name === '*' ? 'add' : 'delete'](at);
      if (name === '*' || name === value) kit.again();
      else write(name);
    };
    const field = el('fieldset', { className: 'studio-built' }, el('legend', { className: 'form-label' }, label));
    field.append(select(`${id}-form`, label, [['', _('(không có biểu mẫu)')], ...forms, ['*', _('Mã khác…')]], free ? '*' : value, pick));
    if (free) field.append(...typed(id, _('Mã biểu mẫu'), value, (text) => (KEY.test(text) ? text : undefined), _('Mã biểu mẫu: chữ thường không dấu, số, gạch dưới; bắt đầu bằng chữ.'), write));
    if (value && kit.vocabulary.read) {
      const open = el('a', { href: `${kit.vocabulary.base}bieu-mau/${encodeURIComponent(value)}` }, known ? _('Mở biểu mẫu') : _('Soạn biểu mẫu “{key}”', { key: value }));
      field.append(el('p', { className: 'studio-built__acts' }, open));
      if (!known) field.append(el('p', { className: 'field-error' }, _('Bản thảo chưa có biểu mẫu này.')));
    }
    return field;
  };
}
