import { _ } from '../../words.js';
import { el } from '../markup.js';
import { dueText, timerText } from './feel.js';
import { day, select, shownDay, typed, whole, WRONG_COUNT, WRONG_DAY } from './parts.js';
import { asText, footOf, isText, pendingOf } from './switching.js';

const TODAY = { from: 'today', name: '' };
const CHOICES = [
  ['deadline', _('Theo thời hạn đã nhập của một bước')], ['working', _('Sau một số ngày làm việc')],
  ['span', _('Sau một số ngày, tuần, tháng')], ['day', _('Vào một ngày cố định')],
];
const SPANS = ['D', 'W', 'M', 'Y'];
const SMALL = ['TH', 'TM'];
const FRESH = {
  deadline: (own) => ({ form: 'deadline', step: own }),
  working: () => ({ form: 'working', count: 5, unit: 'working', base: TODAY }),
  span: () => ({ form: 'span', count: 10, unit: 'D', base: TODAY }),
  day: () => ({ form: 'day', day: '' }),
  cycle: () => ({ form: 'cycle', times: '3', count: 1, unit: 'D' }),
};

/**
 * A due date (`place` due), or a timer (`place` its kind, `repeats` where it may come again).
 * `write(text, place)` keeps it.
 */
export function timeField(kit, { key, label, businessObject, value, place, write, repeats = false, sentence }) {
  return (id) => {
    const at = `${businessObject.id}:${key}`;
    const isDue = place === 'due';
    const variables = kit.vocabulary.before(businessObject);
    const steps = kit.vocabulary.steps(businessObject);
    const labels = kit.vocabulary.labels(variables.filter(({ name }) => value.includes(name)), steps.filter(([step]) => value.includes(step)));
    const read = value ? kit.reading.of(value, place, labels) : { choice: null, words: '', fault: '' };
    const choice = pendingOf(kit, at, value) ?? read?.choice;
    const typing = isText(kit, at) || Boolean(value && !choice);
    const change = (next) => {
      const [kind, text] = (isDue ? ['due', dueText(next)] : timerText(next)) ?? [];
      kit.pending.set(at, { text: text ?? value, choice: next });
      if (text !== undefined && (text !== value || kind !== place)) write(text, kind);
      else kit.again();
    };
    const own = steps.some(([step]) => step === businessObject.id) ? businessObject.id : '';
    const pick = (form) => {
      if (form === 'text') return kit.switchTo(at, 'text');
      kit.typing.delete(at);
      kit.pending.delete(at);
      if (form) return change(FRESH[form](own));
      return value ? write('', place) : kit.again();
    };
    const forms = [
      ['', isDue ? _('Không đặt') : _('(chưa chọn)')], ...CHOICES, ...(repeats ? [['cycle', _('Lặp lại')]] : []), ['text', _('Biểu thức khác')],
    ];
    const field = el('fieldset', { className: 'studio-built' }, el('legend', { className: 'form-label' }, label));
    field.append(select(`${id}-form`, _('{label}: cách tính', { label }), forms, typing ? 'text' : choice?.form ?? '', pick));
    if (typing) field.append(...asText(kit, { id, at, value, variables, read, label, write: (text) => write(text, kindOf(text, place)) }));
    else if (choice) field.append(...details(id, kit, choice, { variables, steps, isDue, change }));
    field.append(...(value ? footOf(read, sentence) : []));
    return field;
  };
}

/** Text that is plain ISO 8601 says itself which kind of timer it is. */
function kindOf(text, place) {
  if (place === 'due') return place;
  if (/^R\d*\//.test(text)) return 'timeCycle';
  if (/^P(?=[\dT])/.test(text)) return 'timeDuration';
  return /^\d{4}-\d\d-\d\d/.test(text) || place === 'timeCycle' ? 'timeDate' : place;
}

function details(id, kit, choice, { variables, steps, isDue, change }) {
  const set = (values) => change({ ...choice, ...values });
  if (choice.form === 'deadline') return [select(`${id}-step`, _('Thời hạn của bước'), [['', _('(chọn bước)')], ...steps], choice.step, (step) => set({ step }))];
  if (choice.form === 'day') return typed(`${id}-day`, _('Ngày'), shownDay(choice.day), day, WRONG_DAY, (iso) => set({ day: iso }), { placeholder: 'dd/MM/yyyy' });
  const count = typed(`${id}-count`, _('Số lượng'), String(choice.count), whole, WRONG_COUNT, (n) => set({ count: n }), { inputMode: 'numeric' });
  const named = Object.fromEntries(kit.vocabulary.words.units.map(({ value, label }) => [value, label]));
  const offered = choice.form === 'working' ? ['working'] : [...SPANS, ...(isDue ? [] : SMALL)];
  const units = offered.map((unit) => [unit, named[unit] ?? unit]);
  const unit = select(`${id}-unit`, _('Đơn vị'), units, choice.unit, (value) => set({ unit: value }));
  const line = el('div', { className: 'studio-built__row' }, ...count, unit);
  if (choice.form === 'cycle') {
    const times = typed(`${id}-times`, _('Số lần (bỏ trống: đến khi xong việc)'), choice.times, (text) => (text === '' || whole(text) ? text : undefined), WRONG_COUNT, (text) => set({ times: text }), { inputMode: 'numeric' });
    return [el('p', { className: 'field-help' }, _('Cứ sau')), line, el('p', { className: 'field-help' }, _('Số lần (bỏ trống: đến khi xong việc)')), ...times];
  }
  return [line, baseOf(id, choice.base, { variables, steps, isDue }, (base) => set({ base }))];
}

/** From when the days are counted. */
function baseOf(id, base, { variables, steps, isDue }, set) {
  const dates = variables.filter(({ kind }) => kind === 'date');
  const options = [
    ['today:', isDue ? _('kể từ khi nhận việc') : _('kể từ khi tới bước này')],
    ...(dates.length ? [{ group: _('kể từ ngày ghi ở biểu mẫu'), options: dates.map(({ name, label, step }) => [`variable:${name}`, _('{label} ({step})', { label, step })]) }] : []),
    { group: _('kể từ thời hạn đã nhập của bước'), options: steps.map(([step, name]) => [`deadline:${step}`, name]) },
  ];
  return select(`${id}-base`, _('Kể từ'), options, `${base.from}:${base.name}`, (chosen) => {
    const [from] = chosen.split(':', 1);
    set({ from, name: chosen.slice(from.length + 1) });
  });
}
