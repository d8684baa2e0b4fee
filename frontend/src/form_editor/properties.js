import { _ } from '../words.js';
import { el } from '../studio/markup.js';
import { choicesField } from './choices.js';
import { conditionField } from './condition_field.js';
import { choose, text, tick } from './controls.js';
import { formProperties } from './form_properties.js';
import { keyFrom, keyName, renameKey, unique } from './keys.js';
import { CHANGEABLE, CHOICES, KINDS, SCALARS, STATIC, TEXTS, changeType, kindName } from './kinds.js';
import { headMend, refusedAttributes } from './refused.js';
import { limits, ofCriteria, ofDates } from './special.js';
import { at, get, isObject, parentOf, set, walk } from './tree.js';

const OURS = new Set(['type', 'id', 'key', 'path', 'label', 'description', 'text', 'validate', 'values', 'conditional', 'properties', 'components', 'subtype', 'dateLabel', 'timeLabel', 'multiple']);

/** What can be said of the chosen component; of the form where none is chosen. */
export class Properties {
  constructor(place, editing) {
    Object.assign(this, { place, editing, faults: [] });
    editing.onChange((shape) => { if (shape !== 'value') this.draw(); });
    this.draw();
  }

  /** The server's problems of every component: [{path, message, remedy}]. */
  tell(faults) {
    this.faults = faults;
    this.told.replaceChildren(...this.faultsHere());
  }

  faultsHere() {
    const here = this.editing.chosen.join('.');
    return this.faults.filter(({ path }) => path.join('.') === here).map(({ message, remedy }) => el('li', { className: 'studio-problem studio-problem--error' }, el('strong', {}, _('Lỗi')), ` ${message} ${remedy}`));
  }

  draw() {
    const { editing } = this;
    const component = editing.component();
    this.told = el('ul', { className: 'form-properties__faults' }, ...this.faultsHere());
    const whole = !editing.chosen.length;
    const heading = whole ? _('Cả biểu mẫu') : kindName(component?.type);
    const parts = whole ? [headMend(editing), ...formProperties(editing)] : !isObject(component) ? [el('p', {}, _('Chỗ này không phải một ô. Hãy xóa.'))] : [refusedAttributes(component, editing), ...this.parts(component)];
    const scrolled = this.place.scrollTop;
    this.place.replaceChildren(el('h2', {}, heading), this.told, ...parts);
    this.place.scrollTop = scrolled;
  }

  /** Writes one attribute of the chosen component; typing in one control is one step back. */
  write(names, value, { shape = false } = {}) {
    this.editing.change(() => set(this.editing.component(), names, value), { typing: names.join('.'), shape });
  }

  parts(component) {
    const { type } = component;
    const known = Object.hasOwn(KINDS, type);
    const inTable = at(this.editing.data, parentOf(this.editing.chosen)).type === 'dynamiclist';
    const write = (names, value, more) => this.write(names, value, more);
    if (!known) return [el('p', {}, _('Loại này không dùng được ở đây; hãy xóa rồi thêm một ô khác.')), this.foreign(component)];
    if (type === 'separator') return [this.shownWhen(component), this.foreign(component)];
    if (type === 'text') return [text(_('Nội dung'), component.text, (value) => write(['text'], value), { lines: 5, help: _('Chữ thuần, không có thẻ HTML.') }), this.shownWhen(component), this.foreign(component)];
    const redraw = () => this.draw();
    return [
      this.label(component),
      keyName(component) ? this.key(component) : '',
      CHANGEABLE.includes(type) ? choose(_('Loại'), type, (inTable ? SCALARS : CHANGEABLE).map((one) => [one, kindName(one)]), (to) => this.editing.change(() => changeType(component, to, (names) => set(component, names)))) : '',
      STATIC.includes(type) ? '' : tick(_('Bắt buộc'), get(component, 'validate', 'required') === true, (on) => write(['validate', 'required'], on || undefined)),
      text(_('Giúp đỡ dưới ô'), component.description, (value) => write(['description'], value), { lines: 2 }),
      TEXTS.includes(type) || type === 'number' ? limits(component, write) : '',
      type === 'datetime' ? ofDates(component, write, inTable) : '',
      CHOICES.includes(type) ? choicesField(component, (act, how) => this.editing.change(act, { shape: false, ...how }), redraw) : '',
      type === 'criteria' ? ofCriteria(component, write) : '',
      type === 'dynamiclist' ? el('p', { className: 'field-help' }, _('Cột: chọn trong danh sách bên trái. Khi đang chọn bảng, ô thêm vào thành cột mới.')) : '',
      type === 'group' ? el('p', { className: 'field-help' }, _('Khi đang chọn nhóm, ô thêm vào nằm trong nhóm.')) : '',
      inTable ? '' : this.shownWhen(component),
      inTable || STATIC.includes(type) ? '' : this.requiredWhen(component),
      inTable || STATIC.includes(type) ? '' : this.more(component),
      this.foreign(component),
    ];
  }

