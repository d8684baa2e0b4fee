// A form with data-autosave="URL" saves itself shortly after the last change and says so in [data-saved].
// The answer is {rev, saved, visible}, or {code, sentence} where it was refused.

const IDLE_MS = 2500;
const RETRY_MS = 15000;
const drafts = new WeakMap();

class Draft {
  constructor(form) {
    this.form = form;
    this.timer = 0;
    this.sending = null;
    this.stopped = false;
  }

  changed() {
    this.form.dataset.changed = '';
    this.saveIn(IDLE_MS);
  }

  saveIn(delay) {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.save(), delay);
  }

  async save() {
    if (this.sending) return this.saveIn(IDLE_MS);
    delete this.form.dataset.changed;
    this.sending = this.send().catch(() => {
      this.form.dataset.changed = '';
      this.say('Chưa lưu được: mất kết nối. Sẽ tự thử lại.', true);
      this.saveIn(RETRY_MS);
    });
    await this.sending;
    this.sending = null;
  }

  async send() {
    this.say('Đang lưu…');
    const answer = await fetch(this.form.dataset.autosave, {
      method: 'POST',
      headers: { Accept: 'application/json', 'HX-Request': 'true' },
      body: withoutFiles(this.form),
    });
    const isJson = answer.headers.get('Content-Type')?.includes('json');
    const told = isJson ? await answer.json() : {};
    if (answer.ok && isJson) return this.saved(told);
    this.form.dataset.changed = '';
    // What was typed stays on the page; a later change tries again, except where it never could be saved.
    this.stopped = [401, 403, 404, 409].includes(answer.status) || !isJson;
    this.say(told.sentence ?? 'Chưa lưu được. Hãy bấm Lưu nháp để xem lý do.', true);
  }

  saved({ rev, saved, visible }) {
    this.form.elements.rev.value = rev;
    this.say(saved);
    for (const part of this.form.querySelectorAll('[data-part]')) part.hidden = !visible.includes(part.dataset.part);
  }

  say(sentence, failed = false) {
    const place = this.form.querySelector('[data-saved]');
    if (!place) return;
    place.textContent = sentence;
    place.classList.toggle('is-failed', failed);
  }
}

function withoutFiles(form) {
  const body = new FormData(form);
  for (const box of form.querySelectorAll('input[type=file]')) body.delete(box.name);
  return body;
}

function draftOf(form) {
  if (!drafts.has(form)) drafts.set(form, new Draft(form));
  return drafts.get(form);
}

for (const happening of ['input', 'change']) {
  document.addEventListener(happening, ({ target }) => {
    const form = target.form?.closest('form[data-autosave]');
    if (form && target.type !== 'file') draftOf(form).changed();
  });
}

document.addEventListener('submit', (event) => {
  const draft = drafts.get(event.target);
  if (!draft) return;
  clearTimeout(draft.timer);
  if (!draft.sending) return;
  // Sent now, the form would carry the number of a draft that is just being replaced.
  event.preventDefault();
  event.stopImmediatePropagation();
  const { target: form, submitter } = event;
  draft.sending.then(() => form.requestSubmit(submitter));
}, true);
