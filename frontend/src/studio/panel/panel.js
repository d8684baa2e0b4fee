import { _ } from '../../words.js';
import { nameOf } from '../vocabulary.js';
import { el } from '../markup.js';
import { baseOf } from '../base.js';
import { fieldProperties, groupsOf } from './fields.js';
import { missingOf } from './missing.js';
import { Reading } from './reading.js';
import { Kit } from './switching.js';
import { Vocabulary } from './vocabulary.js';
import { foreignOf, propertiesOf, Writing } from './writing.js';

/**
 * Shows the properties of what is selected in `place`; what is typed is drawn when the field is left. What may be
 * chosen comes from the draft's own pages; `studio` is the section that names them.
 */
export function showPanel(modeler, place, studio) {
  const write = new Writing(modeler);
  const folded = new Set();
  const base = baseOf(studio);
  const kit = new Kit(new Vocabulary(base, () => later()), new Reading(base, () => later()), () => render());
  let shown;
  let waiting = false;

  const render = () => {
    const [selected, ...more] = modeler.get('selection').get();
    shown = more.length ? undefined : labelled(selected) ?? modeler.get('canvas').getRootElement();
    const focused = place.contains(document.activeElement) ? document.activeElement.id : '';
    if (!shown?.businessObject) place.replaceChildren(el('p', { className: 'field-help' }, _('Chọn một phần tử để xem thuộc tính.')));
    else place.replaceChildren(...contents(shown, write, folded, kit));
    if (focused) document.getElementById(focused)?.focus();
  };
  // An answer of the server never takes away what somebody is just typing.
  const later = () => {
    if (!isTyping(place)) render();
    else if (!waiting) {
      waiting = true;
      place.addEventListener('focusout', () => { waiting = false; setTimeout(render); }, { once: true });
    }
  };
  place.addEventListener('toggle', ({ target }) => {
    if (target.dataset.group) folded[target.open ? 'delete' : 'add'](target.dataset.group);
  }, true);
  const events = modeler.get('eventBus');
  events.on(['selection.changed', 'import.done', 'elements.changed'], render);
  let opened = '';
  events.on('directEditing.activate', ({ active }) => { opened = active.context.text; });
  place.addEventListener('pointerdown', ({ target }) => closeName(modeler.get('directEditing'), opened, target.id), true);
  // A click on the drawing draws what was typed before it selects something else.
  modeler.get('canvas').getContainer().addEventListener('pointerdown', () => {
    if (place.contains(document.activeElement)) document.activeElement.blur();
  }, true);
  if (modeler.getDefinitions()) render();
  kit.vocabulary.load();
  return kit.vocabulary;
}

/**
 * A name open for typing on the drawing, as after something is put there, ends before the field with this id takes the
 * focus: at its own end it would draw the panel anew, and the field away. `opened` is what it was when it was opened.
 */
function closeName(typing, opened, id) {
  if (!typing.isActive()) return;
  if (typing.getValue() === opened) {
    typing.cancel();
    return;
  }
  typing.complete();
  setTimeout(() => document.getElementById(id)?.focus());
}

const labelled = (element) => element?.labelTarget ?? element;

/** Somebody has changed a text and not left its field yet. */
const isTyping = (place) => place.contains(document.activeElement) && /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)
  && document.activeElement.value !== document.activeElement.defaultValue;

function contents(element, write, folded, kit) {
  const { businessObject } = element;
  const groups = groupsOf(element, write, kit).map((group) => section(group.title, group.fields.map(row), folded));
  const lacks = missingOf(businessObject, kit.vocabulary);
  const missing = lacks.length ? [el('p', { className: 'studio-panel__missing' }, el('strong', {}, _('Còn thiếu:')), ` ${lacks.join('; ')}.`)] : [];
  return [el('h2', { className: 'studio-panel__head' }, nameOf(businessObject)), ...missing, ...groups, otherProperties(element, write, folded, kit)];
}

function section(title, children, folded) {
  const details = el('details', { className: 'studio-panel__group', open: !folded.has(title) }, el('summary', {}, title), ...children);
  details.dataset.group = title;
  return details;
}

