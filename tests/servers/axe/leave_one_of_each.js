// Takes out of the page each row, cell or item that is made exactly as one before it in the same kind of place:
// axe asks some sixty questions of each, to which the answers are the same. What something else points to stays.
() => {
  const KEPT = ['role', 'type', 'class', 'scope', 'tabindex', 'lang', 'disabled'];
  const POINTING = ['for', 'headers', 'list', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns'];
  const WORDS = 'a, button, label, summary, legend, caption, h1, h2, h3, h4, p'; // belong together
  const about = (one) => `${one.tagName}.${one.getAttribute('class') ?? ''}`;

  const made = new Map();
  const make = (one) => {
    const marks = [...one.attributes].map(({ name, value }) =>
      KEPT.includes(name) ? `${name}=${value}` : name + (value.trim() ? '' : '?'));
    const says = [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()) ? 'says' : '';
    const named = says && one.hasAttribute('aria-label') ? `${one.ariaLabel}=${one.textContent.trim()}` : '';
    const inside = [...new Set([...one.children].map(make))];
    made.set(one, `${one.tagName}[${marks.sort()}]${named}${says}(${inside})`);
    return made.get(one);
  };
  make(document.body);

  const pointed = new Map();
  const point = (id, from) => pointed.set(id, [...(pointed.get(id) ?? []), from]);
  for (const one of document.querySelectorAll('*')) {
    for (const name of POINTING) for (const id of one.getAttribute(name)?.split(/\s+/) ?? []) point(id, one);
    const place = one.getAttribute('href');
    if (place?.startsWith('#')) point(place.slice(1), one);
  }
  const isWanted = (part) => [part, ...part.querySelectorAll('[id], label')].some((one) =>
    (one.control && !part.contains(one.control)) || (pointed.get(one.id) ?? []).some((from) => !part.contains(from)));

  const seen = new Set();
  const walk = (one) => {
    if (one.matches(WORDS)) return;
    for (const child of [...one.children]) {
      const kind = `${about(one)} > ${made.get(child)}`;
      if (seen.has(kind) && !isWanted(child)) child.remove();
      else {
        seen.add(kind);
        walk(child);
      }
    }
  };
  walk(document.body);
}
