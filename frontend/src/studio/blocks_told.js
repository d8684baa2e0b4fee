import { _ } from '../words.js';
import { missingOf } from './panel/missing.js';

/** Once a block is drawn: what its parts still need. It stands in the panel too, as long as a part is selected. */
export function tellOfBlocks(modeler, vocabulary, state) {
  modeler.get('eventBus').on('studio.block', ({ name, elements }) => setTimeout(() => {
    const lacks = elements.filter((one) => one.businessObject && !one.waypoints).map(({ businessObject }) => {
      const missing = missingOf(businessObject, vocabulary);
      return missing.length ? _('“{name}”: {missing}', { name: businessObject.name || businessObject.id, missing: missing.join(', ') }) : '';
    }).filter(Boolean);
    state(lacks.length ? _('Đã đặt khối “{name}”. Còn thiếu: {lacks}.', { name, lacks: lacks.join('; ') }) : _('Đã đặt khối “{name}”.', { name }));
  }));
}
