import { _ } from '../../words.js';
import { conditionField } from './conditions.js';
import { formField } from './forms.js';
import { reminderField } from './reminders.js';
import { timeField } from './times.js';
import { propertiesOf } from './writing.js';

// A field: {key, label, kind: text | area | code | select | check, help, options, value, write(value), readOnly}, or
// {key, build(id)} for one that makes its own controls. What may be chosen comes from the server (vocabulary.js).

const TIMERS = ['timeDate', 'timeDuration', 'timeCycle'];
const HUMAN = /^bpmn:(User|Manual)Task$/;

/** [{title, fields}] of what the element is; `write` is a Writing, `kit` a Kit. */
export function groupsOf(element, write, kit) {
  const { businessObject } = element;
  const one = new Fields(element, businessObject, write, kit);
  return [
    one.general(),
    HUMAN.test(businessObject.$type) && one.assignment(),
    HUMAN.test(businessObject.$type) && one.deadline(),
    HUMAN.test(businessObject.$type) && businessObject.loopCharacteristics && one.repetition(),
    businessObject.$type === 'bpmn:ServiceTask' && one.service(),
    businessObject.$type === 'bpmn:BusinessRuleTask' && one.rule(),
    businessObject.$type === 'bpmn:CallActivity' && one.call(),
    businessObject.$type === 'bpmn:SequenceFlow' && one.condition(),
    one.event(),
    /^bpmn:(Send|Receive)Task$/.test(businessObject.$type) && one.message(businessObject),
  ].filter((group) => group && group.fields.length);
}

/** Names of properties that have a field of their own, by type. */
export function fieldProperties(businessObject, vocabulary) {
  const { $type } = businessObject;
  if ($type === 'bpmn:ServiceTask') return vocabulary.topic(businessObject.get('camunda:topic'))?.properties ?? [];
  if (HUMAN.test($type)) return ['signer', 'document', 'legalBasis', 'remindBefore', 'remindAfter', 'escalateAfter'];
  if ($type === 'bpmn:BusinessRuleTask') return ['facts', 'legalBasis'];
  return [];
}

class Fields {
  constructor(element, businessObject, write, kit) {
    Object.assign(this, { element, businessObject, write, kit, vocabulary: kit.vocabulary });
  }

  attribute(name, label, more = {}) {
    const write = (value) => this.write.set(this.element, { [name]: value || undefined });
    return { key: name, label, kind: 'text', value: this.businessObject.get(name) ?? '', write, ...more };
  }

  property(name, label, more = {}) {
    const list = propertiesOf(this.businessObject);
    const value = list.find(([one]) => one === name)?.[1] ?? '';
    const write = (text) => {
      const rest = list.some(([one]) => one === name)
        ? list.map(([one, old]) => [one, one === name ? text : old]).filter(([one, kept]) => one !== name || kept)
        : [...list, [name, text]];
      this.write.setProperties(this.element, this.businessObject, rest);
    };
    return { key: `property-${name}`, label, kind: 'text', value, write, ...more };
  }

  general() {
    const { businessObject: it, element, write } = this;
    const process = processOf(it);
    const fields = [];
    if (it.$type === 'bpmn:TextAnnotation') fields.push(this.attribute('text', _('Nội dung'), { kind: 'area' }));
    else if (it.$type !== 'bpmn:Collaboration') fields.push(this.attribute('name', _('Tên'), { kind: 'area' }));
    if (it.$type !== 'bpmn:Collaboration') fields.push({
      key: 'id', label: _('Mã'), kind: 'code', value: it.id, readOnly: it === process,
      help: it === process ? _('Mã của quy trình giữ nguyên qua các phiên bản.') : _('Hồ sơ đang chạy nhớ mã này: đổi tên, đừng đổi mã.'),
      check: (value) => checkId(value, it, write),
      write: (value) => write.set(element, { id: value }),
    });
    if (process && process !== it) {
      fields.push({ key: 'process-name', label: _('Tên quy trình'), kind: 'area', value: process.name ?? '', write: (name) => write.setOn(element, process, { name }) });
      fields.push({ key: 'process-id', label: _('Mã quy trình'), kind: 'code', value: process.id, readOnly: true });
    }
    fields.push(this.documentation());
    return { title: _('Chung'), fields };
  }

