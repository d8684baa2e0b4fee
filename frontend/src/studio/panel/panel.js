import { _ } from '../../words.js';
import { nameOf } from '../vocabulary.js';
import { el } from '../markup.js';
import { fieldProperties, groupsOf } from './fields.js';
import { foreignOf, propertiesOf, Writing } from './writing.js';

/** Shows the properties of what is selected in `place`; what is typed is drawn when the field is left. */
export function showPanel(modeler, place) {
  const write = new Writing(modeler);
  const folded = new Set();
  let shown;

  const render = () => {
    const [selected, ...more] = modeler.get('selection').get();
    shown = more.length ? undefined : labelled(selected) ?? modeler.get('canvas').getRootElement();
    const focused = place.contains(document.activeElement) ? document.activeElement.id : '';
    if (!shown?.businessObject) place.replaceChildren(el('p', { className: 'field-help' }, _('Chọn một phần tử để xem thuộc tính.')));
    else place.replaceChildren(...contents(shown, write, folded));
    if (focused) document.getElementById(focused)?.focus();
  };
  place.addEventListener('toggle', ({ target }) => {
    if (target.dataset.group) folded[target.open ? 'delete' : 'add'](target.dataset.group);
  }, true);
  const events = modeler.get('eventBus');
  events.on(['selection.changed', 'import.done', 'elements.changed'], render);
  // A click on the drawing draws what was typed before it selects something else.
  modeler.get('canvas').getContainer().addEventListener('pointerdown', () => {
    if (place.contains(document.activeElement)) document.activeElement.blur();
  }, true);
  if (modeler.getDefinitions()) render();
}

const labelled = (element) => element?.labelTarget ?? element;

function contents(element, write, folded) {
  const { businessObject } = element;
  const groups = groupsOf(element, write).map((group) => section(group.title, group.fields.map(row), folded));
  return [el('h2', { className: 'studio-panel__head' }, nameOf(businessObject)), ...groups, otherProperties(element, write, folded)];
}

function section(title, children, folded) {
  const details = el('details', { className: 'studio-panel__group', open: !folded.has(title) }, el('summary', {}, title), ...children);
  details.dataset.group = title;
  return details;
}

function row(field) {
  const id = `studio-${field.key.replace(/[^\w-]/g, '-')}`;
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
function otherProperties(element, write, folded) {
  const { businessObject } = element;
  const known = fieldProperties(businessObject);
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
