// The worklist: what is done in place, what is ticked, dialogs, and a list that renews itself without disturbing.
import { notify } from '../notices.js';
import { _ } from '../words.js';

const EVERY = 60_000;
const STILL = 1_500; // a pointer that has just moved may be about to press: rows must not jump away under it
const WIDE = '(min-width: 40.0625rem)';

const list = document.getElementById('worklist');
if (list) live();

function live() {
  const tabs = document.getElementById('worklist-tabs');
  const dialog = document.getElementById('handling-dialog');
  let renewedAt = Date.now(), pointerAt = 0, pressed = false, busy = false;

  for (const details of document.querySelectorAll('[data-open-wide]')) {
    if (!window.matchMedia(WIDE).matches && !('keepOpen' in details.dataset)) details.open = false;
    details.classList.add('is-set');
  }
  document.addEventListener('pointerdown', () => { pressed = true; }, true);
  for (const kind of ['pointerup', 'pointercancel']) {
    document.addEventListener(kind, () => { pressed = false; pointerAt = Date.now(); }, true);
  }
  list.addEventListener('pointermove', () => { pointerAt = Date.now(); });
  setInterval(() => { if (Date.now() - renewedAt >= EVERY) renew(); }, 1_000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) renew(); });
  list.addEventListener('change', ({ target }) => {
    if (target.closest('[data-pick-all]')) for (const box of boxes()) box.checked = target.checked;
    if (target.closest('.worklist__pick')) count();
  });
  document.addEventListener('click', clicked);
  document.addEventListener('submit', submitted);
  count();

  // Not while somebody is pressing, choosing, typing or reading what has just been said.
  function disturbs() {
    const active = document.activeElement;
    return document.hidden || busy || pressed || Date.now() - pointerAt < STILL
      || Boolean(document.querySelector('dialog[open]'))
      || Boolean(active && list.contains(active) && active.matches('select, input:not([type=checkbox])'))
      || [...list.querySelectorAll('#bulk input[type=date], #bulk select')].some((field) => field.value);
  }

  async function renew() {
    if (disturbs()) return;
    renewedAt = Date.now();
    try {
      const answer = await fetch(list.dataset.fresh, { headers: { 'HX-Request': 'true' } });
      if (answer.status === 401) tell(_('Phiên làm việc đã hết. Hãy tải lại trang để đăng nhập.'));
      // Somebody may have begun to do something while the answer was on its way.
      else if (answer.ok && !disturbs()) show(await answer.text());
    } catch {
      tell(_('Chưa cập nhật được: mất kết nối. Danh sách sẽ tự thử lại.'));
    }
  }

  function tell(sentence) {
    const note = list.querySelector('[data-updated]');
    if (note) note.textContent = sentence;
  }

  function show(html, notices = false) {
    const page = new DOMParser().parseFromString(html, 'text/html');
    const fresh = page.getElementById('worklist');
    if (!fresh) return false;
    const ticked = new Set(notices ? [] : picked().map(({ value }) => value));
    const focus = focusOf();
    const kept = notices ? [] : [...list.querySelectorAll(':scope > .notice')];
    if (notices) for (const old of document.querySelectorAll('main > .notice[role=status]')) old.remove();
    tabs.replaceChildren(...page.getElementById('worklist-tabs').childNodes);
    list.replaceChildren(...kept, ...fresh.childNodes);
    for (const box of boxes()) box.checked = ticked.has(box.value);
    if (focus) focusAgain(focus);
    count();
    renewedAt = Date.now();
    return true;
  }

  function focusOf() {
    const active = document.activeElement;
    const row = active?.closest('#worklist tbody tr');
    if (row) return { row: row.id, at: [...row.querySelectorAll('a, button, input')].indexOf(active), all: rows().indexOf(row) };
    const tab = active?.closest('#worklist-tabs a');
    return tab ? { href: tab.getAttribute('href') } : null;
  }

  // The same place; where its row is gone, the row that stands there now.
  function focusAgain({ row, at, all, href }) {
    const options = { preventScroll: true };
    if (href) return tabs.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus(options);
    const same = document.getElementById(row);
    const place = same ?? rows()[Math.min(all, rows().length - 1)];
    const control = same ? [...same.querySelectorAll('a, button, input')][at] : null;
    return (control ?? place?.querySelector('.worklist__link'))?.focus(options);
  }

  function rows() { return [...list.querySelectorAll('tbody tr')]; }
  function boxes() { return [...list.querySelectorAll('td.worklist__pick input')]; }
  function picked() { return boxes().filter(({ checked }) => checked); }

  function count() {
    const bulk = list.querySelector('[data-bulk]');
    if (!bulk) return;
    const number = picked().length;
    const all = list.querySelector('[data-pick-all]');
    all.hidden = boxes().length === 0;
    all.firstElementChild.checked = number > 0 && number === boxes().length;
    all.firstElementChild.indeterminate = number > 0 && number < boxes().length;
    bulk.hidden = number === 0;
    bulk.classList.add('is-counted');
    bulk.querySelector('[data-bulk-count]').textContent = _('Đã chọn {number} việc', { number });
    bulk.querySelector('[data-bulk-clear]').hidden = false;
    for (const row of rows()) row.classList.toggle('is-picked', Boolean(row.querySelector('.worklist__pick input:checked')));
  }

  function clicked(event) {
    if (event.target.closest('[data-bulk-clear]')) {
      for (const box of picked()) box.checked = false;
      count();
    }
    const link = event.target.closest('a[data-dialog]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      open(link);
    }
  }

  async function open(link) {
    const body = dialog.querySelector('[data-dialog-body]');
    const answer = await fetch(link.href, { headers: { 'HX-Request': 'true' } }).catch(() => null);
    if (!answer) { notify(_('Không kết nối được máy chủ. Hãy kiểm tra mạng rồi thử lại.')); return; }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!answer.ok) {
      notify(sentenceOf(page));
      if (answer.status === 409) renew();
      return;
    }
    body.replaceChildren(...page.body.childNodes);
    dialog.showModal();
  }

  async function submitted(event) {
    const form = event.target;
    if (event.defaultPrevented || !form.matches('form[data-in-place]')) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    form.setAttribute('aria-busy', 'true');
    const body = new FormData(form, event.submitter);
    const answer = await fetch(form.action, { method: 'POST', body, headers: { 'HX-Request': 'true' } }).catch(() => null);
    busy = false;
    form.removeAttribute('aria-busy');
    if (!answer) {
      notify(_('Mất kết nối: chưa biết việc đã được ghi hay chưa. Hãy tải lại trang để xem.'));
      return;
    }
    const html = await answer.text();
    if (!answer.ok) {
      notify(sentenceOf(new DOMParser().parseFromString(html, 'text/html')));
      return;
    }
    if (dialog.open) dialog.close();
    if (!show(html, true)) window.location.assign(list.dataset.fresh);
  }

  function sentenceOf(page) {
    return page.querySelector('strong')?.textContent ?? _('Chưa thực hiện được. Hãy tải lại trang rồi thử lại.');
  }
}
