import { STATIC } from './kinds.js';
import { get, isObject, set, walk } from './tree.js';

const NAMES = /"(?:[^"\\]|\\.)*"|[\p{L}_][\p{L}\d_]*/gu;

/** The property that names a component's answer; undefined where it takes none. */
export function keyName({ type }) {
  if (STATIC.includes(type)) return undefined;
  return type === 'dynamiclist' ? 'path' : 'key';
}

/** A key made of a label: “Số văn bản” is so_van_ban. */
export function keyFrom(label) {
  const plain = label.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/đ/g, 'd').replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 50);
  if (!plain) return 'truong';
  return /^[a-z]/.test(plain) ? plain : `truong_${plain}`;
}

/** The key, or with a number behind it, so that nothing in the form is called so. */
export function unique(data, key, but) {
  const taken = new Set(['action', 'constructor']);
  for (const [component] of walk(data)) if (component !== but && isObject(component)) for (const name of ['key', 'path', 'id']) taken.add(component[name]);
  let found = key;
  for (let number = 2; taken.has(found); number += 1) found = `${key}_${number}`;
  return found;
}

/** Calls a field otherwise, in all that refers to it as well. */
export function renameKey(data, component, to) {
  const name = keyName(component);
  const from = component[name];
  if (from === to) return;
  component[name] = to;
  const free = ![...walk(data)].some(([other]) => other !== component && isObject(other) && other.id === to);
  if ((component.id === from || component.id === undefined) && free) component.id = to;
  if (!from || [...walk(data)].some(([other]) => other !== component && isObject(other) && keyName(other) && other[keyName(other)] === from)) return;
  const renamed = (text) => text.replace(NAMES, (word) => (word === from ? to : word));
  for (const [other] of walk(data))
    for (const names of [['conditional', 'hide'], ['properties', 'requiredIf'], ['properties', 'valid']]) {
      const text = get(other, ...names);
      if (typeof text === 'string') set(other, names, renamed(text));
    }
  for (const [rule, keys] of Object.entries(isObject(data.properties) ? data.properties : {}))
    if (rule.startsWith('oneOf.') && typeof keys === 'string') data.properties[rule] = keys.split(',').map((one) => (one.trim() === from ? to : one)).join(',');
}
