import { _ } from '../../words.js';

const EMPTY = { groups: [], signers: [], rules: [], topics: [], deadlines: [], units: [], reminders: {}, forms: {}, functions: [] };
const HUMAN = /^bpmn:(User|Manual)Task$/;

/** What may be chosen, as the server says it; asked again when one comes back from another page (a form's, say). */
export class Vocabulary {
  constructor(base, renewed) {
    Object.assign(this, { base, renewed, words: EMPTY, read: false });
    window.addEventListener('focus', () => this.load());
  }

  async load() {
    try {
      const answer = await fetch(`${this.base}tu-vung`, { headers: { Accept: 'application/json' } });
      if (!answer.ok || answer.redirected) return;
      const text = await answer.text();
      if (text === this.text) return;
      Object.assign(this, { text, words: JSON.parse(text), read: true });
      this.renewed();
    } catch {
      // Without a connection the last words stay; saving tells of it.
    }
  }

  /** [[value, label]…] for a select. */
  options(name, empty = _('(chưa chọn)')) {
    return [['', empty], ...this.words[name].map(({ value, label }) => [value, label])];
  }

  /** Nobody, or who can sign for the group. */
  signers(group) {
    const signer = this.words.groups.find(({ value }) => value === group)?.signer;
    return this.words.signers.filter(({ value }) => value === 'none' || !signer || value === signer)
      .map(({ value, label }) => [value === 'none' ? '' : value, label]);
  }

  forms() {
    return Object.entries(this.words.forms).map(([key, { title }]) => [key, title === key ? key : _('{title} ({key})', { title, key })]);
  }

  rule(topic) {
    return this.words.rules.find(({ value }) => value === topic);
  }

  topic(name) {
    return this.words.topics.find(({ value }) => value === name);
  }

  /** [{name, label, kind, values, step}…] that the element may read: what is written before it, the nearest first. */
  before(businessObject) {
    return upstream(businessObject).flatMap((node) => this.writtenBy(node));
  }

  writtenBy(node) {
    const step = node.name?.replace(/\s+/g, ' ') || node.id;
    if (HUMAN.test(node.$type)) {
      const form = this.words.forms[node.get('camunda:formKey')];
      return (form?.variables ?? []).map((one) => ({ ...one, name: `${node.id}.${one.key}`, step }));
    }
    const rule = node.$type === 'bpmn:BusinessRuleTask' && this.rule(node.get('camunda:topic'));
    const name = rule && node.get('camunda:resultVariable');
    return name ? [{ ...rule.variable, name, step }] : [];
  }

  /** What the server needs to say an expression in people's words. */
  labels(variables, steps) {
    return {
      variables: Object.fromEntries(variables.map(({ name, label, step }) => [name, _('{label} ở bước “{step}”', { label, step })])),
      values: Object.fromEntries(variables.map(({ name, values }) => [name, Object.fromEntries(values.map(({ value, label }) => [value, label]))])),
      steps: Object.fromEntries(steps),
    };
  }

  /** [[id, name]…] of the steps that have, or may get, a deadline of their own. */
  steps(businessObject) {
    const drawn = allNodes(processOf(businessObject)).filter(({ $type }) => HUMAN.test($type)).map(({ id, name }) => [id, name?.replace(/\s+/g, ' ') || id]);
    const known = new Set(drawn.map(([id]) => id));
    return [...drawn, ...this.words.deadlines.filter((id) => !known.has(id)).map((id) => [id, id])];
  }
}

const isScope = (one) => one.$type === 'bpmn:SubProcess' || one.$type === 'bpmn:Process';
const inside = (scope) => (scope.flowElements ?? []).filter(({ $type }) => $type !== 'bpmn:SequenceFlow');
const allNodes = (scope) => (scope ? inside(scope).flatMap((one) => [one, ...(isScope(one) ? allNodes(one) : [])]) : []);

function processOf(businessObject) {
  let one = businessObject;
  while (one && one.$type !== 'bpmn:Process') one = one.$parent;
  return one;
}

/** The nodes from which a token can come to the element, the nearest first; a sub-process with all that is in it. */
function upstream(businessObject) {
  const start = businessObject.$type === 'bpmn:SequenceFlow' ? [businessObject.sourceRef] : sources(businessObject);
  const found = new Set();
  for (let wave = start; wave.length;) {
    const fresh = [...new Set(wave)].filter((one) => one && !found.has(one));
    for (const one of fresh) found.add(one);
    wave = fresh.flatMap((one) => [...sources(one), ...(isScope(one) ? allNodes(one) : [])]);
  }
  return [...found];
}

function sources(node) {
  const flows = (node.incoming ?? []).map(({ sourceRef }) => sourceRef);
  if (node.attachedToRef) return [...flows, ...sources(node.attachedToRef)];
  return flows.length || !node.$parent || node.$parent.$type !== 'bpmn:SubProcess' ? flows : sources(node.$parent);
}
