/** An element with its properties; what is inside becomes text, never markup. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  const { value, ...rest } = properties;
  Object.assign(made, rest);
  made.append(...children);
  if (value !== undefined) made.value = value; // a select's, once its options are there
  return made;
}

/** A button of the bar. */
export const button = (text, act, className = 'btn btn-sm btn-outline-secondary') => el('button', { type: 'button', className, onclick: act }, text);
