import { readExactly, writeExactly } from './exact.js';
import { at } from './tree.js';

const MOST_KEPT = 100;

/** What is edited, what of it is chosen, and the way back. `onChange(shape)` is told; `shape`: more than a value changed. */
export class Editing {
  constructor(text) {
    this.data = readExactly(text);
    this.chosen = [];
    this.done = [];
    this.undone = [];
    this.listeners = [];
    this.fresh = new Set(); // keys that still follow their label
  }

  text() {
    return writeExactly(this.data);
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  tell(shape) {
    for (const listener of this.listeners) listener(shape);
  }

  choose(path) {
    this.chosen = path;
    this.last = undefined;
    this.tell('choice');
  }

  component() {
    return at(this.data, this.chosen) ?? this.data;
  }

  /** One step that can be undone; steps of one kind at one place after one another (typing) are one. */
  change(act, { typing, shape = true } = {}) {
    const place = typing && `${this.chosen.join('.')} ${typing}`;
    if (!place || place !== this.last) {
      this.done.push({ text: this.text(), chosen: this.chosen });
      if (this.done.length > MOST_KEPT) this.done.shift();
    }
    this.last = place;
    this.undone = [];
    const path = act(this.data);
    if (Array.isArray(path)) this.chosen = path;
    this.tell(shape ? 'shape' : 'value');
  }

  undo() {
    this.swap(this.done, this.undone);
  }

  redo() {
    this.swap(this.undone, this.done);
  }

  swap(from, to) {
    const state = from.pop();
    if (!state) return;
    to.push({ text: this.text(), chosen: this.chosen });
    this.data = readExactly(state.text);
    this.chosen = at(this.data, state.chosen) === undefined ? [] : state.chosen;
    this.last = undefined;
    this.tell('shape');
  }
}
