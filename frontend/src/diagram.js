import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { markChanges } from './diagram_changes.js';
import { showCounts } from './diagram_counts.js';
import { Replay } from './replay.js';
import { _ } from './words.js';

// To draw one takes a quarter of a second on an old machine: not before it comes near to what is seen.
const coming = new IntersectionObserver((places) => {
  for (const { isIntersecting, target } of places) {
    if (!isIntersecting) continue;
    coming.unobserve(target);
    draw(target).catch((problem) => showFailure(target, problem));
  }
}, { rootMargin: '25%' });

/** Draws the diagram of every `[data-diagram]` element inside `root`, with the case's tokens on it. */
function drawAll(root) {
  for (const place of root.querySelectorAll('[data-diagram]:not([data-drawn])')) {
    place.dataset.drawn = '';
    coming.observe(place);
  }
}

const drawn = new WeakMap();

async function draw(place) {
  const answer = await fetch(place.dataset.diagram, { headers: { Accept: 'application/xml' } });
  if (!answer.ok) throw new Error(_('mã {status}', { status: answer.status }));
  return drawXml(place, await answer.text());
}

async function drawXml(place, xml) {
  if ('xml' in place.dataset) return; // while it was fetched, printing has drawn it
  place.dataset.xml = '';
  const viewer = makeViewer(place);
  await viewer.importXML(xml);
  const active = ids(place.dataset.active);
  const done = ids(place.dataset.done);
  const replay = place.dataset.tokens ? new Replay(place, viewer) : undefined;
  if (!replay) {
    markDone(viewer, done.filter((id) => !active.includes(id)));
    markActive(viewer, active);
  }
  markChanges(place, viewer);
  showCounts(place, viewer);
  describe(place, viewer, active);
  addZoomButtons(place, viewer);
  const { width, height } = frame(viewer);
  place.style.aspectRatio = `${width} / ${height}`;
  place.dataset.ready = '';
  drawn.set(place, { viewer, active });
  if (place.classList.contains('is-printing')) fit(viewer);
  else show(viewer, active);
  new ResizeObserver(() => {
    if (!place.classList.contains('is-printing')) show(viewer, replay ? [replay.here] : active);
  }).observe(place);
}

/** Paper has every drawing, whole, whether or not it was scrolled to: of what is shown and not folded away. */
window.addEventListener('beforeprint', () => {
  for (const place of document.querySelectorAll('[data-diagram]')) {
    if (!place.getClientRects().length || 'failed' in place.dataset) continue;
    place.classList.add('is-printing');
    const one = drawn.get(place);
    if (one) fit(one.viewer);
    else drawAtOnce(place);
  }
});
window.addEventListener('afterprint', () => {
  for (const place of document.querySelectorAll('.is-printing')) {
    place.classList.remove('is-printing');
    const one = drawn.get(place);
    if (one) show(one.viewer, one.active);
  }
});

/** The page is printed when the listener has ended, so nothing may be waited for here but what is in memory. */
function drawAtOnce(place) {
  const request = new XMLHttpRequest();
  request.open('GET', place.dataset.diagram, false);
  try {
    request.send();
  } catch {
    return; // no connection: the page is printed without it
  }
  if (request.status !== 200) return;
  coming.unobserve(place);
  drawXml(place, request.responseText).catch((problem) => showFailure(place, problem));
}

function makeViewer(place) {
  // The wheel goes on scrolling the page: nobody should be caught in the picture.
  return new NavigatedViewer({ container: place, zoomScroll: { enabled: false } });
}

const ids = (list) => (list ?? '').split(',').map((id) => id.trim()).filter(Boolean);

function markDone(viewer, done) {
  for (const id of new Set(done)) {
    if (!viewer.get('elementRegistry').get(id)) continue;
    viewer.get('canvas').addMarker(id, 'is-done');
    if (isStep(viewer, id)) addBadge(viewer, id, 'token token--done', _('Đã xong'));
  }
}

