import { _ } from '../words.js';
import { BLOCKS } from './blocks.js';

const SHAPES = [
  ['event', 'bpmn:StartEvent', 'bpmn-icon-start-event-none', _('Bắt đầu')],
  ['event', 'bpmn:EndEvent', 'bpmn-icon-end-event-none', _('Kết thúc')],
  ['event', 'bpmn:IntermediateCatchEvent', 'bpmn-icon-intermediate-event-catch-timer', _('Chờ đến hạn'), 'Timer'],
  ['event', 'bpmn:IntermediateThrowEvent', 'bpmn-icon-intermediate-event-throw-message', _('Gửi thông điệp'), 'Message'],
  ['gateway', 'bpmn:ExclusiveGateway', 'bpmn-icon-gateway-xor', _('Cổng chọn một')],
  ['gateway', 'bpmn:ParallelGateway', 'bpmn-icon-gateway-parallel', _('Cổng song song')],
  ['activity', 'bpmn:UserTask', 'bpmn-icon-user-task', _('Việc của người')],
  ['activity', 'bpmn:SubProcess', 'bpmn-icon-subprocess-expanded', _('Tiến trình con')],
  ['frame', 'bpmn:Participant', 'bpmn-icon-participant', _('Vùng')],
  ['frame', 'bpmn:Group', 'bpmn-icon-group', _('Nhóm')],
];

/** What may be drawn; an element is dragged out, or put where there is room with Enter. */
class OfferedPalette {
  constructor(palette, create, elementFactory, bpmnFactory, handTool, lassoTool, spaceTool, globalConnect, canvas, modeling, selection, eventBus) {
    Object.assign(this, { create, elementFactory, bpmnFactory, handTool, lassoTool, spaceTool, globalConnect, canvas, modeling, selection, eventBus });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const entries = {
      'hand-tool': this.tool('bpmn-icon-hand-tool', _('Kéo sơ đồ'), (event) => this.handTool.activateHand(event)),
      'lasso-tool': this.tool('bpmn-icon-lasso-tool', _('Chọn nhiều phần tử'), (event) => this.lassoTool.activateSelection(event)),
      'space-tool': this.tool('bpmn-icon-space-tool', _('Thêm hoặc bớt khoảng trống'), (event) => this.spaceTool.activateSelection(event)),
      'connect-tool': this.tool('bpmn-icon-connection-multi', _('Nối hai phần tử'), (event) => this.globalConnect.start(event)),
    };
    let group = 'tools';
    for (const [at, type, icon, title, definition] of SHAPES) {
      if (at !== group) entries[`before-${at}`] = { group, separator: true };
      group = at;
      entries[`create-${type}`] = this.entry(at, icon, title, () => this.drawn(type, definition));
    }
    entries['before-blocks'] = { group, separator: true };
    for (const [key, { name, icon, make }] of Object.entries(BLOCKS)) {
      entries[`block-${key}`] = {
        ...this.entry('blocks', icon, name, () => this.block(name, make)),
        html: '<div class="entry studio-block" draggable="true"></div>',
      };
    }
    return entries;
  }

  /** The elements of a block; once they are drawn, `studio.block` tells of them. */
  block(name, make) {
    const elements = make(this);
    this.eventBus.once('commandStack.elements.create.postExecuted', () => this.eventBus.fire('studio.block', { name, elements }));
    return elements;
  }

  text(type, text) {
    return this.bpmnFactory.create(type, { text });
  }

  tool(className, title, click) {
    return { group: 'tools', className, title, action: { click } };
  }

  entry(group, className, title, make) {
    const start = (event) => (isKey(event) ? this.put(make()) : this.create.start(event, make()));
    return { group, className, title, action: { dragstart: start, click: start } };
  }

  /** In the middle of what is seen, for whoever works by keyboard. */
  put(elements) {
    const { x, y, width, height } = this.canvas.viewbox();
    const middle = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
    const under = this.canvas.getRootElement();
    const parent = under.children.find((one) => one.type === 'bpmn:Participant') ?? under;
    this.modeling.createElements(elements, middle, parent);
    this.selection.select(elements[0]);
    this.canvas.focus();
  }

  drawn(type, definition) {
    if (type === 'bpmn:Participant') return [this.elementFactory.createParticipantShape()];
    const shape = this.shape(type, {}, {
      ...(definition && { eventDefinitionType: `bpmn:${definition}EventDefinition` }),
      ...(type === 'bpmn:SubProcess' && { isExpanded: true, x: 0, y: 0 }),
    });
    if (type !== 'bpmn:SubProcess') return [shape];
    return [shape, this.elementFactory.createShape({ type: 'bpmn:StartEvent', x: 40, y: 82, parent: shape })];
  }

  shape(type, values, options = {}) {
    const shape = this.elementFactory.createShape({ type, ...options });
    for (const [name, value] of Object.entries(values)) shape.businessObject.set(name, value);
    return shape;
  }

  flow(source, target, values, waypoints) {
    const flow = this.elementFactory.createConnection({ type: 'bpmn:SequenceFlow', source, target, waypoints });
    for (const [name, value] of Object.entries(values)) flow.businessObject.set(name, value);
    return flow;
  }

  condition(body) {
    return this.bpmnFactory.create('bpmn:FormalExpression', { body, language: 'feel' });
  }

  properties(businessObject, values) {
    const list = Object.entries(values).map(([name, value]) => this.bpmnFactory.create('camunda:Property', { name, value }));
    const properties = this.bpmnFactory.create('camunda:Properties', { values: list });
    const extension = this.bpmnFactory.create('bpmn:ExtensionElements', { values: [properties] });
    for (const one of list) one.$parent = properties;
    properties.$parent = extension;
    extension.$parent = businessObject;
    businessObject.extensionElements = extension;
  }
}
OfferedPalette.$inject = [
  'palette', 'create', 'elementFactory', 'bpmnFactory', 'handTool', 'lassoTool', 'spaceTool', 'globalConnect',
  'canvas', 'modeling', 'selection', 'eventBus',
];

const isKey = (event) => event instanceof KeyboardEvent;

/** The entries of the palette as buttons: reached by Tab, pressed by Enter; the blocks with their names. */
function makeButtons(eventBus, palette) {
  let place;
  eventBus.on('palette.changed', () => setTimeout(() => {
    for (const entry of place?.querySelectorAll('.entry') ?? []) {
      entry.tabIndex = 0;
      if (entry.classList.contains('studio-block') && !entry.textContent) entry.textContent = entry.getAttribute('aria-label');
    }
  }));
  eventBus.on('palette.create', ({ container }) => {
    place = container;
    container.addEventListener('keydown', (event) => {
      const entry = event.target.closest('.entry');
      if (!entry || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      palette.triggerEntry(entry.dataset.action, 'click', event);
    });
  });
}
makeButtons.$inject = ['eventBus', 'palette'];

export default {
  __init__: ['paletteButtons'],
  paletteProvider: ['type', OfferedPalette],
  paletteButtons: ['type', makeButtons],
};