function row(field) {
  const id = `studio-${field.key.replace(/[^\w-]/g, '-')}`;
  if (field.build) return el('div', { className: 'studio-panel__field' }, field.build(id));
  const control = controlOf(field, id);
  const fault = el('p', { className: 'field-error', id: `${id}-error`, hidden: true });
  control.setAttribute('aria-describedby', `${id}-error${field.help ? ` ${id}-help` : ''}`);
  control.addEventListener('change', () => {
    const value = field.kind === 'check' ? control.checked : control.value.trim();
    const wrong = field.check?.(value) ?? '';
    fault.textContent = wrong;
    fault.hidden = !wrong;
    control.classList.toggle('is-invalid', Boolean(wrong));
    control.setAttribute('aria-invalid', String(Boolean(wrong)));
    if (!wrong && value !== field.value) field.write(value);
  });
  const help = field.help ? [el('p', { className: 'field-help', id: `${id}-help` }, field.help)] : [];
  if (field.kind === 'check') {
    return el('div', { className: 'form-check' }, control, el('label', { className: 'form-check-label', htmlFor: id }, field.label), ...help, fault);
  }
  return el('div', { className: 'studio-panel__field' }, el('label', { className: 'form-label', htmlFor: id }, field.label), control, ...suggestionsOf(field, control, id), ...help, fault);
}

function controlOf(field, id) {
  if (field.kind === 'check') return el('input', { type: 'checkbox', className: 'form-check-input', id, checked: field.value });
  if (field.kind === 'select') {
    const known = field.options.some(([value]) => value === field.value);
    const options = known ? field.options : [...field.options, [field.value, field.value]];
    return el('select', { className: 'form-select', id }, ...options.map(([value, text]) => el('option', { value, selected: value === field.value }, text)));
  }
  if (field.kind === 'text') return el('input', { type: 'text', className: 'form-control', id, value: field.value });
  const area = el('textarea', { className: `form-control${field.kind === 'code' ? ' studio-panel__code' : ''}`, id, value: field.value, readOnly: Boolean(field.readOnly) });
  area.rows = Math.min(6, Math.max(1, Math.ceil(field.value.length / 34), field.value.split('\n').length));
  area.spellcheck = false;
  return area;
}

function suggestionsOf({ suggestions }, control, id) {
  if (!suggestions?.length) return [];
  control.setAttribute('list', `${id}-list`);
  return [el('datalist', { id: `${id}-list` }, ...suggestions.map((value) => el('option', { value })))];
}

/** Properties without a field of their own: name and value as they are written. */
function otherProperties(element, write, folded, kit) {
  const { businessObject } = element;
  const known = fieldProperties(businessObject, kit.vocabulary);
  const list = propertiesOf(businessObject);
  const set = (changed) => write.setProperties(element, businessObject, changed);
  const lines = list.map(([name, value], at) => ({ name, value, at })).filter(({ name }) => !known.includes(name));
  const rows = lines.map(({ name, value, at }) => {
    const change = (pair) => set(list.map((one, place) => (place === at ? pair : one)));
    return el(
      'div', { className: 'studio-panel__pair' },
      input(_('Tên thuộc tính'), name, `studio-pair-name-${at}`, (text) => change([text, value])),
      input(_('Giá trị của {name}', { name }), value, `studio-pair-value-${at}`, (text) => change([name, text])),
      el('button', { type: 'button', className: 'btn btn-sm btn-outline-secondary', onclick: () => set(list.filter((_one, place) => place !== at)) }, _('Xóa')),
    );
  });
  const add = el('button', { type: 'button', className: 'btn btn-sm btn-outline-secondary', onclick: () => set([...list, ['thuoc_tinh', '']]) }, _('Thêm thuộc tính'));
  const foreign = foreignOf(businessObject);
  const note = foreign ? [el('p', { className: 'field-help' }, _('Có {count} phần mở rộng của công cụ khác, được giữ nguyên.', { count: foreign }))] : [];
  return section(_('Thuộc tính khác'), [...rows, add, ...note], folded);
}

function input(label, value, id, write) {
  const control = el('input', { type: 'text', className: 'form-control', id, value, ariaLabel: label, placeholder: label });
  control.addEventListener('change', () => { if (control.value !== value) write(control.value.trim()); });
  return control;
}
