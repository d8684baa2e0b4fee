// Choices written as the expressions that the gate accepts (docs/expressions.md, docs/time.md).

const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`;

/** A row of a condition; undefined as long as something is missing. */
export function rowText({ variable, operator, kind, value }) {
  if (!variable || !operator) return undefined;
  if (kind === 'null') return `${variable} ${operator} null`;
  if (value === '' || value === undefined || value === null) return undefined;
  if (kind === 'boolean') return `${variable} ${operator} ${value}`;
  if (kind === 'number') return `number(${variable}) ${operator} ${value}`;
  if (kind === 'date') return `date(${variable}) ${operator} date(${quoted(value)})`;
  return `${variable} ${operator} ${quoted(value)}`;
}

export function conditionText({ joiner, rows }) {
  const texts = rows.map(rowText);
  return texts.length && texts.every(Boolean) ? texts.join(` ${joiner} `) : undefined;
}

const iso = ({ count, unit }) => (unit.startsWith('T') ? `PT${count}${unit[1]}` : `P${count}${unit}`);
/** FEEL knows no weeks. */
const span = (choice) => iso(choice.unit === 'W' ? { count: choice.count * 7, unit: 'D' } : choice);

function baseText({ from, name }) {
  if (from === 'today') return 'today()';
  return from === 'deadline' ? `deadline(${quoted(name)})` : `date(${name})`;
}

/** A due date or day of follow-up; undefined as long as something is missing. */
export function dueText(choice) {
  if (choice.form === 'deadline') return choice.step ? `deadline(${quoted(choice.step)})` : undefined;
  if (choice.form === 'day') return choice.day ? `date(${quoted(choice.day)})` : undefined;
  if (!choice.count || (choice.base.from !== 'today' && !choice.base.name)) return undefined;
  if (choice.form === 'working') return `working days after(${baseText(choice.base)}, ${choice.count})`;
  return choice.form === 'span' ? `${baseText(choice.base)} + duration("${span(choice)}")` : undefined;
}

/** [kind of timer, its text]; undefined as long as something is missing. */
export function timerText(choice) {
  if (choice.form === 'cycle') return choice.count ? ['timeCycle', `R${choice.times}/${iso(choice)}`] : undefined;
  if (choice.form === 'day') return choice.day ? ['timeDate', choice.day] : undefined;
  if (choice.form === 'span' && choice.base.from === 'today') return choice.count ? ['timeDuration', iso(choice)] : undefined;
  const text = dueText(choice);
  return text && ['timeDate', text];
}
