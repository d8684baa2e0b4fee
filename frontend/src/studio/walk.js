import { _ } from '../words.js';
import { button, el } from './markup.js';
import { jumpTo } from './problems.js';

const SENTENCES = {
  start: () => _('Hồ sơ được mở.'),
  complete: (name) => _('Xong việc “{name}”.', { name }),
  timer: (name) => _('Đến hạn “{name}”.', { name }),
  message: (name, said) => (said ? _('Nhận thông điệp “{said}” ở “{name}”.', { said, name }) : _('Nhận thông điệp “{name}”.', { name })),
  signal: (name, said) => (said ? _('Nghe tín hiệu “{said}” ở “{name}”.', { said, name }) : _('Nghe tín hiệu “{name}”.', { name })),
  fail: (name, said) => (said ? _('Lỗi “{said}” ở “{name}”.', { said, name }) : _('Lỗi ở “{name}”.', { name })),
};

/** Walks through an example step by step: what happens, and the way that it takes through the drawing. */
export class Walk {
  constructor(viewer, place) {
    Object.assign(this, { viewer, place, marked: [] });
    // The way belongs to the drawing that was checked.
    viewer.get('eventBus').on(['commandStack.changed', 'import.parse.start'], () => this.close());
  }

  start(problem) {
    this.close();
    this.problem = problem;
    this.at = 0;
    this.before = button(_('Bước trước'), () => this.go(-1));
    this.after = button(_('Bước sau'), () => this.go(1), 'btn btn-sm btn-primary');
    this.said = el('p', { className: 'studio-walk__said' });
    this.said.setAttribute('role', 'status');
    this.bar = el(
      'div', { className: 'studio-walk' }, this.said,
      el('div', { className: 'studio-walk__buttons' }, this.before, this.after, button(_('Đóng'), () => this.close())),
    );
    this.bar.setAttribute('role', 'group');
    this.bar.setAttribute('aria-label', _('Cách xảy ra'));
    this.bar.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) this.go(by);
      else if (event.key === 'Escape') this.close();
    });
    this.place.append(this.bar);
    this.show();
    this.place.scrollIntoView({ block: 'nearest' });
    this.after.focus();
  }

  go(by) {
    const next = this.at + by;
    if (next < 0 || next > this.last) return;
    this.at = next;
    this.show();
  }

  get last() {
    return this.problem.example.length - 1;
  }

  show() {
    this.unmark();
    const steps = this.problem.example;
    for (const step of steps.slice(0, this.at)) this.mark(step.path, 'is-walked');
    this.mark(steps[this.at].path, 'is-walking');
    const end = this.at === this.last;
    if (end) this.mark([this.problem.element], 'is-wrong-here');
    const where = _('Bước {at}/{all}: {what}', { at: this.at + 1, all: steps.length, what: this.sentence(steps[this.at]) });
    this.said.replaceChildren(where, ...(end ? [el('strong', {}, ` ${this.problem.message}`)] : []));
    this.before.disabled = this.at === 0;
    this.after.disabled = end;
    if (end) this.before.focus();
    this.reveal(steps[this.at]);
  }

  sentence({ kind, element, name }) {
    const drawn = this.viewer.get('elementRegistry').get(element)?.businessObject.name;
    return SENTENCES[kind](drawn || name || element, drawn && name !== drawn ? name : '');
  }

  reveal(step) {
    const shapes = step.path.filter((id) => this.viewer.get('elementRegistry').get(id)?.waypoints === undefined);
    const id = shapes.at(-1) ?? step.element;
    if (id) jumpTo(this.viewer, id);
  }

  mark(ids, marker) {
    for (const id of new Set(ids)) {
      if (!this.viewer.get('elementRegistry').get(id)) continue; // inside a called process
      this.viewer.get('canvas').addMarker(id, marker);
      this.marked.push({ id, marker });
    }
  }

  unmark() {
    for (const { id, marker } of this.marked) {
      if (this.viewer.get('elementRegistry').get(id)) this.viewer.get('canvas').removeMarker(id, marker);
    }
    this.marked = [];
  }

  close() {
    this.unmark();
    this.bar?.remove();
    this.bar = undefined;
  }
}
