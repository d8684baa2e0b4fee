import { _ } from '../words.js';
import { HOLDERS, KINDS, kindName, mayStandIn } from './kinds.js';
import { keyFrom, unique } from './keys.js';
import { at, childrenOf, insert, isInside, isObject, isSame, move, parentOf, placeOf, take } from './tree.js';

/** What happens to whole components: added, moved, doubled, taken out. Each answers what to say, or nothing. */
export class Moving {
  constructor(editing) {
    this.editing = editing;
  }

  /** Behind the chosen one; inside of it where it is a group or a table that takes such a thing. */
  add(type) {
    const { editing } = this;
    const label = kindName(type);
    const key = unique(editing.data, keyFrom(type === 'criteria' || type === 'criteria_reasons' ? type : label));
    const made = { type, id: key };
    if (!['group', 'text', 'separator'].includes(type)) made[type === 'dynamiclist' ? 'path' : 'key'] = key;
    if (!['text', 'separator'].includes(type)) made.label = label;
    Object.assign(made, KINDS[type].make(label));
    const [parent, number] = this.placeFor(type);
    editing.fresh.add(key);
    editing.change((data) => insert(data, parent, number, made));
  }

  placeFor(type) {
    const { data, chosen } = this.editing;
    const here = at(data, chosen);
    if (!chosen.length) return [[], childrenOf(data).length];
    if (HOLDERS.includes(here.type) && mayStandIn(type, here.type)) return [chosen, childrenOf(here).length];
    for (let path = chosen; path.length; path = parentOf(path))
      if (mayStandIn(type, holderType(data, parentOf(path)))) return [parentOf(path), placeOf(path) + 1];
    return [[], childrenOf(data).length];
  }

  step(by) {
    const { data, chosen } = this.editing;
    const target = placeOf(chosen) + by;
    if (!chosen.length || target < 0 || target >= childrenOf(at(data, parentOf(chosen))).length) return;
    this.editing.change((form) => move(form, chosen, parentOf(chosen), by > 0 ? target + 1 : target));
  }

  /** Into the group above it. */
  inward() {
    const { data, chosen } = this.editing;
    if (!chosen.length || !placeOf(chosen)) return;
    const above = [...parentOf(chosen), placeOf(chosen) - 1];
    const holder = at(data, above);
    if (isObject(holder) && HOLDERS.includes(holder.type) && mayStandIn(at(data, chosen).type, holder.type)) this.editing.change((form) => move(form, chosen, above, childrenOf(at(form, above)).length));
  }

  outward() {
    const { chosen } = this.editing;
    const parent = parentOf(chosen);
    if (parent.length) this.editing.change((data) => move(data, chosen, parentOf(parent), placeOf(parent) + 1));
  }

  /** Dragged: to stand before or behind another one, or inside of it. */
  drop(path, target, where) {
    const { data } = this.editing;
    if (isSame(path, target) || isInside(target, path)) return;
    const parent = where === 'inside' ? target : parentOf(target);
    if (!mayStandIn(at(data, path).type, holderType(data, parent))) return;
    const number = where === 'inside' ? childrenOf(at(data, target)).length : placeOf(target) + (where === 'after' ? 1 : 0);
    this.editing.change((form) => move(form, path, parent, number));
  }

  double() {
    const { data, chosen } = this.editing;
    if (!chosen.length) return;
    const copy = structuredClone(at(data, chosen));
    this.editing.change((form) => {
      const path = insert(form, parentOf(chosen), placeOf(chosen) + 1, copy);
      rekey(form, copy);
      return path;
    });
  }

  remove() {
    const { data, chosen } = this.editing;
    if (!chosen.length) return '';
    const name = labelOf(at(data, chosen));
    this.editing.change((form) => {
      take(form, chosen);
      const left = childrenOf(at(form, parentOf(chosen))).length;
      return left ? [...parentOf(chosen), Math.min(placeOf(chosen), left - 1)] : parentOf(chosen);
    });
    return _('Đã xóa “{name}”.', { name });
  }
}

const holderType = (data, path) => (path.length ? at(data, path).type : undefined);

/** Every field of a copy gets a key of its own; rows of a table keep theirs. */
function rekey(data, copy) {
  if (!isObject(copy)) return;
  for (const name of ['key', 'path']) if (typeof copy[name] === 'string' && copy[name]) copy[name] = unique(data, copy[name], copy);
  if (copy.id !== undefined) copy.id = unique(data, String(copy.key ?? copy.path ?? copy.id), copy);
  for (const child of childrenOf(copy)) rekey(data, child);
}

/** What a component is called in the list. */
export function labelOf(component) {
  if (!isObject(component)) return _('(không đọc được)');
  return String(component.label || component.text || component.key || '').slice(0, 80) || kindName(component.type);
}
