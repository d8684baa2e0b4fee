// Several people (or tabs) at one draft: only what was typed is sent, what others saved comes in beside it, and
// where both wrote the same field somebody chooses. The server decides; `rev` is what this page has been told of.

import { _ } from '../words.js';
import { dropClash, showClash, takeTheirs } from './together/clash.js';
import { controlsOf, entriesOf, holds, pathOf, put, snapshot, typedNames } from './together/fields.js';
import { readAnew, rowsToRead } from './together/reading.js';

const EVERY = 20_000;
const FRESH = 6_000;

/** `busy()` tells that a save is on its way; `shows(visible)` draws the parts that the answers show. */
export function together(form, { busy, shows }) {
  const { rev, touched, seen } = form.elements;
  const unsaved = new Set(touched.value.split(' ').filter(Boolean));
  // Known, but not put in: the field is being used, or only a fresh page can show it.
  const waiting = new Map();
  // The page may have been drawn with such fields: their choice is sent with the form.
  const undecided = new Map([...form.elements].filter(({ name }) => name === 'undecided').map(({ value }) => [value, null]));
  let base = snapshot(form), sent = null, asked = Date.now(), over = false;

  form.addEventListener('focusout', ({ target }) => { if (target.name) setTimeout(() => settle(pathOf(target.name))); });
  form.addEventListener('draft-moved', ({ detail }) => {
    if (detail === Number(rev.value) + 1) rev.value = detail;
    else refresh();
  });
  setInterval(() => { if (Date.now() - asked >= EVERY) refresh(); }, 1_000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });

  return { body, took, beforeSubmit, refresh, undecided: () => undecided.size };

  function names() {
    return typedNames(snapshot(form), base, unsaved);
  }

  /** What is to be saved now; null for nothing. */
  function body() {
    [...waiting.keys()].forEach(settle);
    const typed = names().filter((name) => !undecided.has(pathOf(name)));
    if (!typed.length) return null;
    const data = new FormData();
    for (const name of ['csrf_token', 'rev', 'action']) data.append(name, form.elements.namedItem(name).value);
    data.append('touched', typed.join(' '));
    for (const [name, value] of entriesOf(form, typed)) data.append(name, value);
    const now = snapshot(form);
    sent = typed.map((name) => [name, now.get(name)]);
    return data;
  }

  /** What the server answered to a save. */
  function took(told) {
    for (const [name, value] of sent ?? []) {
      if (value === undefined) base.delete(name);
      else base.set(name, value);
      unsaved.delete(pathOf(name));
    }
    sent = null;
    rev.value = told.rev;
    for (const clash of told.clashes ?? []) meet(clash);
    if (told.changes) takeIn(told.changes);
  }

  function beforeSubmit() {
    [...waiting.keys()].forEach(settle);
    touched.value = names().join(' ');
    seen.value = '';
  }

  async function refresh() {
    if (over || document.hidden || busy()) return;
    asked = Date.now();
    const from = rev.value;
    try {
      const answer = await fetch(`${form.dataset.autosave}?rev=${from}`, { headers: { Accept: 'application/json' } });
      // Logged out, handed over, closed: the next save says so.
      if (answer.status >= 400 && answer.status < 500) over = true;
      if (answer.status !== 200) return;
      const told = await answer.json();
      // A save that began meanwhile brings the same news itself.
      if (busy() || rev.value !== from) return;
      rev.value = told.rev;
      takeIn(told.changes);
      shows(told.visible);
    } catch {
      // No connection: saving tells of it, and the next round asks again.
    }
  }

  function takeIn(changes) {
    const put = [];
    const read = rowsToRead(form, Object.keys(changes));
    if (read.size) readAnew(form, new Set(read.values())).catch(() => {}); // the next change asks again
    for (const [path, change] of Object.entries(changes)) {
      if (read.has(path)) {
        put.push({ path, ...change });
        continue;
      }
      waiting.set(path, { ...change, path });
      if (settle(path)) put.push({ path, ...change });
    }
    tell(put);
  }

  /** Whether what others saved now stands in the field. One that is being used waits; one typed into is asked about. */
  function settle(path) {
    const change = waiting.get(path);
    if (!change) return false;
    const controls = controlsOf(form, path), now = snapshot(form);
    const mine = undecided.has(path) || typedNames(now, base, unsaved).some((name) => pathOf(name) === path);
    if (mine && holds(form, path, change) && !undecided.has(path)) {
      waiting.delete(path);
      unsaved.delete(path);
      rebase(path);
      return false;
    }
    if (mine) {
      waiting.delete(path);
      meet(change);
      return false;
    }
    if (controls.includes(document.activeElement) || !put(form, path, change)) return false;
    waiting.delete(path);
    rebase(path);
    form.dispatchEvent(new CustomEvent('cells-refreshed', { detail: controls.map(({ name }) => name) }));
    return true;
  }

  function rebase(path) {
    const now = snapshot(form);
    for (const name of new Set([...base.keys(), ...now.keys()])) {
      if (pathOf(name) !== path) continue;
      if (now.has(name)) base.set(name, now.get(name));
      else base.delete(name);
    }
  }

  /** Two contents for one field: unless they are the same, somebody has to choose. */
  function meet(clash) {
    const { path } = clash;
    undecided.set(path, clash);
    unsaved.add(path);
    showClash(form, clash, (mine) => {
      undecided.delete(path);
      if (mine) {
        unsaved.add(path);
        form.dispatchEvent(new CustomEvent('cells-changed', { detail: controlsOf(form, path).map(({ name }) => name) }));
      } else if (takeTheirs(form, clash)) {
        unsaved.delete(path);
        rebase(path);
        form.dispatchEvent(new CustomEvent('cells-refreshed', { detail: [path] }));
      } else {
        dropClash(form, path);
        window.location.reload();
      }
    });
    // Not saved: what keeps unsaved words in this browser keeps these too.
    controlsOf(form, path)[0]?.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function tell(news) {
    const place = form.querySelector('[data-fresh-said]');
    if (!news.length || !place) return;
    const who = [...new Set(news.map((one) => one.who))].join(', ');
    const where = news.slice(0, 3).map((one) => one.place).join('; ') + (news.length > 3 ? '…' : '');
    place.textContent = _('Vừa lưu ({who}): {where}', { who, where });
    for (const { path } of news) {
      const spot = controlsOf(form, path)[0]?.closest('td, .mb-3');
      spot?.classList.add('is-fresh');
      setTimeout(() => spot?.classList.remove('is-fresh'), FRESH);
    }
  }
}
