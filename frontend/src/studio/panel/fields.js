import { _ } from '../../words.js';
import { propertiesOf } from './writing.js';

// A field: {key, label, kind: text | area | code | select | check, help, options, value, write(value), readOnly}.

const GROUPS = [
  ['', _('(chưa chọn)')], ['commune', _('UBND cấp xã')], ['district', _('UBND cấp huyện')],
  ['province_member', _('Thành viên Ban Chỉ đạo tỉnh')], ['department', _('Sở TTTT')], ['chairman', _('Chủ tịch UBND tỉnh')],
];
const SIGNERS = [
  ['', _('Không ký')], ['leader', _('Lãnh đạo đơn vị')], ['member', _('Thành viên Ban Chỉ đạo')], ['chairman', _('Chủ tịch UBND tỉnh')],
];
const RULES = [
  ['', _('(chưa chọn)')], ['evaluation.compare_opinions', _('Đối chiếu ý kiến')], ['evaluation.check_conditions', _('Xét điều kiện công nhận')],
];
const TOPICS = [['', _('(chưa chọn)')], ['notify', _('Báo tin cho một nhóm')], ['webhook', _('Gửi sang hệ thống khác')]];
const TIMERS = [['timeDate', _('Vào ngày')], ['timeDuration', _('Sau một khoảng')], ['timeCycle', _('Lặp lại')]];
const HUMAN = /^bpmn:(User|Manual)Task$/;

/** [{title, fields}] of what the element is; `write` is a Writing. */
export function groupsOf(element, write) {
  const { businessObject } = element;
  const one = new Fields(element, businessObject, write);
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
export function fieldProperties({ $type }) {
  if (HUMAN.test($type)) return ['signer', 'document', 'legalBasis', 'remindBefore', 'remindAfter', 'escalateAfter'];
  if ($type === 'bpmn:BusinessRuleTask') return ['facts', 'legalBasis'];
  return [];
}

class Fields {
  constructor(element, businessObject, write) {
    Object.assign(this, { element, businessObject, write });
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
        this.attribute('camunda:candidateGroups', _('Giao cho'), { kind: 'select', options: GROUPS }),
        this.attribute('camunda:formKey', _('Biểu mẫu'), { kind: 'code' }),
        this.property('signer', _('Người ký'), {
          kind: 'select', options: SIGNERS,
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
        this.attribute('camunda:dueDate', _('Hạn xử lý (biểu thức)'), { kind: 'code', help: _('Ví dụ: {example}', { example: 'deadline("self_assess")' }) }),
        this.attribute('camunda:followUpDate', _('Ngày theo dõi (biểu thức)'), { kind: 'code' }),
        this.property('remindBefore', _('Nhắc trước hạn (ngày làm việc)'), { help: _('Bỏ trống: {days}; ghi none để không nhắc.', { days: '3,1' }) }),
        this.property('remindAfter', _('Nhắc sau hạn'), { help: _('Bỏ trống: {days}; ghi none để không nhắc.', { days: '1' }) }),
        this.property('escalateAfter', _('Báo lãnh đạo sau khi quá hạn'), { help: _('Bỏ trống: {days}; ghi none để không nhắc.', { days: '3' }) }),
      ],
    };
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
    return { title: _('Việc của máy'), fields: [this.attribute('camunda:topic', _('Làm gì'), { kind: 'select', options: TOPICS })] };
  }

  rule() {
    return {
      title: _('Quy tắc'),
      fields: [
        this.attribute('camunda:topic', _('Quy tắc'), { kind: 'select', options: RULES }),
        this.attribute('camunda:resultVariable', _('Ghi kết quả vào biến'), { kind: 'code' }),
        this.property('facts', _('Số liệu từ các bước'), { kind: 'code', help: _('Mã các bước, cách nhau bằng dấu phẩy.') }),
        this.property('legalBasis', _('Căn cứ pháp lý'), { kind: 'area' }),
      ],
    };
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
      fields.push({
        key: 'condition', label: _('Điều kiện (biểu thức)'), kind: 'code', value: flow.conditionExpression?.body ?? '',
        help: _('Ví dụ: {example}', { example: 'district_appraise.action = "return"' }),
        write: (body) => write.set(element, { conditionExpression: write.expression(body, flow, 'feel') }),
      });
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
    const form = TIMERS.map(([name]) => name).find((name) => definition[name]) ?? 'timeDuration';
    const body = definition[form]?.body ?? '';
    const setTimer = (name, text) => write.setOn(element, definition, {
      timeDate: undefined, timeDuration: undefined, timeCycle: undefined,
      [name]: write.make('bpmn:FormalExpression', { body: text }, definition),
    });
    return {
      title: _('Thời gian'),
      fields: [
        { key: 'timer-form', label: _('Loại'), kind: 'select', options: TIMERS, value: form, write: (name) => setTimer(name, body) },
        { key: 'timer', label: _('Khi nào (ISO 8601 hoặc biểu thức)'), kind: 'code', value: body, help: _('Ví dụ: {example}', { example: 'P3D, R/P1D' }), write: (text) => setTimer(form, text) },
      ],
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
