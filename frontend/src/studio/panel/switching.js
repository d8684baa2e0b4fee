import { _ } from '../../words.js';
import { el } from '../markup.js';
import { complete } from './completion.js';
import { button } from './parts.js';

/** What builders share: vocabulary, reading, what is chosen but not yet whole, which fields are typed. */
export class Kit {
  constructor(vocabulary, reading, again) {
    Object.assign(this, { vocabulary, reading, again, pending: new Map(), typing: new Set() });
  }

  switchTo(at, way) {
    this.typing[way === 'text' ? 'add' : 'delete'](at);
    this.pending.delete(at);
    this.again();
  }
}

export const isText = (kit, at) => kit.typing.has(at);

/** What was chosen last, as long as the drawing still says what it said then. */
export const pendingOf = (kit, at, value) => (kit.pending.get(at)?.text === value ? kit.pending.get(at).choice : undefined);

/** The expression itself, with completion; and the way back to choosing where it can be shown so. */
export function asText(kit, { id, at, value, variables, write, read, label }) {
  const area = el('textarea', { className: 'form-control studio-panel__code', id, value, ariaLabel: label, spellcheck: false });
  area.rows = Math.min(8, Math.max(2, Math.ceil(value.length / 34)));
  area.addEventListener('change', () => { if (area.value.trim() !== value) write(area.value.trim()); });
  const list = complete(area, [
    ...variables.map(({ name, label: text, step }) => ({ text: name, label: _('{label} ({step})', { label: text, step }) })),
    ...variables.flatMap(({ values, label: of }) => values.map((one) => ({ text: `"${one.value}"`, label: _('{value} – {label}', { value: one.label, label: of }) }))),
    ...kit.vocabulary.words.functions.map((name) => ({ text: `${name}()`, label: '' })),
  ].filter((one, place, all) => all.findIndex(({ text }) => text === one.text) === place));
  const back = button(_('Chọn từ danh sách'), '', () => kit.switchTo(at, 'choice'));
  const shown = !value || read?.choice;
  back.disabled = !shown;
  return [
    el('div', { className: 'studio-complete__place' }, area, list),
    el('p', { className: 'studio-built__acts' }, back),
    ...(shown || !read || read.fault ? [] : [el('p', { className: 'field-help' }, _('Biểu thức này nhiều hơn những gì danh sách hiện được; sửa bằng chữ.'))]),
  ];
}

/** What it says, or why it cannot be read. */
export function footOf(read, sentence) {
  if (!read) return [el('p', { className: 'field-help' }, _('Đang đọc biểu thức…'))];
  if (read.fault) return [el('p', { className: 'field-error' }, read.fault)];
  return read.words ? [el('p', { className: 'studio-built__words' }, sentence(read.words))] : [];
}