  documentation() {
    const { businessObject: it, element, write } = this;
    return {
      key: 'documentation', label: _('Mô tả, căn cứ'), kind: 'area', value: it.documentation?.[0]?.text ?? '',
      write: (text) => write.set(element, {
        documentation: text ? [write.make('bpmn:Documentation', { text }, it), ...(it.documentation ?? []).slice(1)] : [],
      }),
    };
  }

  assignment() {
    return {
      title: _('Giao việc'),
      fields: [
        this.attribute('camunda:candidateGroups', _('Giao cho'), {
          kind: 'select', options: this.vocabulary.options('groups'),
          help: _('Sở, ngành khác: quản trị viên thêm ở trang Đơn vị, loại “Sở, ngành được lấy ý kiến”.'),
        }),
        this.built(formField, this.attribute('camunda:formKey', _('Biểu mẫu'))),
        this.property('signer', _('Người ký'), {
          kind: 'select', options: this.vocabulary.signers(this.businessObject.get('camunda:candidateGroups')),
          help: _('Tách bạch: người đã làm ở một cấp không làm ở cấp khác của cùng hồ sơ; hệ thống tự giữ, không cần vẽ.'),
        }),
        this.property('document', _('Văn bản được ký')),
        this.property('legalBasis', _('Căn cứ pháp lý'), { kind: 'area' }),
      ],
    };
  }

  deadline() {
    return {
      title: _('Hạn và nhắc'),
      fields: [
        this.due('camunda:dueDate', _('Hạn xử lý'), (words) => _('Hạn: {words}.', { words })),
        this.due('camunda:followUpDate', _('Ngày theo dõi'), (words) => _('Theo dõi: {words}.', { words })),
        this.reminder('remindBefore', _('Nhắc trước hạn')),
        this.reminder('remindAfter', _('Nhắc sau hạn')),
        this.reminder('escalateAfter', _('Báo lãnh đạo sau khi quá hạn')),
      ],
    };
  }

  /** A field that makes its own controls, of one that writes a text. */
  built(build, field) {
    return { key: field.key, build: build(this.kit, { ...field, businessObject: this.businessObject }) };
  }

  due(name, label, sentence) {
    const field = this.attribute(name, label, { place: 'due', sentence });
    return this.built(timeField, { ...field, value: String(field.value) });
  }

  reminder(name, label) {
    return this.built(reminderField, { ...this.property(name, label), usual: this.vocabulary.words.reminders[name] ?? '' });
  }

  repetition() {
    const loop = this.businessObject.loopCharacteristics;
    return {
      title: _('Làm nhiều lần'),
      fields: [{
        key: 'cardinality', label: _('Số lần (1 đến 100)'), kind: 'text', value: loop.loopCardinality?.body ?? '',
        write: (body) => this.write.setOn(this.element, loop, { loopCardinality: this.write.expression(body, loop) }),
      }],
    };
  }

  service() {
    const topic = this.businessObject.get('camunda:topic');
    const names = { group: _('Báo cho'), text: _('Nội dung báo'), webhook: _('Tên webhook') };
    const told = this.vocabulary.topic(topic)?.properties ?? [];
    return {
      title: _('Việc của máy'),
      fields: [
        this.attribute('camunda:topic', _('Làm gì'), { kind: 'select', options: this.vocabulary.options('topics') }),
        ...told.map((name) => this.property(name, names[name] ?? name, name === 'group' ? { kind: 'select', options: this.vocabulary.options('groups') } : { kind: 'area' })),
      ],
    };
  }

  rule() {
    return {
      title: _('Quy tắc'),
      fields: [
        { ...this.attribute('camunda:topic', _('Quy tắc'), { kind: 'select', options: this.vocabulary.options('rules') }), write: (topic) => this.choose(topic) },
        this.attribute('camunda:resultVariable', _('Ghi kết quả vào biến'), { kind: 'code' }),
        this.property('facts', _('Số liệu từ các bước'), { kind: 'code', help: _('Mã các bước, cách nhau bằng dấu phẩy.') }),
        this.property('legalBasis', _('Căn cứ pháp lý'), { kind: 'area' }),
      ],
    };
  }

