// Many cells of a work form changed at once, taken back in one step and done again. What was changed outlives the
// page, within its tab: who saves, copies an earlier level's results or imports a sheet comes back on a new page.

const LONGEST = 100;
const KEPT = 'congnhan:lui:';
const histories = new WeakMap();
const ON = 'on';

/**
 * What a named field of the form holds; null where there is none of that name that can be typed or chosen.
 * “criteria.1.2.evidence=<file>” names the tick of one file: 'on' or ''.
 */
export function valueOf(form, name) {
  if (name.includes('=')) {
    const tick = tickOf(form, name);
    return tick && (tick.checked ? ON : '');
  }
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
  const history = historyOf(form);
  history.done.push({ label, changes });
  if (history.done.length > LONGEST) history.done.shift();
  history.undone = [];
  noted(form, history);
}

/** The label of what would be taken back next; '' for nothing. */
export function lastChange(form) {
  return historyOf(form).done.at(-1)?.label ?? '';
}

/** The label of what was taken back last and can be done again; '' for nothing. */
export function nextChange(form) {
  return historyOf(form).undone.at(-1)?.label ?? '';
}

/** Takes the last change back, but for cells that hold something else by now: {label, done, left}. */
export function takeBack(form) {
  const history = historyOf(form);
  return step(form, history, history.done, history.undone, ({ name, before, after }) => ({ name, from: after, to: before }));
}

/** Does again what was taken back last, but for cells that hold something else by now: {label, done, left}. */
export function doAgain(form) {
  const history = historyOf(form);
  return step(form, history, history.undone, history.done, ({ name, before, after }) => ({ name, from: before, to: after }));
}

function step(form, history, source, target, way) {
  const last = source.pop();
  if (!last) return null;
  const moves = last.changes.map(way);
  const same = moves.filter(({ name, from }) => valueOf(form, name) === from);
  for (const { name, to } of same) put(form, name, to);
  target.push(last);
  noted(form, history);
  tell(form, same);
  return { label: last.label, done: same, left: moves.length - same.length };
}

function historyOf(form) {
  if (!histories.has(form)) histories.set(form, stored(form) ?? { done: [], undone: [] });
  return histories.get(form);
}

function noted(form, history) {
  try {
    window.sessionStorage.setItem(KEPT + form.dataset.keep, JSON.stringify(history));
  } catch {
    // No room: what was changed can be taken back until the page is left.
  }
  form.dispatchEvent(new Event('changes-noted'));
}

function stored(form) {
  try {
    const history = JSON.parse(window.sessionStorage.getItem(KEPT + form.dataset.keep));
    return Array.isArray(history?.done) && Array.isArray(history.undone) ? history : null;
  } catch {
    return null;
  }
}

function tickOf(form, name) {
  const [field, id] = name.split('=');
  return form.querySelector(`[type=checkbox][name="${CSS.escape(field)}"][value="${CSS.escape(id)}"]:not([data-chooser] *)`);
}

function put(form, name, value) {
  if (name.includes('=')) {
    tickOf(form, name).checked = value === ON;
    return;
  }
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
