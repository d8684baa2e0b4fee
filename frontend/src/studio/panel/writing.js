// Every change of the panel is one step of the undo history.

/** The services that fields read and write through. */
export class Writing {
  constructor(modeler) {
    this.modeling = modeler.get('modeling');
    this.factory = modeler.get('bpmnFactory');
    this.moddle = modeler.get('moddle');
    this.modeler = modeler;
    this.stack = modeler.get('commandStack');
    this.stack.registerHandler('studio.together', Together);
  }

  set(element, values) {
    this.modeling.updateProperties(element, values);
  }

  setOn(element, part, values) {
    this.modeling.updateModdleProperties(element, part, values);
  }

  /** Several changes that are undone as one. */
  together(run) {
    this.stack.execute('studio.together', { run });
  }

  make(type, values, parent) {
    const made = this.factory.create(type, values);
    made.$parent = parent;
    return made;
  }

  expression(body, parent, language) {
    return body ? this.make('bpmn:FormalExpression', language ? { body, language } : { body }, parent) : undefined;
  }

  /** The message, signal or error of that name (an error: code), drawn anew where there is none. */
  rootElement(element, type, naming, name) {
    const definitions = this.modeler.getDefinitions();
    const found = definitions.rootElements.find((one) => one.$type === type && one[naming] === name);
    if (found) return found;
    const made = this.make(type, { name, ...(naming !== 'name' && { [naming]: name }) }, definitions);
    this.setOn(element, definitions, { rootElements: [...definitions.rootElements, made] });
    return made;
  }

  namesOf(type, naming) {
    return this.modeler.getDefinitions().rootElements.filter((one) => one.$type === type).map((one) => one[naming]).filter(Boolean);
  }

  /** {name: value} are all camunda:property of the element from now on; `list` is [[name, value]…]. */
  setProperties(element, businessObject, list) {
    const { extensionElements } = businessObject;
    const present = propertiesPart(businessObject);
    const values = list.map(([name, value]) => this.factory.create('camunda:Property', { name, value }));
    if (present) {
      for (const one of values) one.$parent = present;
      if (values.length) return this.setOn(element, present, { values });
      const rest = extensionElements.values.filter((one) => one !== present);
      if (rest.length) return this.setOn(element, extensionElements, { values: rest });
      return this.setOn(element, businessObject, { extensionElements: undefined });
    }
    if (!values.length) return undefined;
    const properties = this.factory.create('camunda:Properties', { values });
    for (const one of values) one.$parent = properties;
    if (extensionElements) {
      properties.$parent = extensionElements;
      return this.setOn(element, extensionElements, { values: [...(extensionElements.values ?? []), properties] });
    }
    const made = this.make('bpmn:ExtensionElements', { values: [properties] }, businessObject);
    properties.$parent = made;
    return this.setOn(element, businessObject, { extensionElements: made });
  }
}

class Together {
  preExecute({ run }) {
    run();
  }
}

const propertiesPart = (businessObject) => businessObject.extensionElements?.values?.find((one) => one.$type === 'camunda:Properties');

/** [[name, value]…] as drawn. */
export const propertiesOf = (businessObject) => (propertiesPart(businessObject)?.values ?? []).map(({ name, value }) => [name ?? '', value ?? '']);

/** What other tools keep with the element: shown as a number, kept as it is. */
export const foreignOf = (businessObject) => (businessObject.extensionElements?.values ?? []).filter((one) => one.$type !== 'camunda:Properties').length;
