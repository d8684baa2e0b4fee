import { _, recorded } from '../words.js';

/**
 * Our building blocks: the elements of one, with what the service needs filled in as far as it can be known.
 * Each answers {name, icon, make}; `make(parts)` gives the shapes and flows, laid out from (0, 0).
 */
export const BLOCKS = {
  level: {
    name: _('Việc của một cấp'),
    icon: 'bpmn-icon-user-task',
    make: (parts) => [levelTask(parts, recorded('Việc của một cấp'))],
  },
  opinion: {
    name: _('Xin ý kiến pháp lý'),
    icon: 'bpmn-icon-user-task',
    make: (parts) => [asked(parts)],
  },
  assess: {
    name: _('Đánh giá'),
    icon: 'bpmn-icon-business-rule-task',
    make: (parts) => [
      parts.shape('bpmn:BusinessRuleTask', { name: recorded('Xét điều kiện công nhận'), ...rule('check_conditions', 'eligible') }),
    ],
  },
  compare: {
    name: _('Đối chiếu'),
    icon: 'bpmn-icon-business-rule-task',
    make: (parts) => [
      parts.shape('bpmn:BusinessRuleTask', { name: recorded('Đối chiếu với ý kiến thành viên'), ...rule('compare_opinions', 'opinions_agree') }),
    ],
  },
  supplement: { name: _('Trả lại bổ sung'), icon: 'bpmn-icon-gateway-xor', make: supplement },
  message: {
    name: _('Chờ thông điệp'),
    icon: 'bpmn-icon-intermediate-event-catch-message',
    make: (parts) => [
      parts.shape('bpmn:IntermediateCatchEvent', { name: recorded('Chờ thông điệp') }, { eventDefinitionType: 'bpmn:MessageEventDefinition' }),
    ],
  },
};

const rule = (topic, variable) => ({
  'camunda:type': 'external', 'camunda:topic': `evaluation.${topic}`, 'camunda:resultVariable': variable,
});

/** Somebody's work at one level: form, deadline, signer, reminders. */
function levelTask(parts, name, { group = 'commune', days = 10 } = {}) {
  const task = parts.shape('bpmn:UserTask', { name });
  const { businessObject } = task;
  if (group) businessObject.set('camunda:candidateGroups', group);
  businessObject.set('camunda:formKey', businessObject.id.toLowerCase().replace(/[^a-z0-9_]/g, '_'));
  businessObject.set('camunda:dueDate', recorded(`working days after(today(), ${days})`));
  parts.properties(businessObject, { signer: 'leader', remindBefore: '3,1', remindAfter: '1', escalateAfter: '3' });
  return task;
}

/** The opinion of another office on the law, within five working days; whose is for the drawer to choose. */
function asked(parts) {
  const task = levelTask(parts, recorded('Xin ý kiến …'), { group: '', days: 5 });
  task.businessObject.set('documentation', [parts.text('bpmn:Documentation', recorded('Cơ quan được hỏi cho ý kiến về tính pháp lý của hồ sơ trong 5 ngày làm việc.'))]);
  return task;
}

/** Work, the question whether the dossier is complete, and the way back. */
function supplement(parts) {
  const task = levelTask(parts, recorded('Kiểm tra hồ sơ'));
  const question = parts.shape('bpmn:ExclusiveGateway', { name: recorded('Cần bổ sung hồ sơ?') });
  Object.assign(task, { x: 0, y: 0 });
  Object.assign(question, { x: 160, y: 15 });
  const there = parts.flow(task, question, {}, [{ x: 100, y: 40 }, { x: 160, y: 40 }]);
  const back = parts.flow(
    question, task,
    { name: recorded('Có'), conditionExpression: parts.condition(`${task.businessObject.id}.action = "return"`) },
    [{ x: 185, y: 65 }, { x: 185, y: 120 }, { x: 50, y: 120 }, { x: 50, y: 80 }],
  );
  return [task, question, there, back];
}
