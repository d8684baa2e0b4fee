// The work form of a task: drafts that save themselves. It tells of it by events on the form:
// draft-sending, then draft-saved or draft-unsaved.

import { _ } from '../words.js';
import { offerLogin } from './login.js';
import { together } from './together.js';

const PAUSE = 3000;
const SOON = 300;
const RETRY = 15000;

for (const form of document.querySelectorAll('form[data-autosave]')) saveByItself(form);
function saveByItself(form) {
  const state = form.querySelector('[data-saved]');
  let timer, sending = null, dirty = false, stopped = false, composing = false;

  const others = together(form, { busy: () => Boolean(sending) || composing || 'hold' in form.dataset, shows: show });

  const say = (text, isError = false) => {
    state.textContent = text;
    state.classList.toggle('is-error', isError);
  };
  let stored = state.textContent;
  const sayStored = () => (others.undecided() ? say(_('Có ô chờ ông/bà chọn nội dung giữ lại.'), true) : say(stored));
  const later = (pause) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => save(), pause);
  };
  // Once per change until it is stored: it is read out, and what is wrong stands until it is mended.
  const sayChanged = () => {
    if (stopped || others.undecided() || state.classList.contains('is-error')) return;
    const text = _('Có thay đổi chưa lưu.');
    if (state.textContent !== text) say(text);
  };
  const changed = (pause) => {
    dirty = true;
    sayChanged();
    later(pause);
  };

  form.addEventListener('compositionstart', () => { composing = true; });
  form.addEventListener('compositionend', () => { composing = false; changed(PAUSE); });
  form.addEventListener('input', ({ target }) => {
    if (target.type !== 'file') changed(PAUSE);
  });
  form.addEventListener('change', ({ target }) => {
    if (target.matches('select, [type=radio], [type=checkbox]')) changed(SOON);
  });
  form.addEventListener('files-added', () => changed(SOON));
  form.addEventListener('cells-changed', () => changed(SOON));
  // Ctrl+S means the draft, wherever one types; the browser's own would keep the page's markup.
  form.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!stopped) later(0);
  });
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (event.defaultPrevented) return;
    if (sending) {
      // The answer on its way brings the draft's new revision, without which this would look like a conflict.
      event.preventDefault();
      const { submitter } = event;
      sending.finally(() => form.requestSubmit(submitter));
      return;
    }
    others.beforeSubmit();
    dirty = false;
    stopped = true;
  });
  // What is made of the draft on another page must be made of what stands here now.
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-save-first]');
    if (!link || stopped || (!dirty && !sending) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    clearTimeout(timer);
    await sending;
    if (dirty) await save();
    if (!dirty) window.location.assign(link.href);
  });
  window.addEventListener('pageshow', ({ persisted }) => { if (persisted) stopped = false; });
  window.addEventListener('beforeunload', (event) => { if (dirty || (!stopped && others.undecided())) event.preventDefault(); });

  function save() {
    if (composing) return later(PAUSE);
    // Held while a file takes another's place: that changes the draft and its revision.
    if (sending || 'hold' in form.dataset) return later(SOON);
    dirty = false;
    const body = others.body();
    if (!body) {
      // All of it is stored, or waits for somebody's choice: what others saved meanwhile is all there is to know.
      others.refresh();
      sayStored();
      return Promise.resolve();
    }
    say(_('Đang lưu…'));
    form.dispatchEvent(new Event('draft-sending'));
    sending = send(body).finally(() => { sending = null; });
    return sending;
  }

  async function send(body) {
    let answer;
    try {
      answer = await fetch(form.dataset.autosave, { method: 'POST', body, headers: { Accept: 'application/json' } });
    } catch {
      dirty = true;
      form.dispatchEvent(new Event('draft-unsaved'));
      say(_('Mất kết nối, chưa lưu được. Sẽ tự thử lại.'), true);
      return later(RETRY);
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      others.took(told);
      form.dispatchEvent(new Event('draft-saved'));
      show(told.visible);
      stored = told.saved;
      if (!dirty || others.undecided()) sayStored();
      return undefined;
    }
    dirty = true;
    form.dispatchEvent(new Event('draft-unsaved'));
    if (answer.status === 401) {
      say(_('Phiên làm việc đã hết, chưa lưu. Những gì vừa gõ được giữ ở trình duyệt này; đăng nhập xong trang đề nghị khôi phục.'), true);
      offerLogin(state, () => { dirty = false; });
    } else say(_('Chưa lưu: {sentence}', { sentence: told.sentence ?? _('máy chủ gặp lỗi') }), true);
    // Somebody else's edit or a closed task will not pass by trying again; a typing error may.
    if (answer.status === 409 || answer.status === 401) stopped = true;
    if (answer.status >= 500) later(RETRY);
    return undefined;
  }

  function show(visible) {
    for (const part of form.querySelectorAll('[data-part]')) part.hidden = !visible.includes(part.dataset.part);
  }
}
