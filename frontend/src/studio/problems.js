import { _ } from '../words.js';
import { button, el } from './markup.js';

// Gateways and events: a badge upon one would hide it.
const SMALL = 60;
const MARKERS = { error: 'has-error', warning: 'has-warning' };

/**
 * Draws what the gate found, on the elements and in the list. `walk(problem)` shows how it comes about; `mend(problem)`,
 * where one may draw, does what is mechanical in its remedy.
 */
export class Problems {
  constructor(viewer, list, walk) {
    Object.assign(this, { viewer, list, walk, marked: [] });
  }

  show({ problems, publishable }) {
    this.clear();
    const byElement = new Map();
    for (const problem of problems) {
      if (problem.element && this.drawn(problem.element)) byElement.set(problem.element, [...(byElement.get(problem.element) ?? []), problem]);
    }
    for (const [id, found] of byElement) this.mark(id, found);
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...(problems.length ? problems.map((one) => this.line(one)) : [noneFound(publishable)]));
    if (focused) this.list.querySelector('button')?.focus();
  }

  /** What was found before stays; why there is nothing newer is said first. */
  refused(why) {
    this.list.querySelector('.studio-problem--refused')?.remove();
    this.list.prepend(el('li', { className: 'studio-problem studio-problem--refused' }, _('Chưa kiểm tra được: {why}.', { why: why.replace(/\.$/, '') })));
  }

  clear() {
    for (const { id, marker } of this.marked) if (this.drawn(id)) this.viewer.get('canvas').removeMarker(id, marker);
    this.marked = [];
    this.viewer.get('overlays').remove({ type: 'studio-problem' });
  }

  drawn(id) {
    return this.viewer.get('elementRegistry').get(id);
  }

  mark(id, found) {
    const errors = found.filter((one) => one.severity === 'error').length;
    const marker = errors ? MARKERS.error : MARKERS.warning;
    this.viewer.get('canvas').addMarker(id, marker);
    this.marked.push({ id, marker });
    const text = errors ? _('Lỗi') : _('Lưu ý');
    const element = this.drawn(id);
    const small = !element.waypoints && element.width <= SMALL;
    const badge = el('span', { className: `studio-mark studio-mark--${errors ? 'error' : 'warning'}${small ? ' studio-mark--above' : ''}` },
      found.length > 1 ? _('{what} ({count})', { what: text, count: found.length }) : text);
    this.viewer.get('overlays').add(id, 'studio-problem', { position: placeOf(element, small), html: badge, scale: { min: 0.8, max: 1.1 } });
  }

  line(problem) {
    const error = problem.severity === 'error';
    const line = el('li', { className: `studio-problem studio-problem--${problem.severity}` }, el('strong', {}, error ? _('Lỗi') : _('Lưu ý')));
    line.dataset.element = problem.element;
    const where = problem.name || problem.element;
    if (where) {
      line.append(' ', this.drawn(problem.element)
        ? button(where, () => this.jump(problem.element), 'studio-problem__where btn-link')
        : el('span', { className: 'studio-problem__where' }, where));
    }
    line.append(`: ${problem.message} ${problem.remedy}`);
    if (problem.example?.length) line.append(' ', button(_('Xem cách xảy ra'), () => this.walk(problem), 'btn btn-sm btn-outline-secondary studio-problem__walk'));
    if (problem.mend && this.mend) line.append(' ', button(_('Sửa giúp: {what}', { what: problem.mend.label }), () => this.mend(problem), 'btn btn-sm btn-primary studio-problem__mend'));
    line.append(' ', why(problem.rule));
    return line;
  }

  jump(id) {
    jumpTo(this.viewer, id);
    this.viewer.get('selection', false)?.select(this.drawn(id));
    this.viewer.get('canvas').focus?.();
  }
}

/** Brings an element into view, in the plane on which it is drawn. */
export function jumpTo(viewer, id) {
  const element = viewer.get('elementRegistry').get(id);
  if (!element) return;
  const canvas = viewer.get('canvas');
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  if (canvas.zoom() < 0.5) canvas.zoom(0.8);
  canvas.scrollToElement(element, 120);
  canvas.getContainer().scrollIntoView({ block: 'nearest' });
}

/** The badge stands on the element's upper edge, of a small one above it; of a flow, at its middle. */
function placeOf(element, small) {
  if (!element.waypoints) return small ? { top: -2, left: 0 } : { top: -12, left: -8 };
  const xs = element.waypoints.map(({ x }) => x);
  const ys = element.waypoints.map(({ y }) => y);
  const middle = element.waypoints[Math.floor(element.waypoints.length / 2)];
  return { left: middle.x - Math.min(...xs), top: middle.y - Math.min(...ys) };
}

function why(rule) {
  const link = el('a', { className: 'studio-problem__why', href: `/quy-trinh/quy-tac/${encodeURIComponent(rule)}`, target: '_blank', rel: 'noopener' }, _('Vì sao?'));
  link.setAttribute('aria-label', _('Vì sao? Mở trang của quy tắc {rule}', { rule }));
  return link;
}

const noneFound = (publishable) => el('li', { className: 'studio-problem studio-problem--none' }, publishable ? _('Không có lỗi: sơ đồ ban hành được.') : _('Chưa kiểm tra được sơ đồ.'));
