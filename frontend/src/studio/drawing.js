import camunda from 'camunda-bpmn-moddle/resources/camunda.json';
import minimap from 'diagram-js-minimap';
import Modeler from 'bpmn-js/lib/Modeler';
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import contextPad from './context_pad.js';
import naming from './naming.js';
import palette from './palette.js';
import replacing from './replacing.js';
import translate from './vietnamese.js';

// Their icons carry style attributes, which our policy refuses; snapping lines elements up as well.
const without = Object.fromEntries(
  ['alignElementsContextPadProvider', 'alignElementsMenuProvider', 'distributeElementsMenuProvider'].map((name) => [name, ['value', null]]),
);

const PERFORMED_ELSEWHERE = /^bpmn:(ServiceTask|BusinessRuleTask)$/;

/** Work of machines is done by the service: `external` is the only type that the gate accepts. */
function makeExternal(eventBus) {
  eventBus.on('commandStack.shape.create.postExecuted', ({ context: { shape } }) => {
    const { businessObject } = shape;
    if (PERFORMED_ELSEWHERE.test(businessObject.$type) && !businessObject.get('camunda:type')) businessObject.set('camunda:type', 'external');
  });
}
makeExternal.$inject = ['eventBus'];

/** The modeler with what the gate lets be drawn. */
export function makeModeler(container) {
  return new Modeler({
    container,
    moddleExtensions: { camunda },
    additionalModules: [translate, palette, contextPad, replacing, naming, minimap, without, { __init__: ['makeExternal'], makeExternal: ['type', makeExternal] }],
  });
}

/** The drawing to look at: dragged and zoomed, never changed. */
export function makeViewer(container) {
  return new NavigatedViewer({ container, moddleExtensions: { camunda }, additionalModules: [translate], zoomScroll: { enabled: false } });
}
