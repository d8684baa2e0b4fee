import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { HOLDERS, KINDS, kindName } from './kinds.js';
import { labelOf } from './moving.js';
import { childrenOf, get, isObject, isSame } from './tree.js';

/** The fields of the form, to choose, move by button, keyboard or drag, and take out; below, what one may add. */
export class List {
  constructor(place, editing, moving, said) {
    Object.assign(this, { editing, moving, said, faults: new Map() });
    this.tree = el('div', { className: 'form-list' });
    this.tree.addEventListener('keydown', (event) => this.key(event));
    this.tools = el('div', { className: 'form-list__tools' });
    place.replaceChildren(el('h2', {}, _('Các ô')), this.tools, this.tree, this.palette());
    editing.onChange(() => this.draw());
    this.draw();
  }

  /** Problems by path, to be marked. */
  mark(faults) {
    this.faults = faults;
    this.draw();
  }

  draw() {
    const focused = this.tree.contains(document.activeElement);
    const { data, chosen } = this.editing;
    const whole = this.line(data, [], _('Cả biểu mẫu'), _('tên, nút bấm'));
    this.tree.replaceChildren(el('ul', {}, el('li', {}, whole)), this.level(data, []));
    this.drawTools(chosen);
    if (focused) this.tree.querySelector('[aria-current=true]')?.focus();
  }

  level(holder, path) {
    return el('ul', {}, ...childrenOf(holder).map((component, number) => {
      const place = [...path, number];
      const item = el('li', { draggable: true }, this.line(component, place, labelOf(component), kindName(component?.type)));
      this.draggable(item, component, place);
      if (isObject(component) && HOLDERS.includes(component.type)) item.append(this.level(component, place));
      return item;
    }));
  }

  line(component, path, label, kind) {
    const current = isSame(path, this.editing.chosen);
    const notes = [kind];
    if (get(component, 'validate', 'required') === true) notes.push(_('bắt buộc'));
    if (get(component, 'conditional', 'hide')) notes.push(_('có điều kiện'));
    const line = el('button', { type: 'button', className: 'form-list__one', onclick: () => this.editing.choose(path) }, el('span', { className: 'form-list__name' }, label), el('span', { className: 'form-list__kind' }, notes.join(' · ')));
    const faults = this.faults.get(path.join('.'));
    if (faults) line.append(el('span', { className: 'form-list__fault' }, _('{count} lỗi', { count: faults })));
    line.setAttribute('aria-current', String(current));
    line.dataset.path = path.join('.');
    return line;
  }

  drawTools(chosen) {
    const none = !chosen.length;
    const tool = (text, label, act) => {
      const made = button(text, act);
      Object.assign(made, { title: label, disabled: none });
      return made;
    };
    const at = [...this.tools.children].indexOf(document.activeElement);
    this.tools.replaceChildren(
      tool(_('Lên'), _('Đưa lên (Alt+mũi tên lên)'), () => this.moving.step(-1)),
      tool(_('Xuống'), _('Đưa xuống (Alt+mũi tên xuống)'), () => this.moving.step(1)),
      tool(_('Vào nhóm'), _('Vào nhóm hoặc bảng ở trên (Alt+mũi tên phải)'), () => this.moving.inward()),
      tool(_('Ra ngoài'), _('Ra khỏi nhóm (Alt+mũi tên trái)'), () => this.moving.outward()),
      tool(_('Nhân đôi'), _('Nhân đôi'), () => this.moving.double()),
      tool(_('Xóa'), _('Xóa (Delete)'), () => this.said(this.moving.remove())),
    );
    if (at >= 0) this.tools.children[at].focus();
  }

  key(event) {
    const { key, altKey } = event;
    const acts = altKey
      ? { ArrowUp: () => this.moving.step(-1), ArrowDown: () => this.moving.step(1), ArrowRight: () => this.moving.inward(), ArrowLeft: () => this.moving.outward() }
      : { ArrowUp: () => this.next(-1), ArrowDown: () => this.next(1), Delete: () => this.said(this.moving.remove()) };
    if (!acts[key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    // What has the focus is meant, chosen or not.
    const path = event.target.dataset.path?.split('.').filter(Boolean).map(Number);
    if (path && !isSame(path, this.editing.chosen)) this.editing.choose(path);
    acts[key]();
  }

  next(by) {
    const lines = [...this.tree.querySelectorAll('.form-list__one')];
    const line = lines[lines.findIndex((one) => one.getAttribute('aria-current') === 'true') + by];
    line?.click();
  }

  draggable(item, component, path) {
    const where = (event) => {
      const { top, height } = item.firstElementChild.getBoundingClientRect();
      const part = (event.clientY - top) / height;
      if (isObject(component) && HOLDERS.includes(component.type) && part > 0.3 && part < 0.7) return 'inside';
      return part < 0.5 ? 'before' : 'after';
    };
    item.addEventListener('dragstart', (event) => {
      event.stopPropagation();
      this.dragged = path;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', labelOf(component));
    });
    item.addEventListener('dragover', (event) => {
      if (!this.dragged) return;
      event.preventDefault();
      event.stopPropagation();
      this.clear();
      item.dataset.drop = where(event);
    });
    item.addEventListener('drop', (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (this.dragged) this.moving.drop(this.dragged, path, where(event));
    });
    item.addEventListener('dragend', () => {
      this.dragged = undefined;
      this.clear();
    });
  }

  clear() {
    for (const one of this.tree.querySelectorAll('[data-drop]')) delete one.dataset.drop;
  }

  palette() {
    const made = el('div', { className: 'form-palette' }, el('h2', {}, _('Thêm ô')));
    made.append(el('div', { className: 'form-palette__kinds' }, ...Object.keys(KINDS).map((type) => button(kindName(type), () => {
      this.moving.add(type);
      document.querySelector('[data-form-properties] input, [data-form-properties] textarea')?.focus();
    }))));
    return made;
  }
}
