import { _ } from '../words.js';
import { fit, showBar } from './bar.js';
import { showClash } from './clash.js';
import { makeModeler, makeViewer } from './drawing.js';
import { fileButtons } from './files.js';
import { button, el } from './markup.js';
import { Mending } from './mending.js';
import { tellOfBlocks } from './blocks_told.js';
import { showPanel } from './panel/panel.js';
import { Problems } from './problems.js';
import { Saving } from './saving.js';
import { ask, Unreachable } from './server.js';
import { Walk } from './walk.js';

// As wide as palette, drawing and panel need beside each other.
const ROOM_TO_DRAW = '(min-width: 60rem)';

/** Opens the draft of `place`: to draw where one may and there is room, else to look at. */
export async function openStudio(place) {
  const canvas = place.querySelector('[data-studio-canvas]');
  const editable = 'editable' in place.dataset;
  const roomy = window.matchMedia(ROOM_TO_DRAW);
  try {
    const xml = await stored(place.dataset.diagram);
    if (editable && roomy.matches) return await openModeler(place, canvas, xml);
    await openViewer(place, canvas, xml);
    if (editable) tellOfRoom(place, roomy);
  } catch (problem) {
    const notice = el('p', { className: 'notice notice--error' }, _('Không mở được sơ đồ ({message}). Hãy tải lại trang.', { message: problem.message }));
    notice.setAttribute('role', 'alert');
    canvas.replaceChildren(notice);
  }
}

async function stored(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/xml' }, cache: 'no-store' });
  if (!answer.ok) throw new Error(_('mã {status}', { status: answer.status }));
  return answer.text();
}

async function openViewer(place, canvas, xml) {
  const viewer = makeViewer(emptied(canvas));
  await viewer.importXML(xml);
  place.classList.add('studio--reading');
  showBar(viewer, canvas, []);
  fit(viewer);
  const check = showProblems(place, canvas, viewer, async () => xml);
  await check();
  place.dataset.ready = '';
}

async function openModeler(place, canvas, xml) {
  const modeler = makeModeler(emptied(canvas));
  await modeler.importXML(xml);
  place.classList.add('studio--drawing');
  const read = async () => (await modeler.saveXML({ format: true })).xml;
  const state = (text, alarming = false) => {
    const said = place.querySelector('[data-studio-state]');
    said.textContent = text;
    said.classList.toggle('studio__state--alarming', alarming);
  };
  const check = showProblems(place, canvas, modeler, read);
  const saving = new Saving(place, read, { state, checked: (answer) => { tellOfScenarios(place, answer); check.show(answer); }, clash: (told) => showClash(place, told, read, saving) });
  modeler.on('commandStack.changed', ({ trigger }) => { if (trigger !== 'clear') saving.changed(); });
  const mending = new Mending(modeler, place, read, () => { saving.changed(); check(); }, state);
  check.problems.mend = (problem) => mending.mend(problem);
  const imported = (text) => {
    mending.forget();
    saving.imported = text;
    fit(modeler);
    saving.changed();
  };
  const vocabulary = showPanel(modeler, place.querySelector('[data-studio-properties]'), place);
  tellOfBlocks(modeler, vocabulary, state);
  showBar(modeler, canvas, [button(_('Kiểm tra ngay'), () => check()), ...fileButtons(modeler, read, imported, state), saveButton(saving, state)]);
  fit(modeler);
  state(_('Mọi thay đổi được tự lưu.'));
  place.dataset.ready = '';
  await check();
}

const saveButton = (saving, state) => button(_('Lưu ngay'), () => {
  const clash = document.querySelector('.studio__clash');
  if (clash) {
    clash.scrollIntoView({ block: 'nearest' });
    clash.querySelector('button').focus();
  } else if (saving.changes === saving.kept) state(_('Không có thay đổi nào chưa lưu.'));
  else saving.now();
}, 'btn btn-sm btn-primary');

/** How the scenarios came out was told of the drawing with which the page came. */
function tellOfScenarios(place, { rev }) {
  const told = document.querySelector('[data-studio-stale]');
  if (told && rev !== Number(place.dataset.rev)) told.hidden = false;
}

/** A function that asks the gate of what is on the screen; its `show` draws an answer that came otherwise. */
function showProblems(place, canvas, viewer, read) {
  const walk = new Walk(viewer, canvas);
  const problems = new Problems(viewer, place.querySelector('[data-studio-problems]'), (problem) => walk.start(problem));
  const check = async () => {
    try {
      const { status, body } = await ask(place.dataset.check, { diagram: await read() });
      if (status === 200) problems.show(body);
      else problems.refused(body.sentence ?? _('mã {status}', { status }));
    } catch (problem) {
      if (!(problem instanceof Unreachable)) throw problem;
      problems.refused(problem.message);
    }
  };
  check.problems = problems;
  check.show = (answer) => problems.show(answer);
  return check;
}

function emptied(canvas) {
  canvas.replaceChildren();
  return canvas;
}

function tellOfRoom(place, roomy) {
  place.querySelector('[data-studio-state]').textContent = _('Để sửa sơ đồ cần màn hình rộng hơn; ở đây chỉ xem.');
  roomy.addEventListener('change', () => {
    const again = button(_('Mở để sửa'), () => location.reload(), 'btn btn-sm btn-primary');
    place.querySelector('[data-studio-state]').replaceChildren(_('Màn hình đã đủ rộng để sửa.'), ' ', again);
  }, { once: true });
}
