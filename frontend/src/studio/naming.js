import BpmnKeyboardBindings from 'bpmn-js/lib/features/keyboard/BpmnKeyboardBindings';
import { is } from 'bpmn-js/lib/util/ModelUtil';

// Tools by single letters: whoever types a name where no label is open would work them unawares.
const BY_LETTER = new Set(['spaceTool', 'lassoTool', 'handTool', 'globalConnectTool', 'directEditing', 'replaceElement']);
const AFTER_THE_LABEL_OPENED = 400;

class NoLetters extends BpmnKeyboardBindings {
  registerBindings(keyboard, editorActions) {
    super.registerBindings(keyboard, {
      isRegistered: (action) => !BY_LETTER.has(action) && editorActions.isRegistered(action),
      trigger: (...args) => editorActions.trigger(...args),
    });
    keyboard.addListener(({ keyEvent }) => {
      if (keyEvent.key !== 'F2' || keyboard.hasModifier(keyEvent)) return undefined;
      editorActions.trigger('directEditing');
      return true;
    });
  }
}
NoLetters.$inject = BpmnKeyboardBindings.$inject;

/** What is put down asks for its name; what it is called till then is selected, so that typing replaces it. */
function nameWhatIsPut(eventBus, directEditing, canvas) {
  eventBus.on(['create.end', 'autoPlace.end'], AFTER_THE_LABEL_OPENED, ({ context, shape, isTouch }) => {
    const put = context?.shape ?? shape;
    if (isTouch || !put?.parent) return;
    if (is(put, 'bpmn:Gateway')) directEditing.activate(put);
    if (directEditing.isActive(put)) selectName(canvas.getContainer());
  });
}
nameWhatIsPut.$inject = ['eventBus', 'directEditing', 'canvas'];

/** The name that is open for typing on the drawing; tests type over it, so that another library cannot lose it. */
function selectName(drawing) {
  const content = drawing.querySelector('.djs-direct-editing-content');
  if (content) getSelection().selectAllChildren(content);
}

export default {
  __init__: ['nameWhatIsPut'],
  nameWhatIsPut: ['type', nameWhatIsPut],
  keyboardBindings: ['type', NoLetters],
};
