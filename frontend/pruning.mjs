// Leaves out of Tabler what no page of ours can use: four fifths of it, and on a commune's line half a second.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
// Whatever stands as a word in one of these may be a class or an attribute there.
const SOURCES = [
  ['service/web', ['.html', '.py']],
  ['service/api', ['.html']],
  ['frontend/src', ['.js', '.html']],
];

/** The CSS without rules for classes and attributes, nor variables, that nothing names. */
export function prune(css) {
  const words = wordsOfSources();
  const kept = parse(css).map((part) => keep(part, words)).filter(Boolean);
  return withoutIdleVariables(kept.map(print).join('\n'));
}

function wordsOfSources() {
  const words = new Set();
  for (const [folder, endings] of SOURCES)
    for (const text of texts(resolve(root, folder), endings))
      for (const [word] of text.matchAll(/[A-Za-z][\w-]*/g)) words.add(word);
  return words;
}

function* texts(folder, endings) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && endings.includes(extname(entry.name)) && !entry.parentPath.includes('node_modules'))
      yield readFileSync(resolve(entry.parentPath, entry.name), 'utf8');
}

/** [{head, body}] of rules and [{head, parts}] of at-rules around rules; a statement has its head only. */
function parse(css) {
  const parts = [];
  let at = 0;
  const text = css.replace(/\/\*[\s\S]*?\*\//g, '');
  while (at < text.length) {
    const opened = find(text, at, '{;');
    if (opened === text.length) break;
    const head = text.slice(at, opened).trim();
    if (text[opened] === ';') {
      parts.push({ head: `${head};` });
      at = opened + 1;
      continue;
    }
    const closed = endOfBlock(text, opened);
    const inside = text.slice(opened + 1, closed);
    if (/^@(media|supports|layer|container)/.test(head)) parts.push({ head, parts: parse(inside) });
    else parts.push({ head, body: inside.trim() });
    at = closed + 1;
  }
  return parts;
}

/** Where one of these characters comes next outside of quotes and brackets. */
function find(text, from, wanted) {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const one = text[at];
    if (one === '\\') at++;
    else if (one === '"' || one === "'") at = text.indexOf(one, at + 1);
    else if (depth === 0 && wanted.includes(one)) return at;
    else if (one === '(' || one === '[') depth++;
    else if (one === ')' || one === ']') depth--;
  }
  return text.length;
}

function endOfBlock(text, opened) {
  let at = opened + 1;
  for (let depth = 1; ; at++) {
    at = find(text, at, '{}');
    depth += text[at] === '{' ? 1 : -1;
    if (depth === 0 || at === text.length) return at;
  }
}

function keep(part, words) {
  if (part.parts) {
    const parts = part.parts.map((one) => keep(one, words)).filter(Boolean);
    return parts.length ? { head: part.head, parts } : null;
  }
  if (part.body === undefined || part.head.startsWith('@')) return part;
  const selectors = split(part.head).filter((selector) => canMatch(selector, words));
  return selectors.length ? { head: selectors.join(','), body: part.body } : null;
}

function split(head) {
  const selectors = [];
  for (let at = 0; at < head.length; ) {
    const end = find(head, at, ',');
    selectors.push(head.slice(at, end).trim());
    at = end + 1;
  }
  return selectors;
}

/** What stands in `:not()`, `:is()` and `:where()` need not be there. */
function canMatch(selector, words) {
  const demanded = selector.replace(/:(not|is|where)\((?:[^()]|\([^()]*\))*\)/g, '');
  const classes = [...demanded.replace(/\[[^\]]*\]/g, '').matchAll(/\.((?:\\.|[\w-])+)/g)].map(([, name]) => name);
  const attributes = [...demanded.matchAll(/\[([\w-]+)/g)].map(([, name]) => name);
  return [...classes, ...attributes].every((name) => words.has(name.replace(/\\/g, '')));
}

function print(part) {
  if (part.parts) return `${part.head}{${part.parts.map(print).join('\n')}}`;
  return part.body === undefined ? part.head : `${part.head}{${part.body}}`;
}

/** A variable may be named by another one only: until nothing goes any more. */
function withoutIdleVariables(css) {
  const ours = [...texts(resolve(root, 'frontend/src'), ['.css', '.js'])].join('\n');
  for (let now = css; ; ) {
    const named = new Set([...`${now}\n${ours}`.matchAll(/var\(\s*(--[\w-]+)/g)].map(([, name]) => name));
    const next = now.replace(/(?<=[{;]\s*)(--[\w-]+)\s*:(?:[^;{}"']|"[^"]*"|'[^']*')*(?:;|(?=\}))/g, (all, name) => (named.has(name) ? all : ''));
    if (next === now) return now;
    now = next;
  }
}