function markActive(viewer, active) {
  for (const id of new Set(active)) {
    if (!viewer.get('elementRegistry').get(id)) continue;
    const tokens = active.filter((each) => each === id).length;
    viewer.get('canvas').addMarker(id, 'is-active');
    addBadge(viewer, id, 'token token--active', tokens > 1 ? _('Đang ở đây ({tokens})', { tokens }) : _('Đang ở đây'));
  }
}

const isStep = (viewer, id) => /Task$|CallActivity|SubProcess/.test(viewer.get('elementRegistry').get(id).type);

function addBadge(viewer, id, className, text) {
  const badge = document.createElement('span');
  badge.className = className;
  badge.textContent = text;
  viewer.get('overlays').add(id, { position: { top: -3, left: 0 }, html: badge, scale: { min: 0.75, max: 1.25 } });
}

function describe(place, viewer, active) {
  const names = [...new Set(active)]
    .map((id) => viewer.get('elementRegistry').get(id)?.businessObject.name)
    .filter(Boolean);
  const label = place.getAttribute('aria-label') ?? _('Sơ đồ quy trình');
  place.setAttribute('role', 'group');
  place.setAttribute('aria-label', names.length ? _('{label}. Hồ sơ đang ở: {names}', { label, names: names.join('; ') }) : label);
}

function addZoomButtons(place, viewer) {
  const actions = {
    '+': [_('Phóng to'), () => viewer.get('zoomScroll').stepZoom(1)],
    '−': [_('Thu nhỏ'), () => viewer.get('zoomScroll').stepZoom(-1)],
    [_('Vừa khung')]: [_('Hiện cả sơ đồ'), () => fit(viewer)],
  };
  const bar = document.createElement('div');
  bar.className = 'diagram__zoom';
  for (const [text, [label, act]] of Object.entries(actions)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.title = label;
    if (text.length === 1) button.setAttribute('aria-label', label); // a sign; words name themselves
    button.addEventListener('click', act);
    bar.append(button);
  }
  place.append(bar);
  place.addEventListener('keydown', (event) => {
    const button = { '+': 0, '=': 0, '-': 1, 0: 2 }[event.key];
    if (button === undefined || event.ctrlKey || event.metaKey) return;
    bar.children[button].click();
    event.preventDefault();
  });
}

const LEGIBLE = 0.45;

/** The whole drawing, or, where that would be too small to read, the neighbourhood of the token. */
function show(viewer, active) {
  fit(viewer);
  const canvas = viewer.get('canvas');
  const token = viewer.get('elementRegistry').get(active[0]);
  if (token && canvas.getSize().width && canvas.zoom() < LEGIBLE) {
    canvas.zoom(0.75, { x: 0, y: 0 });
    canvas.scrollToElement(token, 40);
  }
}

function fit(viewer) {
  const canvas = viewer.get('canvas');
  canvas.resized();
  const size = canvas.getSize();
  if (!size.width || !size.height) return; // not shown now, for example in a folded part of the page
  const { x, y, width, height } = frame(viewer);
  const scale = Math.min(size.width / width, size.height / height);
  canvas.viewbox({
    x: x - (size.width / scale - width) / 2,
    y: y - (size.height / scale - height) / 2,
    width: size.width / scale,
    height: size.height / scale,
  });
}

/** The drawing with some air, and a strip below it for the buttons and the bpmn.io mark. */
function frame(viewer) {
  const { x, y, width, height } = viewer.get('canvas').viewbox().inner;
  return { x: x - 15, y: y - 15, width: width + 30, height: height + 15 + 60 };
}

function showFailure(place, problem) {
  const notice = document.createElement('p');
  notice.className = 'notice notice--error';
  notice.setAttribute('role', 'alert');
  notice.textContent = _('Không tải được sơ đồ ({message}). Hãy tải lại trang; các bước vẫn có trong quá trình xử lý.', { message: problem.message });
  place.replaceChildren(notice);
  place.dataset.failed = '';
}

drawAll(document);
document.addEventListener('htmx:load', ({ target }) => drawAll(target.parentNode ?? document));
