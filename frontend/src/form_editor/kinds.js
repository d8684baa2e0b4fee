import { _ } from '../words.js';

/** What one may add, as the server takes it (forms/components.py). */
export const KINDS = {
  textfield: { name: () => _('Ô chữ một dòng'), make: () => ({}) },
  textarea: { name: () => _('Ô chữ nhiều dòng'), make: () => ({}) },
  number: { name: () => _('Số'), make: () => ({}) },
  datetime: { name: () => _('Ngày, giờ'), make: (label) => ({ subtype: 'date', dateLabel: label }) },
  select: { name: () => _('Chọn một (danh sách)'), make: () => ({ values: twoChoices() }) },
  radio: { name: () => _('Chọn một (nút tròn)'), make: () => ({ values: twoChoices() }) },
  checkbox: { name: () => _('Ô đánh dấu'), make: () => ({}) },
  checklist: { name: () => _('Chọn nhiều'), make: () => ({ values: twoChoices() }) },
  filepicker: { name: () => _('Tệp'), make: () => ({ multiple: true }) },
  dynamiclist: { name: () => _('Bảng nhiều dòng'), make: () => ({ components: [{ type: 'textfield', key: 'noi_dung', id: 'noi_dung', label: _('Nội dung') }] }) },
  group: { name: () => _('Nhóm'), make: () => ({ components: [] }) },
  text: { name: () => _('Đoạn chữ'), make: () => ({ text: _('Nội dung hướng dẫn.') }) },
  separator: { name: () => _('Đường kẻ'), make: () => ({}) },
  criteria: { name: () => _('Bảng chỉ tiêu Phụ lục 01'), make: () => ({ validate: { required: true }, properties: { level: 'commune', columns: 'evidence' } }) },
  criteria_reasons: { name: () => _('Lý do theo từng chỉ tiêu'), make: () => ({}) },
};

const twoChoices = () => [1, 2].map((number) => ({ label: _('Lựa chọn {number}', { number }), value: `lua_chon_${number}` }));

export const TEXTS = ['textfield', 'textarea'];
export const CHOICES = ['select', 'radio', 'checklist'];
export const SCALARS = ['textfield', 'textarea', 'select', 'radio', 'number', 'checkbox', 'datetime'];
export const READABLE = [...SCALARS, 'checklist', 'filepicker'];
export const CHANGEABLE = [...SCALARS, 'checklist'];
export const STATIC = ['group', 'text', 'separator'];
export const HOLDERS = ['group', 'dynamiclist'];

export const kindName = (type) => KINDS[type]?.name() ?? _('Loại không dùng được: {type}', { type: String(type) });

/** Whether a component of that type may stand in there (undefined: the form itself). */
export const mayStandIn = (type, holder) => holder === undefined || holder === 'default' || holder === 'group' || (holder === 'dynamiclist' && SCALARS.includes(type));

/** Gives a component another type, without what only the old one had. */
export function changeType(component, type, remove) {
  if (!TEXTS.includes(type)) for (const name of ['minLength', 'maxLength']) remove(['validate', name]);
  if (type !== 'number') for (const name of ['min', 'max']) remove(['validate', name]);
  if (type !== 'datetime') for (const names of [['subtype'], ['dateLabel'], ['timeLabel'], ['properties', 'not_after_today']]) remove(names);
  if (!CHOICES.includes(type)) remove(['values']);
  if (!['textfield', 'datetime'].includes(type) || component.type !== type) remove(['properties', 'of_document']);
  const fresh = KINDS[type].make(component.label);
  component.type = type;
  for (const [name, value] of Object.entries(fresh)) if (component[name] === undefined) component[name] = value;
}
