// A form-js definition as a tree of components. A path is a component's place among its siblings, outermost first.

export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

export const childrenOf = (component) => (isObject(component) && Array.isArray(component.components) ? component.components : []);

export const at = (data, path) => path.reduce((component, number) => (component === undefined ? undefined : childrenOf(component)[number]), data);

export const parentOf = (path) => path.slice(0, -1);
export const placeOf = (path) => path[path.length - 1];
export const isSame = (one, other) => one.length === other.length && one.every((number, index) => number === other[index]);
export const isInside = (path, outer) => path.length > outer.length && outer.every((number, index) => number === path[index]);

/** [component, path] of everything, in reading order. */
export function* walk(component, path = []) {
  for (const [number, child] of childrenOf(component).entries()) {
    const place = [...path, number];
    yield [child, place];
    yield* walk(child, place);
  }
}

/** Puts a component at a place; answers its path. */
export function insert(data, parent, number, component) {
  const holder = at(data, parent);
  if (!Array.isArray(holder.components)) holder.components = [];
  holder.components.splice(number, 0, component);
  return [...parent, Math.min(number, holder.components.length - 1)];
}

export const take = (data, path) => childrenOf(at(data, parentOf(path))).splice(placeOf(path), 1)[0];

/** Moves a component; `number` counts before it is taken out. Answers where it is then. */
export function move(data, path, parent, number) {
  const moved = take(data, path);
  const from = parentOf(path);
  const gone = placeOf(path);
  let target = number;
  if (isSame(from, parent) && gone < number) target -= 1;
  const holder = [...parent];
  // Taking it out moves what stood behind it, the new parent perhaps among them.
  if (holder.length > from.length && isSame(holder.slice(0, from.length), from) && holder[from.length] > gone) holder[from.length] -= 1;
  return insert(data, holder, target, moved);
}

/** What stands under these names inside each other; undefined where it ends before. */
export const get = (component, ...names) => names.reduce((found, name) => (isObject(found) ? found[name] : undefined), component);

/** Writes there; undefined and '' take the attribute away, and what holds nothing any more. */
export function set(component, names, value) {
  const [name, ...more] = names;
  if (!more.length) {
    if (value === undefined || value === '') delete component[name];
    else component[name] = value;
    return;
  }
  if (!isObject(component[name])) {
    if (value === undefined || value === '') return;
    component[name] = {};
  }
  set(component[name], more, value);
  if (!Object.keys(component[name]).length) delete component[name];
}
