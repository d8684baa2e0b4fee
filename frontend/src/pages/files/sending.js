// One file on its way: begun or taken up again, sent in parts, finished. It goes on through lost connections.

import { ask, Passing, put, Refusal } from './asking.js';
import { forget, keyOf, recalled, remember } from './memory.js';
import { _ } from '../../words.js';

const PART = 512 * 1024;
const PAUSES = [2, 4, 8, 16, 30];
const DRAFT_PATIENCE = 5;
// With these the server has forgotten the upload itself: gone, or refused for its content.
const DROPPED = [404, 415, 422];

/**
 * Send `file` to `target` {url, place, fields}; answers what the server said at the end, or null when it was
 * cancelled. `line` shows it: sent(bytes), pause(seconds, sentence), choose(sentence, answers), `signal`.
 * `finishing(work)` runs the last request. Throws a Refusal.
 */
export async function sendFile(file, target, line, finishing) {
  const key = keyOf(file, target);
  let id = recalled(key)?.id ?? null;
  const persist = (work) => throughBadTimes(work, line);
  try {
    let received = 0;
    if (id) {
      received = (await persist(() => ask('GET', `${target.url}/${id}`)).catch(unlessGone))?.received ?? null;
      if (received === null) id = null;
    }
    if (!id) {
      received = 0;
      const begun = await persist(() => ask('POST', target.url, { ...target.fields, name: file.name, size: file.size }));
      id = begun.id;
      remember(key, id, file, target);
    }
    for (;;) {
      received = await sendRest(file, `${target.url}/${id}`, received, line, persist);
      const end = await finish(`${target.url}/${id}`, target, line, finishing, persist);
      if (end.received !== undefined) {
        received = end.received;
        continue;
      }
      forget(key);
      return end;
    }
  } catch (error) {
    // After another login it can still be taken up; all else is over.
    if (error.name === 'AbortError' || (error instanceof Refusal && ![400, 401].includes(error.status))) {
      forget(key);
      if (id && !DROPPED.includes(error.status)) ask('POST', `${target.url}/${id}/huy`).catch(() => {});
    }
    if (error.name === 'AbortError') return null;
    throw error;
  }
}

async function sendRest(file, address, from, line, persist) {
  let received = from;
  while (received < file.size) {
    line.sent(received);
    const offset = received;
    const bytes = await bytesOf(file, offset);
    received = await persist(() => put(`${address}?tu=${offset}`, bytes, (sent) => line.sent(offset + sent), line.signal))
      .then((told) => told.received)
      .catch((error) => {
        // Another tab, or an answer that was lost: the server knows best.
        if (error.code === 'wrong-offset') return error.told.received;
        throw error;
      });
  }
  line.sent(received);
  return received;
}

async function bytesOf(file, offset) {
  try {
    return await file.slice(offset, offset + PART).arrayBuffer();
  } catch {
    throw new Refusal(0, { sentence: _('Không đọc được “{name}” nữa: tệp đã đổi hoặc không còn trên máy. Hãy chọn lại tệp.', { name: file.name }) });
  }
}

async function finish(address, target, line, finishing, persist) {
  let again = '';
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await finishing((rev) => persist(() => ask('POST', `${address}/xong`, { ...target.fields, again, rev })));
    } catch (error) {
      if (error.code === 'wrong-offset') return { received: error.told.received };
      if (error.code === 'draft-changed' && attempt < DRAFT_PATIENCE) {
        // The page's own saving may have come between; its answer brings the revision that is asked for.
        await new Promise((resolve) => { setTimeout(resolve, 1000); });
      } else if (error.code === 'file-already-there' && !again) {
        const chosen = await line.choose(_('{message} Dùng lại tệp đó?', { message: error.message }), { reuse: _('Dùng lại'), again: _('Vẫn tải thêm bản nữa') });
        if (chosen === 'again') again = '1';
        else {
          ask('POST', `${address}/huy`).catch(() => {});
          return { reuse: error.told.file };
        }
      } else throw error;
    }
  }
}

/** Try until it works or is refused, after longer and longer pauses. */
async function throughBadTimes(work, line) {
  for (let attempt = 0; ; attempt += 1) {
    line.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      await line.pause(PAUSES[Math.min(attempt, PAUSES.length - 1)], error.message);
    }
  }
}

function unlessGone(error) {
  if (error.status === 404) return null;
  throw error;
}
