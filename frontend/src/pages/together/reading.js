// Rows of the table that this page only shows, because they are a colleague's: drawn anew from a fresh page.

const OF_ROW = /^\w+\.(\d+\.\d+)\.\w+$/;
const CELLS = ['result', 'verdict', 'evidence', 'difficulty'];

/** {path: criterion} of those paths that stand in a row without anything to type or choose. */
export function rowsToRead(form, paths) {
  const found = new Map();
  for (const path of paths) {
    const id = path.match(OF_ROW)?.[1];
    const row = id && form.querySelector(`[data-row="${id}"]`);
    if (row && !row.querySelector('[name]')) found.set(path, id);
  }
  return found;
}

export async function readAnew(form, criteria) {
  const answer = await fetch(window.location.pathname + window.location.search);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of criteria) {
    for (const cell of CELLS) {
      const [here, there] = [form, page].map((one) => one.querySelector(`[data-row="${id}"] .criteria__${cell}`));
      if (!here || !there) continue;
      // From our own server, escaped by its template.
      here.replaceChildren(...there.childNodes);
      if ('files' in there.dataset) here.dataset.files = there.dataset.files;
    }
  }
  // Nothing to judge: only the totals and filters follow.
  form.dispatchEvent(new CustomEvent('cells-refreshed', { detail: [] }));
}
