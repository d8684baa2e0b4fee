// Many cells of a work form changed at once, and taken back again in one step.

const LONGEST = 100;
const stacks = new WeakMap();

/** What a named field of the form holds; null where there is none of that name that can be typed or chosen. */
export function valueOf(form, name) {
  const field = form.elements.namedItem(name);
  if (field instanceof RadioNodeList) return [...field].some((one) => one.type === 'radio') ? field.value : null;
  if (!field || ['hidden', 'file', 'checkbox', 'submit', 'button', 'fieldset'].includes(field.type)) return null;
  return field.value;
}

/** Puts values into fields as one change: `changes` is [{name, after}]; what is there already is left out. */
export function change(form, label, changes) {
  const done = changes
    .map(({ name, after }) => ({ name, after, before: valueOf(form, name) }))
    .filter(({ before, after }) => before !== null && before !== after);
  for (const one of done) {
    put(form, one.name, one.after);
    // A line break in a single line becomes a space: what stands there now is what can be taken back.
    one.after = valueOf(form, one.name);
  }
  if (done.length) remember(form, label, done);
  tell(form, done);
  return done;
}

/** Notes a change that was made already, so that it can be taken back. */
export function remember(form, label, changes) {
  const stack = stackOf(form);
  stack.push({ label, changes });
  if (stack.length > LONGEST) stack.shift();
  form.dispatchEvent(new Event('changes-noted'));
}

/** The label of what would be taken back next; '' for nothing. */
export function lastChange(form) {
  return stackOf(form).at(-1)?.label ?? '';
}

/** Takes the last change back, but for cells that hold something else by now: {label, done, left}. */
export function takeBack(form) {
  const last = stackOf(form).pop();
  if (!last) return null;
  const same = last.changes.filter(({ name, after }) => valueOf(form, name) === after);
  for (const { name, before } of same) put(form, name, before);
  tell(form, same);
  form.dispatchEvent(new Event('changes-noted'));
  return { label: last.label, done: same, left: last.changes.length - same.length };
}

function stackOf(form) {
  if (!stacks.has(form)) stacks.set(form, []);
  return stacks.get(form);
}

function put(form, name, value) {
  const field = form.elements.namedItem(name);
  if (field instanceof RadioNodeList) {
    for (const one of field) if (one.type === 'radio') one.checked = one.value === value;
    return;
  }
  field.value = field.tagName === 'INPUT' ? value.replace(/\s*\n\s*/g, ' ') : value;
  if (value) field.closest('details')?.setAttribute('open', '');
}

function tell(form, changes) {
  if (changes.length) form.dispatchEvent(new CustomEvent('cells-changed', { detail: changes.map(({ name }) => name) }));
}
