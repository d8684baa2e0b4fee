import { _ } from '../../words.js';
import { ask, Unreachable } from '../server.js';

const MOST_KEPT = 500;

/** How the server reads expressions: `{choice, words, fault}`, each asked once. */
export class Reading {
  constructor(base, answered) {
    Object.assign(this, { address: `${base}bieu-thuc`, answered, known: new Map() });
  }

  /** What is known of it; undefined while it is being asked. `labels` as of Vocabulary. */
  of(text, place, labels) {
    const key = JSON.stringify([text, place, labels]);
    if (this.known.has(key)) return this.known.get(key);
    if (this.known.size > MOST_KEPT) this.known.clear();
    this.known.set(key, undefined);
    this.ask(key, { text, place, ...labels });
    return undefined;
  }

  async ask(key, question) {
    try {
      const { status, body } = await ask(this.address, question);
      this.known.set(key, status === 200 ? body : { choice: null, words: '', fault: body.sentence ?? _('mã {status}', { status }) });
    } catch (problem) {
      if (!(problem instanceof Unreachable)) throw problem;
      this.known.delete(key);
      return;
    }
    this.answered();
  }
}
