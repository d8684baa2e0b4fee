/**
 * How many cases stand where, and which ways they went: `data-standing` is {element: {text, late}}, `data-taken`
 * {flow: [times, text]}. Each number is a word beside what it counts; the line only says it once more.
 */
export function showCounts(place, viewer) {
  const registry = viewer.get('elementRegistry');
  for (const [id, { text, late }] of Object.entries(JSON.parse(place.dataset.standing ?? '{}'))) {
    if (!registry.get(id)) continue;
    viewer.get('canvas').addMarker(id, 'is-active');
    put(viewer, id, `token ${late ? 'token--late' : 'token--active'}`, late ? `${text}, ${late}` : text, { top: -3, left: 0 });
  }
  const taken = Object.entries(JSON.parse(place.dataset.taken ?? '{}')).filter(([id]) => registry.get(id));
  const most = Math.max(1, ...taken.map(([, [times]]) => times));
  for (const [id, [times, text]] of taken) {
    const flow = registry.get(id);
    viewer.get('canvas').addMarker(id, `taken-${1 + Math.round((3 * times) / most)}`);
    const [from, to] = longest(flow.waypoints);
    const { x, y } = corner(flow.waypoints);
    // Beside the line: names stand above it.
    const level = Math.abs(from.x - to.x) > Math.abs(from.y - to.y);
    put(viewer, id, 'taken', text, { top: (from.y + to.y) / 2 - y + (level ? 4 : -7), left: (from.x + to.x) / 2 - x + (level ? -16 : 5) });
  }
}

function put(viewer, id, className, text, position) {
  const badge = document.createElement('span');
  badge.className = className;
  badge.textContent = text;
  viewer.get('overlays').add(id, { position, html: badge, scale: { min: 0.75, max: 1.25 } });
}

/** The two ends of the longest straight part: there is most room for a number. */
function longest(points) {
  const parts = points.slice(1).map((point, at) => [points[at], point]);
  return parts.reduce((best, part) => (length(part) > length(best) ? part : best));
}

const length = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
const corner = (points) => ({ x: Math.min(...points.map(({ x }) => x)), y: Math.min(...points.map(({ y }) => y)) });
