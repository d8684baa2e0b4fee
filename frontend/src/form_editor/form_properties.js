import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { actionsOf } from './conditions.js';
import { group, text } from './controls.js';
import { keyFrom } from './keys.js';
import { isObject, set } from './tree.js';

/** What is said of a form as a whole: its name, its buttons, what must be answered with each. */
export function formProperties(editing) {
  const properties = isObject(editing.data.properties) ? editing.data.properties : {};
  const write = (name, value, typing = name) => editing.change((data) => { set(data, ['properties', name], value); }, { typing, shape: false });
  const actions = actionsOf(editing.data);
  const names = (list) => list.map(([name]) => name).join(',');
  const one = ([name, label], number) => {
    const gone = button(_('Bỏ nút'), () => editing.change((data) => {
      set(data, ['properties', `action.${name}`]);
      set(data, ['properties', 'actions'], names(actions.filter((action) => action[0] !== name)));
    }));
    gone.disabled = actions.length < 2;
    gone.setAttribute('aria-label', _('Bỏ nút {label}', { label }));
    return el('div', { className: 'form-properties__action' }, text(_('Nút {number} (mã {name})', { number: number + 1, name }), label, (value) => {
      write(`action.${name}`, value);
      return value.trim() ? undefined : _('Ghi lời trên nút.');
    }), text(_('Phải trả lời ít nhất một trong (mã ô, cách nhau bằng dấu phẩy)'), properties[`oneOf.${name}`], (value) => { write(`oneOf.${name}`, value.trim()); }, { spellcheck: false }), gone);
  };
  const fresh = el('input', { className: 'form-control form-control-sm', placeholder: _('Lời trên nút mới'), autocomplete: 'off' });
  fresh.setAttribute('aria-label', _('Lời trên nút mới'));
  const add = (preset) => editing.change((data) => {
    const label = preset?.[1] ?? fresh.value.trim();
    let name = preset?.[0] ?? keyFrom(label);
    for (let number = 2; actions.some(([taken]) => taken === name); number += 1) name = `${keyFrom(label)}_${number}`;
    set(data, ['properties', 'actions'], names([...actions, [name]]));
    set(data, ['properties', `action.${name}`], label);
  });
  return [
    text(_('Tên biểu mẫu, người làm đọc ở đầu trang'), properties.title, (value) => { write('title', value); }, { maxLength: 200 }),
    group(
      _('Nút bấm'), el('p', { className: 'field-help' }, _('Nút được bấm là biến action của bước: sơ đồ rẽ nhánh theo mã của nút. Nút đầu là nút chính.')),
      ...actions.map(one),
      el('div', { className: 'form-choices__one' }, fresh, button(_('Thêm nút'), () => { if (fresh.value.trim()) add(); else fresh.focus(); })),
      actions.some(([name]) => name === 'return') ? '' : button(_('Thêm nút Trả lại bổ sung'), () => add(['return', _('Trả lại bổ sung')])),
    ),
  ];
}
