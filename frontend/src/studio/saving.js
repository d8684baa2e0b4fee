import { _ } from '../words.js';
import { ask, Unreachable } from './server.js';

const AFTER_THE_LAST_CHANGE = 2_000;
const FIRST_RETRY = 4_000;
const LONGEST_RETRY = 30_000;

/**
 * Keeps the draft: two seconds after the last change, one question at a time, again and again while nobody answers.
 *
 * `read()` answers the diagram, or what `data-saves` names; `tell` has `state(text)`, `checked(answer)`, `clash(answer)`. After a clash nothing
 * is sent any more: what somebody else stored is never overwritten.
 */
export class Saving {
  constructor(place, read, tell) {
    Object.assign(this, { address: place.dataset.save, rev: Number(place.dataset.rev), based: place.dataset.based, what: place.dataset.saves ?? 'diagram', read, tell });
    this.changes = 0; // how many there were, and up to which they are kept
    this.kept = 0;
    this.stopped = false;
    this.imported = undefined; // the text of a file brought in: the server gives its comments back, which no modeler keeps
    this.retry = FIRST_RETRY;
    window.addEventListener('beforeunload', (event) => {
      if (this.changes > this.kept) event.preventDefault();
    });
    window.addEventListener('online', () => this.now());
  }

  changed() {
    this.changes += 1;
    if (this.stopped) return;
    this.tell.state(_('Có thay đổi chưa lưu.'));
    this.later(AFTER_THE_LAST_CHANGE);
  }

  later(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), milliseconds);
  }

  async now() {
    clearTimeout(this.timer);
    if (this.stopped || this.sending || this.changes === this.kept) return;
    this.sending = true;
    const [upTo, imported] = [this.changes, this.imported];
    try {
      this.tell.state(_('Đang lưu…'));
      this.heard(await ask(this.address, { rev: this.rev, based: this.based, [this.what]: await this.read(), imported }), upTo);
      if (this.kept === upTo && this.imported === imported) this.imported = undefined;
    } catch (problem) {
      const why = problem instanceof Unreachable ? problem.message : _('sơ đồ không ghi được: {message}', { message: problem.message });
      this.tell.state(_('Chưa lưu được ({why}). Đang thử lại; đừng đóng trang.', { why }), true);
      this.later(this.retry);
      this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
    } finally {
      this.sending = false;
    }
  }

  heard({ status, body }, upTo) {
    this.retry = FIRST_RETRY;
    if (status === 200) {
      this.rev = body.rev;
      this.based = body.based;
      this.kept = upTo;
      if (this.changes > this.kept) this.changedMeanwhile();
      else this.tell.state(body.saved);
      this.tell.checked(body);
    } else if (status === 409 && body.rev !== undefined) {
      this.stopped = true;
      this.tell.state(_('Chưa lưu: người khác đã lưu bản mới hơn.'), true);
      this.tell.clash(body);
    } else {
      // It will not be taken as it is, however often it is sent: after the next change it may be.
      this.tell.state(_('Chưa lưu được: {why}', { why: body.sentence ?? _('mã {status}', { status }) }), true);
    }
  }

  changedMeanwhile() {
    this.tell.state(_('Có thay đổi chưa lưu.'));
    this.later(AFTER_THE_LAST_CHANGE);
  }

  /** What is on the screen has been kept elsewhere. */
  leave() {
    this.stopped = true;
    this.kept = this.changes;
  }
}
