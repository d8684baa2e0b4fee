import { _ } from '../words.js';
import { READABLE } from './kinds.js';
import { isObject, isSame, walk } from './tree.js';

// A condition that can be chosen: {field, how, value}. Everything else stays the expression that somebody typed.
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;
const VALUE = String.raw`(${TEXT}|-?\d+(?:\.\d+)?|true|false|null)`;
const EQUAL = new RegExp(String.raw`^([A-Za-z_]\w*)\s*(=|!=)\s*${VALUE}$`);
const ORDER = /^([A-Za-z_]\w*) != null and \1 (>=|<=) (-?\d+(?:\.\d+)?)$/;
const OPPOSITE = { is: 'isnt', isnt: 'is', filled: 'empty', empty: 'filled', yes: 'no', no: 'yes' };

/** Ways in which a field of that type may be asked about: [name, what it says]. */
export function waysOf(type) {
  const filled = [['filled', _('đã được nhập')], ['empty', _('để trống')]];
  if (type === 'checkbox') return [['yes', _('được đánh dấu')], ['no', _('không đánh dấu')]];
  if (type === 'number') return [['is', _('bằng')], ['isnt', _('khác')], ['>=', _('từ (≥)')], ['<=', _('đến (≤)')], ...filled];
  if (type === 'action') return [['is', _('là')], ['isnt', _('không phải là')]];
  if (['select', 'radio'].includes(type)) return [['is', _('là')], ['isnt', _('không phải là')], ...filled];
  if (['checklist', 'filepicker', 'textarea', 'datetime'].includes(type)) return filled;
  return [['is', _('bằng')], ['isnt', _('khác')], ...filled];
}

export const needsValue = (how) => ['is', 'isnt', '>=', '<='].includes(how);

/** What a condition at `path` may ask about: the button pressed, and the fields above. */
export function fieldsAbove(data, path) {
  const found = [{ key: 'action', label: _('Nút được bấm'), type: 'action', choices: actionsOf(data).map(([value, label]) => ({ value, label })) }];
  for (const [component, place] of walk(data)) {
    if (isSame(place, path)) break;
    const inTable = place.some((number, depth) => depth && parentType(data, place.slice(0, depth)) === 'dynamiclist');
    if (isObject(component) && READABLE.includes(component.type) && component.key && !inTable)
      found.push({ key: component.key, label: component.label || component.key, type: component.type, choices: Array.isArray(component.values) ? component.values.filter(isObject) : [] });
  }
  return found;
}

const parentType = (data, path) => path.reduce((component, number) => component.components[number], data).type;

/** [[name, label], …] of the form's buttons. */
export function actionsOf(data) {
  const properties = isObject(data.properties) ? data.properties : {};
  return String(properties.actions ?? '').split(',').map((name) => name.trim()).filter(Boolean).map((name) => [name, String(properties[`action.${name}`] ?? name)]);
}

/** The chosen condition under which `expression` holds; with `hides`, under which it does not. null: none that can be chosen. */
export function readCondition(expression, hides) {
  if (typeof expression !== 'string' || !expression.startsWith('=')) return null;
  let text = expression.slice(1).trim();
  let turned = hides;
  const negated = text.match(/^not\(\s*(.*?)\s*\)$/s);
  if (negated) [text, turned] = [negated[1], !turned];
  const order = text.match(ORDER);
  if (order) return turned ? null : { field: order[1], how: order[2], value: order[3] };
  const equal = text.match(EQUAL);
  if (!equal) return null;
  const [, field, sign, written] = equal;
  let how = { null: 'empty', true: 'yes', false: 'no' }[written] ?? 'is';
  if (written === 'false') return null;
  if ((sign === '!=') !== Boolean(turned)) how = OPPOSITE[how];
  return { field, how, value: needsValue(how) ? valueOf(written) : '' };
}

const valueOf = (written) => (written.startsWith('"') ? written.slice(1, -1).replace(/\\(.)/g, '$1') : written);

/** The expression of a chosen condition; with `hides`, its contrary. A field without an answer equals nothing. */
export function writeCondition({ field, how, value }, type, hides) {
  const literal = type === 'number' ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`;
  const positive = {
    is: `${field} = ${literal}`, isnt: `${field} != ${literal}`, filled: `${field} != null`, empty: `${field} = null`,
    yes: `${field} = true`, no: `not(${field} = true)`, '>=': `${field} != null and ${field} >= ${literal}`, '<=': `${field} != null and ${field} <= ${literal}`,
  }[how];
  if (!hides) return `=${positive}`;
  const contrary = { is: `not(${field} = ${literal})`, isnt: `${field} = ${literal}`, filled: `${field} = null`, empty: `${field} != null`, yes: `not(${field} = true)`, no: `${field} = true` }[how];
  return `=${contrary ?? `not(${positive})`}`;
}
