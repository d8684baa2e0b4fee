import { _ } from '../words.js';
import { button, el } from './markup.js';

/** The buttons above the drawing; `more` stand at its end. */
export function showBar(viewer, canvas, more) {
  const bar = el('div', { className: 'studio__bar' });
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', _('Công cụ vẽ'));
  const stack = viewer.get('commandStack', false);
  if (stack) bar.append(...history(viewer, stack));
  const zoom = (by) => viewer.get('zoomScroll').stepZoom(by);
  bar.append(
    named(button('−', () => zoom(-1)), _('Thu nhỏ')),
    named(button('+', () => zoom(1)), _('Phóng to')),
    button(_('Vừa khung'), () => fit(viewer)),
    ...more,
  );
  canvas.before(bar);
}

function history(viewer, stack) {
  const undo = button(_('Hoàn tác'), () => stack.undo());
  const redo = button(_('Làm lại'), () => stack.redo());
  const renew = () => {
    undo.disabled = !stack.canUndo();
    redo.disabled = !stack.canRedo();
  };
  renew();
  viewer.get('eventBus').on(['commandStack.changed', 'import.done'], renew);
  return [undo, redo];
}

function named(made, label) {
  made.title = label;
  made.setAttribute('aria-label', label);
  return made;
}

const PALETTE = 120;
const AIR = 20;

/** The whole drawing, beside the palette where there is one. */
export function fit(viewer) {
  const canvas = viewer.get('canvas');
  canvas.resized();
  const size = canvas.getSize();
  const { x, y, width, height } = canvas.viewbox().inner;
  if (!size.width || !size.height || !width || !height) return;
  const left = viewer.get('palette', false) ? PALETTE : AIR;
  const scale = Math.min((size.width - left - AIR) / width, (size.height - 2 * AIR) / height, 1);
  canvas.viewbox({ x: x - left / scale, y: y - AIR / scale, width: size.width / scale, height: size.height / scale });
}
