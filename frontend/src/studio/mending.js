import { _ } from '../words.js';
import { button, el } from './markup.js';
import { ask, Unreachable } from './server.js';

/**
 * Does what is mechanical in a problem's remedy, by the server, and shows the drawing with it done.
 *
 * To draw anew empties the modeler's memory of changes, so the drawing before is kept here, one click away, until
 * something else is drawn. `mended()` is told whenever another drawing is shown.
 */
export class Mending {
  constructor(modeler, place, read, mended, state) {
    Object.assign(this, { modeler, read, mended, state, address: place.dataset.check.replace(/kiem-tra$/, 'sua-giup'), former: [] });
    this.said = el('div', { className: 'notice notice--info studio-mended', hidden: true });
    this.said.setAttribute('role', 'status');
    place.querySelector('[data-studio-problems]').before(this.said);
    // What is drawn afterwards would be lost on the way back.
    modeler.on('commandStack.changed', ({ trigger }) => { if (trigger !== 'clear') this.forget(); });
  }

  async mend({ element, rule, message }) {
    if (this.busy) return;
    this.busy = true;
    try {
      const before = await this.read();
      const { status, body } = await ask(this.address, { diagram: before, element, rule, message });
      if (status !== 200) return void this.state(body.sentence ?? _('mã {status}', { status }), true);
      if (await this.read() !== before) return void this.state(_('Sơ đồ vừa thay đổi; hãy bấm Sửa giúp lại.'), true);
      await this.show(body.diagram);
      this.former.push({ before, label: body.label });
      this.tell();
    } catch (problem) {
      if (!(problem instanceof Unreachable)) throw problem;
      this.state(_('Chưa sửa giúp được: {why}.', { why: problem.message }), true);
    } finally {
      this.busy = false;
    }
  }

  async back() {
    const last = this.former.pop();
    if (!last) return;
    await this.show(last.before);
    this.tell();
  }

  /** Another drawing in the same view. */
  async show(xml) {
    const canvas = this.modeler.get('canvas');
    const { x, y, width, height } = canvas.viewbox();
    await this.modeler.importXML(xml);
    canvas.viewbox({ x, y, width, height });
    this.mended();
  }

  tell() {
    const last = this.former.at(-1);
    this.said.hidden = !last;
    if (!last) return void this.said.replaceChildren();
    const back = button(_('Trở lại sơ đồ trước'), () => this.back());
    this.said.replaceChildren(_('Đã sửa giúp: {what}.', { what: last.label }), ' ', back);
    back.focus({ preventScroll: true });
  }

  forget() {
    this.former = [];
    this.tell();
  }
}
