// Which uploads this browser has begun, so that they go on after a reload: {key: {id, name, size, url, place, at}}.

const STORE = 'congnhan.uploads';
const KEPT = 24 * 60 * 60 * 1000;

/** The same file for the same place: by what the browser tells of a file without reading it. */
export function keyOf(file, target) {
  return [target.url, target.place, file.name, file.size, file.lastModified].join('|');
}

export function recalled(key) {
  return all()[key] ?? null;
}

export function begunFor(target) {
  return Object.entries(all()).filter(([, one]) => one.url === target.url && one.place === target.place);
}

export function remember(key, id, file, target) {
  store({ ...all(), [key]: { id, name: file.name, size: file.size, url: target.url, place: target.place, at: Date.now() } });
}

export function forget(key) {
  const { [key]: _, ...rest } = all();
  store(rest);
}

function all() {
  try {
    const found = Object.entries(JSON.parse(localStorage.getItem(STORE) ?? '{}'));
    // The server keeps what has come for a day.
    return Object.fromEntries(found.filter(([, one]) => Date.now() - one.at < KEPT));
  } catch {
    return {};
  }
}

function store(uploads) {
  try {
    localStorage.setItem(STORE, JSON.stringify(uploads));
  } catch {
    // A browser that keeps nothing uploads all the same; only a reload begins anew.
  }
}
