/** The address of a draft's own pages, with the last "/". */
export const baseOf = (place) => place.dataset.diagram.replace(/so-do\.bpmn$/, '');
