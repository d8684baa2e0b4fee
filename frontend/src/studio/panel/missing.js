import { _ } from '../../words.js';
import { propertiesOf } from './writing.js';

const HUMAN = /^bpmn:(User|Manual)Task$/;

/** What an element still needs before it can be published, in words; [] where nothing is known to lack. */
export function missingOf(businessObject, vocabulary) {
  const { $type } = businessObject;
  const lacks = [];
  if (!businessObject.name && /Task$|Gateway$/.test($type)) lacks.push(_('tên'));
  if (businessObject.name?.includes('…')) lacks.push(_('tên đầy đủ (thay dấu …)'));
  if (HUMAN.test($type)) {
    const form = businessObject.get('camunda:formKey');
    if (!businessObject.get('camunda:candidateGroups')) lacks.push(_('giao cho ai'));
    if (!form) lacks.push(_('biểu mẫu'));
    else if (vocabulary.read && !vocabulary.words.forms[form]) lacks.push(_('nội dung của biểu mẫu “{form}”', { form }));
    if (!businessObject.get('camunda:dueDate')) lacks.push(_('hạn xử lý'));
  }
  if ($type === 'bpmn:BusinessRuleTask' && !businessObject.get('camunda:topic')) lacks.push(_('quy tắc'));
  if ($type === 'bpmn:ServiceTask') lacks.push(...ofService(businessObject, vocabulary));
  const event = businessObject.eventDefinitions?.[0];
  if (event?.$type === 'bpmn:MessageEventDefinition' && !event.messageRef) lacks.push(_('tên thông điệp'));
  if (event?.$type === 'bpmn:TimerEventDefinition' && !(event.timeDate || event.timeDuration || event.timeCycle)) lacks.push(_('thời gian'));
  if (/(Exclusive|Inclusive)Gateway$/.test($type) && (businessObject.outgoing?.length ?? 0) < 2 && (businessObject.incoming?.length ?? 0) < 2) lacks.push(_('luồng ra thứ hai'));
  else if (/(Exclusive|Inclusive)Gateway$/.test($type) && businessObject.outgoing?.length > 1 && !businessObject.default) lacks.push(_('luồng mặc định'));
  if (/Task$|Gateway$|Event$|SubProcess$|CallActivity$/.test($type)) lacks.push(...ofFlows(businessObject));
  return lacks;
}

function ofService(businessObject, vocabulary) {
  const topic = businessObject.get('camunda:topic');
  if (!topic) return [_('việc phải làm')];
  const given = new Map(propertiesOf(businessObject));
  const wanted = vocabulary.topic(topic)?.properties ?? [];
  return wanted.some((name) => !given.get(name)) ? [_('chi tiết của việc')] : [];
}

function ofFlows({ $type, incoming, outgoing, attachedToRef }) {
  const lacks = [];
  if (!incoming?.length && !attachedToRef && $type !== 'bpmn:StartEvent') lacks.push(_('luồng vào'));
  if (!outgoing?.length && $type !== 'bpmn:EndEvent') lacks.push(_('luồng ra'));
  return lacks;
}
