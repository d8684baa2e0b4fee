import ContextPadProvider from 'bpmn-js/lib/features/context-pad/ContextPadProvider';
import { _ } from '../words.js';

const APPENDED = {
  'append.append-task': ['bpmn:UserTask', 'bpmn-icon-user-task', _('Thêm việc của người')],
  'append.gateway': ['bpmn:ExclusiveGateway', 'bpmn-icon-gateway-xor', _('Thêm cổng chọn một')],
};
const REFUSED = ['append.condition-intermediate-event', 'append.compensation-activity', 'append.intermediate-event'];

/** bpmn-js appends tasks of no kind, which the gate refuses; here a task is somebody's work. */
class OfferedPad extends ContextPadProvider {
  getContextPadEntries(element) {
    const entries = super.getContextPadEntries(element);
    for (const name of REFUSED) delete entries[name];
    for (const [name, [type, className, title]] of Object.entries(APPENDED)) {
      if (entries[name]) entries[name] = this._appending(type, className, title);
    }
    if (entries.replace) entries.replace.action.click = (event, target) => this._openReplacements(event, target);
    return entries;
  }

  // As bpmn-js does, without asking for the pad in a way that its library complains of.
  _openReplacements(event, element) {
    const { left, bottom } = (event.delegateTarget ?? event.target).closest('.djs-context-pad').getBoundingClientRect();
    const place = { x: left, y: bottom + 5, cursor: { x: event.x, y: event.y } };
    this._popupMenu.open(element, 'bpmn-replace', place, { title: this._translate('Change element'), width: 300, search: true });
  }

  _appending(type, className, title) {
    const start = (event, element) => {
      this._create.start(event, this._elementFactory.createShape({ type }), { source: element });
    };
    const append = (_event, element) => this._autoPlace.append(element, this._elementFactory.createShape({ type }));
    return { group: 'model', className, title, action: { dragstart: start, click: this._autoPlace ? append : start } };
  }
}
OfferedPad.$inject = ContextPadProvider.$inject;

export default { contextPadProvider: ['type', OfferedPad] };
