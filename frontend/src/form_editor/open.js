import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { Saving } from '../studio/saving.js';
import { download, showClash } from './clash.js';
import { Editing } from './editing.js';
import { List } from './list.js';
import { labelOf, Moving } from './moving.js';
import { Preview } from './preview.js';
import { Properties } from './properties.js';
import { at } from './tree.js';

/** Opens the form of `place`: to edit while the draft is drawn; else what the server wrote stays. */
export function openFormEditor(place) {
  if (!('editable' in place.dataset)) return;
  const editing = new Editing(place.dataset.text);
  const state = (text, alarming = false) => {
    const said = place.querySelector('[data-studio-state]');
    said.textContent = text;
    said.classList.toggle('studio__state--alarming', alarming);
  };
  const list = new List(place.querySelector('[data-form-list]'), editing, new Moving(editing), (what) => tellDone(place, what, editing));
  const properties = new Properties(place.querySelector('[data-form-properties]'), editing);
  const gate = el('p', { className: 'form-editor__gate' });
  place.querySelector('[data-form-problems]').after(gate);
  const saving = new Saving(place, async () => editing.text(), { state, checked: (answer) => tellGate(gate, place, answer, saving), clash: (told) => showClash(place, told, editing, saving) });
  editing.onChange((shape) => { if (shape !== 'choice') saving.changed(); });
  new Preview(place, editing, ({ problems, refused }) => {
    if (problems) showProblems(place, problems, { editing, list, properties });
    else tellRefused(place, refused);
  });
  showBar(place, editing, saving, state);
  place.addEventListener('keydown', (event) => undoByKey(event, editing));
  place.classList.add('form-editor--open');
  state(_('Mọi thay đổi được tự lưu.'));
  place.dataset.ready = '';
}

function showBar(place, editing, saving, state) {
  const undo = button(_('Hoàn tác'), () => editing.undo());
  const redo = button(_('Làm lại'), () => editing.redo());
  const renew = () => {
    undo.disabled = !editing.done.length;
    redo.disabled = !editing.undone.length;
  };
  editing.onChange(renew);
  renew();
  const said = el('span', { className: 'form-editor__said' });
  said.setAttribute('role', 'status');
  const now = button(_('Lưu ngay'), () => {
    if (saving.changes === saving.kept) state(_('Không có thay đổi nào chưa lưu.'));
    else saving.now();
  }, 'btn btn-sm btn-primary');
  place.querySelector('[data-form-bar]').replaceChildren(undo, redo, button(_('Tải về (.form)'), () => download(editing.text(), place.dataset.formKey)), now, said);
}

function tellDone(place, what, editing) {
  if (!what) return;
  const back = button(_('Lấy lại'), () => {
    editing.undo();
    said.replaceChildren();
  });
  const said = place.querySelector('.form-editor__said');
  said.replaceChildren(what, ' ', back);
}

function undoByKey(event, editing) {
  const { target, key } = event;
  if (!(event.ctrlKey || event.metaKey) || target.matches('input:not([type=checkbox]), textarea, select') || target.closest('[data-form-preview]')) return;
  const act = { z: event.shiftKey ? 'redo' : 'undo', y: 'redo' }[key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  editing[act]();
}

/** At the fields, in the panel, and in the list below, which leads to them. */
function showProblems(place, problems, { editing, list, properties }) {
  const counts = new Map();
  for (const { path } of problems) counts.set(path.join('.'), (counts.get(path.join('.')) ?? 0) + 1);
  list.mark(counts);
  properties.tell(problems);
  const lines = problems.map(({ path, message, remedy }) => {
    const component = at(editing.data, path);
    const where = component && path.length ? button(labelOf(component), () => {
      editing.choose(path);
      place.querySelector('[data-form-properties]').scrollIntoView({ block: 'nearest' });
      place.querySelector('[data-form-properties] :is(input, textarea, select)')?.focus();
    }, 'studio-problem__where btn-link') : el('span', { className: 'studio-problem__where' }, _('Cả biểu mẫu'));
    return el('li', { className: 'studio-problem studio-problem--error' }, el('strong', {}, _('Lỗi')), ' ', where, `: ${message} ${remedy}`);
  });
  place.querySelector('[data-form-problems]').replaceChildren(...(lines.length ? lines : [el('li', { className: 'studio-problem studio-problem--none' }, _('Biểu mẫu không có lỗi.'))]));
}

function tellRefused(place, why) {
  const problems = place.querySelector('[data-form-problems]');
  problems.querySelector('.studio-problem--refused')?.remove();
  problems.prepend(el('li', { className: 'studio-problem studio-problem--refused' }, _('Chưa kiểm tra được: {why}.', { why: why.replace(/\.$/, '') })));
}

/** What the gate says of the whole draft, with this form as it is stored now. */
function tellGate(gate, place, { publishable, problems }, saving) {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  gate.textContent = publishable ? _('Cả bản thảo không có lỗi: ban hành được.') : _('Cả bản thảo còn {count} lỗi ở nơi khác; xem mục Kiểm tra ở trang bản thảo.', { count: errors });
  if (!publishable && !errors) gate.textContent = _('Bản thảo chưa ban hành được vì biểu mẫu này còn lỗi.');
  // The form below that replaces everything by a file goes by the same rev.
  const rev = document.querySelector('[data-form-rev]');
  if (rev) rev.value = saving.rev;
}
