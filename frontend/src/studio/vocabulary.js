import { _ } from '../words.js';

// What the gate lets be published (docs/engine.md), by BPMN type and event definition, with its name on the screen.
const names = {
  StartEvent: _('Bắt đầu'),
  EndEvent: _('Kết thúc'),
  'EndEvent+Terminate': _('Kết thúc cả hồ sơ'),
  'EndEvent+Message': _('Kết thúc, gửi thông điệp'),
  'EndEvent+Signal': _('Kết thúc, phát tín hiệu'),
  'EndEvent+Error': _('Kết thúc bằng lỗi'),
  'IntermediateCatchEvent+Timer': _('Chờ đến hạn'),
  'IntermediateCatchEvent+Message': _('Chờ thông điệp'),
  'IntermediateCatchEvent+Signal': _('Chờ tín hiệu'),
  IntermediateThrowEvent: _('Mốc trung gian'),
  'IntermediateThrowEvent+Message': _('Gửi thông điệp'),
  'IntermediateThrowEvent+Signal': _('Phát tín hiệu'),
  'BoundaryEvent+Timer': _('Khi đến hạn'),
  'BoundaryEvent+Message': _('Khi nhận thông điệp'),
  'BoundaryEvent+Signal': _('Khi nghe tín hiệu'),
  'BoundaryEvent+Error': _('Khi có lỗi'),
  UserTask: _('Việc của người'),
  ManualTask: _('Việc làm tay'),
  ServiceTask: _('Việc của máy'),
  BusinessRuleTask: _('Quy tắc đánh giá'),
  SendTask: _('Việc gửi thông điệp'),
  ReceiveTask: _('Việc nhận thông điệp'),
  CallActivity: _('Gọi quy trình khác'),
  SubProcess: _('Tiến trình con'),
  ExclusiveGateway: _('Cổng chọn một'),
  InclusiveGateway: _('Cổng chọn nhiều'),
  ParallelGateway: _('Cổng song song'),
  EventBasedGateway: _('Cổng chờ sự kiện'),
};
// Drawn beside the course of events.
const others = {
  Participant: _('Vùng'),
  Lane: _('Làn'),
  SequenceFlow: _('Luồng'),
  TextAnnotation: _('Chú thích'),
  Group: _('Nhóm'),
  Association: _('Nối chú thích'),
  DataObjectReference: _('Dữ liệu'),
  DataInputAssociation: _('Nối dữ liệu vào'),
  DataOutputAssociation: _('Nối dữ liệu ra'),
  Process: _('Quy trình'),
  Collaboration: _('Quy trình'),
};

const CATCHING_ERRORS = /ServiceTask|SubProcess|CallActivity/;

const plain = (type) => type.replace('bpmn:', '').replace('EventDefinition', '');
const keyOf = (type, definition) => (definition ? `${plain(type)}+${plain(definition)}` : plain(type));

/** Its name on the screen; of what the gate refuses, the BPMN word. */
export function nameOf(businessObject) {
  const key = keyOf(businessObject.$type, businessObject.eventDefinitions?.[0]?.$type);
  return names[key] ?? others[key] ?? plain(businessObject.$type);
}

/** What an element that is replaced by `target` would be called; undefined where the gate would refuse it. */
export function offeredName(target, element) {
  if (target.triggeredByEvent || target.type === 'bpmn:Participant') return undefined;
  const key = keyOf(target.type, target.eventDefinitionType);
  const name = names[key];
  if (!name) return undefined;
  if (key === 'BoundaryEvent+Error' && !CATCHING_ERRORS.test(hostOf(element)?.$type ?? '')) return undefined;
  if (target.type === 'bpmn:BoundaryEvent' && target.cancelActivity === false) return _('{name}, không ngắt việc', { name });
  if (target.type === 'bpmn:SubProcess') return target.isExpanded ? _('{name}, mở rộng', { name }) : _('{name}, thu gọn', { name });
  return name;
}

const hostOf = (element) => element?.host?.businessObject ?? element?.businessObject?.attachedToRef;
