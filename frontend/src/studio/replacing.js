import ReplaceMenuProvider from 'bpmn-js/lib/features/popup-menu/ReplaceMenuProvider';
import { offeredName } from './vocabulary.js';

/** Offers what the gate accepts, under our names. */
class OfferedReplacements extends ReplaceMenuProvider {
  _createEntries(target, options) {
    const entries = {};
    for (const option of options) {
      const label = offeredName(option.target, target);
      if (label) entries[option.actionName] = { ...this._createEntry(option, target), label };
    }
    return entries;
  }

  getPopupMenuEntries(target) {
    if (/Participant|DataObject|DataStore/.test(target.type)) return {};
    const entries = super.getPopupMenuEntries(target);
    if (target.type !== 'bpmn:SequenceFlow') return entries;
    // A condition belongs on a flow out of a gateway, where the panel asks for it.
    delete entries['replace-with-conditional-flow'];
    if (!/Exclusive|Inclusive/.test(target.source.type)) delete entries['replace-with-default-flow'];
    return entries;
  }

  getPopupMenuHeaderEntries(target) {
    const entries = super.getPopupMenuHeaderEntries(target);
    delete entries['toggle-loop'];
    delete entries['toggle-participant-multiplicity'];
    if (!/UserTask|ManualTask/.test(target.type)) {
      delete entries['toggle-parallel-mi'];
      delete entries['toggle-sequential-mi'];
    }
    if (target.type !== 'bpmn:BoundaryEvent' || /Error/.test(target.businessObject.eventDefinitions?.[0]?.$type)) {
      delete entries['toggle-non-interrupting'];
    }
    return entries;
  }
}
OfferedReplacements.$inject = ReplaceMenuProvider.$inject;

export default { replaceMenuProvider: ['type', OfferedReplacements] };
