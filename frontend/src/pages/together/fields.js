// The fields of a work form: what each holds, which were typed into, and how another value is put in.

const OURS = /^(csrf_token|rev|seen|touched|undecided|do)$|^(resolve|upload|replace)\./;
const OF_TABLE = /^\w+\.\d+\.\d+(\.\w+)?$/;

/** {name: what would be sent, as text to compare} of everything that can be typed or chosen. */
export function snapshot(form) {
  const held = new Map();
  for (const [name, value] of entries(form)) {
    if (!OURS.test(name)) held.set(name, [...(held.get(name) ?? []), value]);
  }
  return new Map([...held].map(([name, values]) => [name, JSON.stringify(values)]));
}

// What FormData would hold, but for files: to make one, a browser lays out the whole page first.
function* entries(form) {
  for (const one of form.elements) {
    const { name, type } = one;
    if (!name || one.matches(':disabled, fieldset, button, output, [type=file], [type=submit], [type=button]')) continue;
    if (type === 'checkbox' || type === 'radio') {
      if (one.checked) yield [name, one.value];
    } else if (one.matches('select')) {
      for (const option of one.selectedOptions) yield [name, option.value];
    } else yield [name, one.value];
  }
}

/** A field's path: its name, but for the rows of a table to which lines are added, which are one field. */
export const pathOf = (name) => (OF_TABLE.test(name) || !name.includes('.') ? name : name.split('.')[0]);

/** The controls of a field, in the order of the page. */
export function controlsOf(form, path) {
  return [...form.elements].filter(({ name, type }) => name && pathOf(name) === path && !['file', 'submit', 'button'].includes(type));
}

/** Names that hold something else than `base`, or are known to be unsaved. */
export function typedNames(now, base, unsaved) {
  const names = new Set([...now.keys(), ...base.keys(), ...unsaved]);
  return [...names].filter((name) => unsaved.has(pathOf(name)) || now.get(name) !== base.get(name));
}

/** What is sent of these names: themselves, and of a list all its lines. */
export function entriesOf(form, names) {
  const wanted = new Set(names), paths = new Set(names.map(pathOf));
  return [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && !OURS.test(name)
    && (OF_TABLE.test(name) ? wanted.has(name) : paths.has(pathOf(name))));
}

/** Whether the field holds that already. */
export function holds(form, path, { value }) {
  const controls = controlsOf(form, path);
  const wanted = (Array.isArray(value) ? value : [value]).filter(Boolean);
  const boxes = controls.filter(({ type }) => type === 'radio' || type === 'checkbox');
  if (boxes.length || path.endsWith('.evidence')) {
    const chosen = boxes.filter(({ checked }) => checked).map((one) => one.value);
    return chosen.length === wanted.length && wanted.every((one) => chosen.includes(one));
  }
  return controls.length === 1 && !Array.isArray(value) && controls[0].value.trim() === value;
}

/** Puts what somebody else saved into the field; false where this page has no place for it. */
export function put(form, path, { value, html }) {
  const controls = controlsOf(form, path);
  if (html !== undefined) return putFiles(form, path, html);
  if (!controls.length) return false;
  if (Array.isArray(value) && value.some((one) => one !== null && typeof one === 'object')) return putLines(form, path, value);
  const choices = controls.filter(({ type }) => type === 'radio' || type === 'checkbox');
  if (choices.length) {
    const wanted = Array.isArray(value) ? value : [value];
    for (const one of choices) one.checked = wanted.includes(one.value);
    return true;
  }
  const [field] = controls;
  if (Array.isArray(value)) return putLines(form, path, value);
  field.value = field.tagName === 'INPUT' ? value.replace(/\s*\n\s*/g, ' ') : value;
  if (value) field.closest('details')?.setAttribute('open', '');
  return true;
}

function putFiles(form, path, html) {
  const place = [...form.querySelectorAll('[data-upload]')].find(({ dataset }) => (dataset.criterion ? path.endsWith(`.${dataset.criterion}.evidence`) : dataset.field === path));
  const list = place?.querySelector(':scope > ul.files');
  if (!list) return false;
  // From our own server, escaped by its template.
  list.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
  return true;
}

function putLines(form, path, lines) {
  const controls = controlsOf(form, path);
  const drawn = new Set(controls.map(({ name }) => name.split('.')[1]));
  if (lines.length > drawn.size) return false;
  for (const field of controls) {
    const [, number, child] = field.name.split('.');
    field.value = lines[Number(number)]?.[child] ?? '';
  }
  return true;
}
