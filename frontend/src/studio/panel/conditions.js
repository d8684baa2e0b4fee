import { _ } from '../../words.js';
import { el } from '../markup.js';
import { conditionText } from './feel.js';
import { button, day, number, select, shownDay, shownNumber, typed, WRONG_DAY, WRONG_NUMBER } from './parts.js';
import { asText, footOf, isText, pendingOf } from './switching.js';

const EQUAL = [['=', _('là')], ['!=', _('khác')]];
const NULLS = [['null=', _('chưa có')], ['null!=', _('đã có')]];
const OPERATORS = {
  text: [...EQUAL, ...NULLS],
  boolean: [['=', _('là')]],
  number: [['=', _('bằng')], ['!=', _('khác')], ['<', _('nhỏ hơn')], ['<=', _('không quá')], ['>', _('lớn hơn')], ['>=', _('từ … trở lên')], ...NULLS],
  date: [['=', _('là ngày')], ['!=', _('khác ngày')], ['<', _('trước ngày')], ['<=', _('không muộn hơn ngày')], ['>', _('sau ngày')], ['>=', _('không sớm hơn ngày')], ...NULLS],
};
const KIND_OF = { choice: 'text', text: 'text', number: 'number', date: 'date', boolean: 'boolean' };
const BLANK = { variable: '', read: '', operator: '=', kind: 'text', value: '' };

/** The condition of a flow: rows to choose, or its text; what it says in words stands below. */
export function conditionField(kit, { key, label, businessObject, value, write }) {
  return (id) => {
    const at = `${businessObject.id}:${key}`;
    const variables = kit.vocabulary.before(businessObject);
    const labels = kit.vocabulary.labels(variables.filter(({ name }) => value.includes(name)), []);
    const read = value ? kit.reading.of(value, 'condition', labels) : { choice: { joiner: 'and', rows: [] }, words: '', fault: '' };
    const choice = pendingOf(kit, at, value) ?? read?.choice;
    const field = el('fieldset', { className: 'studio-built' }, el('legend', { className: 'form-label' }, label));
    if (isText(kit, at) || !choice) field.append(...asText(kit, { id, at, value, variables, write, read, label }));
    else {
      const change = (next) => {
        const text = next.rows.length ? conditionText(next) : '';
        kit.pending.set(at, { text: text ?? value, choice: next });
        if (text !== undefined && text !== value) write(text);
        else kit.again();
      };
      field.append(...builder(id, choice, variables, change, () => kit.switchTo(at, 'text')));
    }
    field.append(...footOf(read, (words) => _('Đi luồng này khi {words}.', { words })));
    return field;
  };
}

function builder(id, { joiner, rows }, variables, change, toText) {
  const shown = rows.length ? rows : [BLANK];
  const set = (at, row) => change({ joiner, rows: shown.map((old, place) => (place === at ? row : old)) });
  const parts = shown.flatMap((row, at) => [
    ...(at ? [select(`${id}-${at}-joiner`, _('Nối với điều kiện trước'), [['and', _('và')], ['or', _('hoặc')]], joiner, (word) => change({ joiner: word, rows: shown }))] : []),
    rowOf(`${id}-${at}`, at + 1, row, variables, (next) => set(at, next), shown.length > 1 || row.variable
      ? () => change({ joiner, rows: shown.filter((_one, place) => place !== at) }) : undefined),
  ]);
  return [
    ...parts,
    el('p', { className: 'studio-built__acts' }, button(_('Thêm điều kiện'), '', () => change({ joiner, rows: [...shown, BLANK] })), button(_('Gõ biểu thức'), '', toText)),
    ...(variables.length ? [] : [el('p', { className: 'field-help' }, _('Trước cổng này chưa có bước nào có biểu mẫu hay quy tắc ghi giá trị. Hãy chọn biểu mẫu cho các bước đứng trước.'))]),
  ];
}

function rowOf(id, number_, row, variables, set, remove) {
  const variable = variables.find(({ name }) => name === row.variable);
  const groups = [...new Set(variables.map(({ step }) => step))].map((step) => ({
    group: step, options: variables.filter((one) => one.step === step).map(({ name, label }) => [name, label]),
  }));
  const n = { number: number_ };
  const choose = (name) => {
    const kind = KIND_OF[variables.find((one) => one.name === name)?.kind] ?? 'text';
    set({ variable: name, read: '', operator: '=', kind, value: kind === 'boolean' ? true : '' });
  };
  const nulls = row.kind === 'null';
  const kind = nulls ? KIND_OF[variable?.kind] ?? 'text' : row.kind;
  const operate = (word) => {
    if (word.startsWith('null')) set({ ...row, operator: word.slice(4), kind: 'null', value: null });
    else set({ ...row, operator: word, kind, value: nulls ? '' : row.value });
  };
  return el(
    'div', { className: 'studio-built__row' },
    select(`${id}-variable`, _('Giá trị của điều kiện {number}', n), [['', _('(chọn giá trị)')], ...groups], row.variable, choose),
    select(`${id}-operator`, _('So sánh của điều kiện {number}', n), OPERATORS[kind], nulls ? `null${row.operator}` : row.operator, operate),
    ...(nulls ? [] : valueOf(`${id}-value`, _('Giá trị so sánh của điều kiện {number}', n), { ...row, kind }, variable, set)),
    ...(remove ? [button(_('Bỏ'), _('Bỏ điều kiện {number}', n), remove)] : []),
  );
}

function valueOf(id, label, row, variable, set) {
  const change = (value) => set({ ...row, value });
  if (row.kind === 'boolean') {
    return [select(id, label, [['true', _('có')], ['false', _('không')]], String(row.value), (text) => change(text === 'true'))];
  }
  if (row.kind === 'number') return typed(id, label, shownNumber(row.value), number, WRONG_NUMBER, change, { inputMode: 'decimal' });
  if (row.kind === 'date') return typed(id, label, shownDay(row.value), day, WRONG_DAY, change, { placeholder: 'dd/MM/yyyy' });
  if (variable?.values.length) {
    return [select(id, label, [['', _('(chọn)')], ...variable.values.map((one) => [one.value, one.label])], row.value, change)];
  }
  return typed(id, label, row.value, (text) => text, '', change);
}
