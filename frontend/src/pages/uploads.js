// Files of a task: they go up when chosen or dropped, go on after an interruption, take each other's place.

import { ask } from './files/asking.js';
import { offerFiles } from './files/choosing.js';
import { inWords, Line } from './files/line.js';
import { begunFor, forget, keyOf } from './files/memory.js';
import { sendFile } from './files/sending.js';
import { isForGroup, spread } from './files/spreading.js';
import { _ } from '../words.js';

// One after the other: a bad line carries one file in a minute rather than ten in none.
let queue = Promise.resolve();
let underWay = 0;
window.addEventListener('beforeunload', (event) => { if (underWay) event.preventDefault(); });

for (const place of document.querySelectorAll('[data-upload]')) takeFiles(place);

function takeFiles(place) {
  const list = place.querySelector('ul.files');
  const state = place.querySelector('.upload-state');
  const uploads = document.createElement('ul');
  uploads.className = 'uploads';
  // Put in when there is something to show: in forty rows at once, the table would be laid out twice.
  const lines = () => {
    if (!uploads.isConnected) state.before(uploads);
    return uploads;
  };
  const { criterion = '', field = '' } = place.dataset;
  const target = { url: place.dataset.upload, place: criterion || field, fields: { criterion, field } };

  place.addEventListener('change', ({ target: input }) => {
    if (!input.matches('[type=file]')) return;
    const files = [...input.files];
    // Emptied at once: what goes up by itself must not come along with the form as well.
    input.value = '';
    const { replaces } = input.dataset;
    const wide = isForGroup(place);
    take(files, wide ? { ...target, wide } : replaces ? { ...target, place: `${target.place}|${replaces}`, fields: { ...target.fields, replaces } } : target);
  });
  place.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-spread]');
    if (button) spreadLine(button.closest('[data-file]').dataset.file);
  });
  place.addEventListener('dragover', (event) => {
    event.preventDefault();
    place.classList.add('is-over');
  });
  place.addEventListener('dragleave', () => place.classList.remove('is-over'));
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    place.classList.remove('is-over');
    take([...event.dataTransfer.files], target);
  });
  const chooser = place.querySelector('[data-choose]');
  if (chooser) offerFiles(place, chooser, (id) => addKnown(id));
  for (const [key, begun] of begunFor(target)) showUnfinished(key, begun);

  function take(files, where) {
    state.textContent = '';
    state.classList.remove('is-error');
    for (const file of files) {
      uploads.querySelector(`[data-key="${CSS.escape(keyOf(file, where))}"]`)?.remove();
      if (!file.size) {
        say(_('Tệp “{name}” rỗng.', { name: file.name }), true);
        continue;
      }
      const line = new Line(lines(), file.name, file.size);
      line.say(_('Đang chờ…'));
      underWay += 1;
      queue = queue.then(() => send(file, where, line)).finally(() => { underWay -= 1; });
    }
  }

  async function send(file, where, line) {
    try {
      line.signal.throwIfAborted();
      line.say(_('Đang tải…'));
      const done = await sendFile(file, where, line, where.fields.replaces ? withDraftHeld : (work) => work(''));
      if (done?.reuse) await addKnown(done.reuse);
      const id = done && (done.reuse ?? await show(done, where));
      if (id && where.wide) spreadLine(id);
      else if (done) say(done.reuse ? _('Đã dùng lại “{name}”.', { name: file.name }) : _('Đã tải “{name}”.', { name: file.name }));
    } catch (error) {
      if (error.name !== 'AbortError') say(error.message, true);
    }
    line.remove();
  }

  /** The draft's revision changes with a replacement: meanwhile the form must not save itself. */
  async function withDraftHeld(work) {
    const { form } = place.querySelector('input');
    form.dataset.hold = '';
    try {
      while ('sending' in form.dataset) await new Promise((resolve) => { setTimeout(resolve, 100); });
      const done = await work(form.elements.rev.value);
      if (done.rev !== null) form.dispatchEvent(new CustomEvent('draft-moved', { detail: done.rev }));
      return done;
    } finally {
      delete form.dataset.hold;
    }
  }

  async function show(done, where) {
    const line = lineIn(done.html);
    const { replaces } = where.fields;
    if (!replaces) {
      list.append(line);
    } else {
      const id = line.dataset.file;
      for (const old of document.querySelectorAll(`[data-upload] > .files > [data-file="${replaces}"]`)) {
        const elsewhere = old.closest('[data-upload]');
        old.replaceWith(elsewhere === place ? line : await knownLine(elsewhere, id));
      }
    }
    changed();
    return line.dataset.file;
  }

  async function addKnown(id) {
    const there = list.querySelector(`:scope > [data-file="${id}"]`);
    try {
      if (!there) list.append(await knownLine(place, id));
    } catch {
      say(_('Chưa thêm được tệp. Hãy kiểm tra kết nối rồi thử lại.'), true);
      return false;
    }
    if (there) there.querySelector('[type=checkbox]').checked = true;
    changed();
    return true;
  }

  function spreadLine(id) {
    say(spread(list.querySelector(`:scope > [data-file="${id}"]`)));
  }

  function changed() {
    place.dispatchEvent(new Event('files-added', { bubbles: true }));
  }

  function say(sentence, isError = false) {
    const before = isError && state.classList.contains('is-error') ? `${state.textContent} ` : '';
    if (!isError && state.classList.contains('is-error')) return;
    state.classList.toggle('is-error', isError);
    state.textContent = before + sentence;
  }

  /** From before a reload: the browser may not open the file again by itself. */
  async function showUnfinished(key, begun) {
    const line = new Line(lines(), begun.name, begun.size);
    line.node.dataset.key = key;
    line.signal.addEventListener('abort', () => {
      forget(key);
      line.remove();
      ask('POST', `${begun.url}/${begun.id}/huy`).catch(() => {});
    });
    try {
      const { received } = await ask('GET', `${begun.url}/${begun.id}`);
      line.sent(received);
      line.say(_('Tải dở. Chọn lại đúng tệp này để gửi tiếp {size} còn lại.', { size: inWords(begun.size - received) }));
      line.button(_('Chọn lại tệp'), () => place.querySelector('[type=file]').click());
    } catch (error) {
      line.remove();
      if (error.status === 404) forget(key);
    }
  }
}

async function knownLine(place, id) {
  const { upload, criterion = '', field = '' } = place.dataset;
  const answer = await fetch(`${upload}-da-co?${new URLSearchParams({ tep: id, criterion, field })}`);
  if (!answer.ok) throw new Error(answer.statusText);
  return lineIn(await answer.text());
}

function lineIn(html) {
  return new DOMParser().parseFromString(html, 'text/html').querySelector('li');
}

for (const form of document.querySelectorAll('form[data-autosave]')) {
  form.addEventListener('draft-sending', () => { form.dataset.sending = ''; });
  for (const end of ['draft-saved', 'draft-unsaved']) form.addEventListener(end, () => { delete form.dataset.sending; });
}
for (const button of document.querySelectorAll('[data-copy]')) copies(button);

function copies(button) {
  if (!navigator.clipboard) return; // only on secure addresses; the whole value stands beside it anyway
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.parentElement.querySelector('[data-copied]').textContent = _('Đã chép.');
  });
}
