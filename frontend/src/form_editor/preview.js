import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { ask, Unreachable } from '../studio/server.js';

const AFTER_THE_LAST_CHANGE = 400;

/** The form as the server draws it for those who fill it in. `heard({problems, refused})` is told what is wrong. */
export class Preview {
  constructor(place, editing, heard) {
    Object.assign(this, { address: place.dataset.preview, form: place.querySelector('[data-form-preview]'), editing, heard, asked: 0 });
    this.state = el('span', { className: 'field-help' });
    this.state.setAttribute('role', 'status');
    this.actions = el('select', { className: 'form-select form-select-sm' });
    this.actions.setAttribute('aria-label', _('Nút sẽ bấm'));
    this.actions.addEventListener('change', () => this.now());
    place.querySelector('[data-form-tools]').replaceChildren(this.actions, button(_('Thử gửi'), () => this.now(true)), this.state);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.now(true);
    });
    this.form.addEventListener('change', () => this.later());
    editing.onChange((shape) => { if (shape !== 'choice') this.later(); });
    this.now();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), AFTER_THE_LAST_CHANGE);
  }

  async now(tried = false) {
    clearTimeout(this.timer);
    this.asked += 1;
    const mine = this.asked;
    const typed = [...new FormData(this.form)].filter(([name, value]) => name !== 'action' && typeof value === 'string');
    if (this.actions.value) typed.push(['action', this.actions.value]);
    try {
      const { status, body } = await ask(this.address, { form: this.editing.text(), typed, try: tried });
      if (mine !== this.asked) return;
      if (status === 200) this.show(body);
      else this.refuse(body.sentence ?? _('mã {status}', { status }));
    } catch (problem) {
      if (!(problem instanceof Unreachable)) throw problem;
      if (mine === this.asked) this.refuse(problem.message);
    }
  }

  show({ html, actions, problems }) {
    this.heard({ problems });
    this.state.textContent = html === null ? _('Sửa hết lỗi thì bản xem trước mới đổi theo.') : '';
    this.form.classList.toggle('is-old', html === null);
    if (html === null) return;
    const chosen = this.actions.value;
    this.actions.replaceChildren(...actions.map(([name, label]) => el('option', { value: name, selected: name === chosen }, label)));
    this.actions.hidden = actions.length < 2;
    const focused = this.form.contains(document.activeElement) ? document.activeElement : null;
    this.form.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
    if (!focused?.name) return;
    const again = [...this.form.elements].filter(({ name }) => name === focused.name);
    (again.find(({ value }) => value === focused.value) ?? again[0])?.focus();
  }

  refuse(why) {
    this.heard({ refused: why });
    this.state.textContent = _('Chưa xem trước được: {why}', { why });
  }
}