  label(component) {
    const { editing } = this;
    return text(_('Nhãn'), component.label, (value) => {
      editing.change((data) => {
        const name = keyName(component);
        for (const also of ['dateLabel', 'timeLabel']) if (component[also] === component.label) component[also] = value;
        component.label = value;
        const old = name && component[name];
        if (!name || !editing.fresh.has(old)) return;
        const key = unique(data, keyFrom(value), component);
        renameKey(data, component, key);
        editing.fresh.add(key);
        if (this.keyControl) this.keyControl.value = key;
      }, { typing: 'label', shape: false });
      return value.trim() ? undefined : _('Ghi nhãn: người làm cần biết ô hỏi gì.');
    }, { maxLength: 500 });
  }

  key(component) {
    const { editing } = this;
    const name = keyName(component);
    const made = text(_('Mã (khóa)'), component[name], (value) => {
      const key = value.trim();
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(key) || ['action', 'constructor'].includes(key)) return _('Chữ thường không dấu, số, gạch dưới, bắt đầu bằng chữ; khác action, constructor. Chưa đổi.');
      // Rows of a table have keys of their own: only its columns must differ from each other.
      const table = at(editing.data, parentOf(editing.chosen));
      const around = table.type === 'dynamiclist' ? table.components.map((one) => [one]) : [...walk(editing.data)].filter(([, path]) => path.every((number, depth) => !depth || at(editing.data, path.slice(0, depth)).type !== 'dynamiclist'));
      if (around.some(([other]) => other !== component && isObject(other) && keyName(other) && other[keyName(other)] === key)) return _('Mã này đã dùng cho một ô khác. Chưa đổi.');
      editing.fresh.delete(component[name]);
      editing.change((data) => { renameKey(data, component, key); }, { typing: 'key', shape: false });
      return undefined;
    }, { on: 'change', maxLength: 64, spellcheck: false, autocapitalize: 'none', help: _('Điều kiện trong biểu mẫu được đổi theo; điều kiện trong sơ đồ thì sửa ở sơ đồ. Đừng đổi mã của biểu mẫu đã có hồ sơ.') });
    this.keyControl = made.querySelector('input');
    return made;
  }

  shownWhen(component) {
    return conditionField({
      title: _('Chỉ hiện khi'), always: _('Luôn hiện'), data: this.editing.data, path: this.editing.chosen, expression: get(component, 'conditional', 'hide'), hides: true,
      write: (expression) => this.write(['conditional', 'hide'], expression),
    });
  }

  requiredWhen(component) {
    return conditionField({
      title: _('Bắt buộc khi'), always: _('Theo dấu “Bắt buộc” ở trên'), data: this.editing.data, path: this.editing.chosen, expression: get(component, 'properties', 'requiredIf'), hides: false,
      write: (expression) => this.write(['properties', 'requiredIf'], expression),
    });
  }

  more(component) {
    const expression = (value) => (value.trim() && !value.trim().startsWith('=') ? _('Bắt đầu bằng dấu =, ví dụ =so_ho > 0') : undefined);
    const routed = get(component, 'properties', 'routing') === 'true';
    const open = routed || Boolean(get(component, 'properties', 'valid'));
    const details = el('details', { className: 'form-properties__more', open }, el('summary', {}, _('Rẽ nhánh, điều kiện hợp lệ')));
    if (SCALARS.includes(component.type))
      details.append(tick(_('Sơ đồ đọc được câu trả lời này để rẽ nhánh'), routed, (on) => this.write(['properties', 'routing'], on ? 'true' : undefined), TEXTS.includes(component.type) ? _('Ô chữ phải có giới hạn không quá 500 ký tự.') : undefined));
    details.append(
      text(_('Hợp lệ khi (biểu thức)'), get(component, 'properties', 'valid'), (value) => {
        this.write(['properties', 'valid'], value.trim());
        return expression(value);
      }, { spellcheck: false, help: _('Ví dụ: =so_ho > 0. Đọc được chính ô này và các ô phía trên.') }),
      text(_('Câu báo khi không hợp lệ'), get(component, 'properties', 'validMessage'), (value) => this.write(['properties', 'validMessage'], value)),
    );
    return details;
  }

  /** What other tools wrote: kept, and shown so that nobody wonders. */
  foreign(component) {
    const others = Object.keys(component).filter((name) => !OURS.has(name));
    return others.length ? el('p', { className: 'field-help' }, _('Thuộc tính của công cụ khác, giữ nguyên: {names}', { names: others.join(', ') })) : '';
  }
}
