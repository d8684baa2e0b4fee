/** Shows on a drawing what is different: `data-marks` is {element: [how, word]}; each mark has a word and a line of its own. */
export function markChanges(place, viewer) {
  const marks = JSON.parse(place.dataset.marks ?? '{}');
  for (const [id, [how, word]] of Object.entries(marks)) {
    const element = viewer.get('elementRegistry').get(id);
    if (!element) continue;
    viewer.get('canvas').addMarker(id, `change-${how}`);
    if (element.waypoints || /Lane$|Participant$/.test(element.type)) continue; // lines and grounds: the line says it
    if (how === 'uncovered' && element.width < 60) continue; // a badge would hide an event or gateway; the list names it
    const badge = document.createElement('span');
    badge.className = `change-mark change-mark--${how}`;
    badge.textContent = word;
    viewer.get('overlays').add(id, { position: how === 'removed' ? { bottom: 8, left: -6 } : { top: -12, left: -6 }, html: badge, scale: { min: 0.6, max: 1.1 } });
  }
}
