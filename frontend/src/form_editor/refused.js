import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { keyName, unique } from './keys.js';
import { isObject, set, walk } from './tree.js';

// What the server refuses and no control here writes (forms/attributes.py): it came with a file.
const REFUSED = ['valuesKey', 'valuesExpression', 'defaultValue', 'readonly', 'disabled'];
const RULES = ['required', 'minLength', 'maxLength', 'min', 'max'];
const ID = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
const KEY = /^[a-z][a-z0-9_]{0,63}$/;

/** Attributes of a component that must go, each with a button that takes it out. */
export function refusedAttributes(component, editing) {
  const names = REFUSED.filter((name) => ![undefined, null, '', false].includes(component[name])).map((name) => [name]);
  if (component.path && component.type !== 'dynamiclist') names.push(['path']);
  for (const [holder, known] of [['validate', RULES], ['conditional', ['hide']]])
    if (isObject(component[holder])) names.push(...Object.keys(component[holder]).filter((name) => !known.includes(name)).map((name) => [holder, name]));
  const parts = names.map((path) => button(_('Bỏ thuộc tính {name}', { name: path.join('.') }), () => editing.change(() => set(component, path))));
  const twice = [...walk(editing.data)].some(([other]) => other !== component && isObject(other) && other.id !== undefined && other.id === component.id);
  if (twice || (component.id !== undefined && !ID.test(component.id)))
    parts.push(button(_('Đặt lại id của ô'), () => editing.change((data) => {
      delete component.id;
      component.id = unique(data, component[keyName(component)] ?? component.type, component);
    })));
  return parts.length ? el('div', { className: 'form-properties__mends' }, ...parts) : '';
}

/** The head of a file from another tool, made what the server takes. */
export function headMend(editing) {
  const { data } = editing;
  const version = Number(data.schemaVersion);
  if (KEY.test(data.id ?? '') && version >= 9 && version <= 19 && [undefined, 'default'].includes(data.type) && Array.isArray(data.components)) return '';
  const key = document.querySelector('[data-form-key]').dataset.formKey;
  return el('div', { className: 'form-properties__mends' }, button(_('Sửa phần đầu tệp (id, type, schemaVersion)'), () => editing.change(() => {
    data.type = 'default';
    if (!KEY.test(data.id ?? '')) data.id = KEY.test(key) ? key : 'bieu_mau';
    if (!(version >= 9 && version <= 19)) data.schemaVersion = 16;
    if (!Array.isArray(data.components)) data.components = [];
  })));
}