  /** A rule brings the variable that it usually writes, where none is named yet. */
  choose(topic) {
    const usual = this.vocabulary.rule(topic)?.variable.key;
    const fresh = usual && !this.businessObject.get('camunda:resultVariable');
    this.write.set(this.element, { 'camunda:topic': topic || undefined, ...(fresh && { 'camunda:resultVariable': usual }) });
  }

  call() {
    return { title: _('Quy trình được gọi'), fields: [this.attribute('calledElement', _('Mã quy trình'), { kind: 'code' })] };
  }

  condition() {
    const { businessObject: flow, element, write } = this;
    const source = flow.sourceRef;
    if (!/Exclusive|Inclusive/.test(source.$type)) return null;
    const isDefault = source.default === flow;
    const fields = [{
      key: 'default', label: _('Luồng mặc định: đi khi không điều kiện nào đúng'), kind: 'check', value: isDefault,
      write: (on) => write.together(() => {
        if (on) write.set(element, { conditionExpression: undefined });
        write.set(element.source, { default: on ? flow : undefined });
      }),
    }];
    if (!isDefault) {
      fields.push(this.built(conditionField, {
        key: 'condition', label: _('Điều kiện'), value: flow.conditionExpression?.body ?? '',
        write: (body) => write.set(element, { conditionExpression: write.expression(body, flow, 'feel') }),
      }));
    }
    return { title: _('Điều kiện'), fields };
  }

  event() {
    const definition = this.businessObject.eventDefinitions?.[0];
    const kind = definition?.$type.replace(/^bpmn:|EventDefinition$/g, '');
    if (kind === 'Timer') return this.timer(definition);
    if (kind === 'Message') return this.message(definition);
    if (kind === 'Signal') return { title: _('Tín hiệu'), fields: [this.reference(definition, 'signalRef', 'bpmn:Signal', 'name', _('Tên tín hiệu'))] };
    if (kind === 'Error') return { title: _('Lỗi'), fields: [this.reference(definition, 'errorRef', 'bpmn:Error', 'errorCode', _('Mã lỗi'))] };
    return null;
  }

  message(part) {
    return { title: _('Thông điệp'), fields: [this.reference(part, 'messageRef', 'bpmn:Message', 'name', _('Tên thông điệp'))] };
  }

  reference(part, attribute, type, naming, label) {
    const { element, write } = this;
    return {
      key: attribute, label, kind: 'text', value: part[attribute]?.[naming] ?? '', suggestions: write.namesOf(type, naming),
      write: (name) => write.together(() => {
        write.setOn(element, part, { [attribute]: name ? write.rootElement(element, type, naming, name) : undefined });
      }),
    };
  }

  timer(definition) {
    const { element, write } = this;
    const place = TIMERS.find((name) => definition[name]) ?? 'timeDuration';
    const setTimer = (text, name) => write.setOn(element, definition, {
      timeDate: undefined, timeDuration: undefined, timeCycle: undefined,
      ...(text && { [name]: write.make('bpmn:FormalExpression', { body: text }, definition) }),
    });
    return {
      title: _('Thời gian'),
      fields: [this.built(timeField, {
        key: 'timer', label: _('Khi nào'), value: definition[place]?.body ?? '', place, write: setTimer,
        repeats: this.businessObject.$type === 'bpmn:BoundaryEvent', sentence: (words) => _('Khi: {words}.', { words }),
      })],
    };
  }
}

/** The process that a pool, or the whole drawing, stands for. */
function processOf(it) {
  if (it.$type === 'bpmn:Process') return it;
  const pool = it.$type === 'bpmn:Collaboration' ? it.participants?.find((one) => one.processRef) : it;
  return pool?.$type === 'bpmn:Participant' ? pool.processRef : undefined;
}

function checkId(value, businessObject, write) {
  if (!/^[A-Za-z_][\w.-]*$/.test(value)) return _('Mã bắt đầu bằng chữ không dấu, chỉ gồm chữ không dấu, số, dấu gạch.');
  const holder = write.moddle.ids.assigned(value);
  return holder && holder !== businessObject ? _('Mã này đã có ở phần tử khác.') : '';
}
