// The line that shows one upload: how far it is in words and as a bar, what is asked, and the way out of it.

import { _ } from '../../words.js';

export class Line {
  #stop = new AbortController();

  constructor(list, name, size) {
    this.name = name;
    this.size = size;
    this.node = document.createElement('li');
    this.node.className = 'upload';
    this.title = this.#add('span', 'upload__name', name);
    this.bar = this.#add('progress', 'upload__bar');
    this.bar.max = size;
    this.bar.value = 0;
    this.bar.setAttribute('aria-label', _('Phần đã gửi của {name}', { name }));
    this.amount = this.#add('span', 'upload__amount');
    this.said = this.#add('span', 'upload__said');
    this.said.setAttribute('role', 'status');
    this.buttons = this.#add('span', 'upload__buttons');
    this.cancel = this.button(_('Hủy'), () => this.#stop.abort(new DOMException('', 'AbortError')));
    this.cancel.setAttribute('aria-label', _('Hủy tải {name}', { name }));
    list.append(this.node);
  }

  get signal() {
    return this.#stop.signal;
  }

  say(sentence) {
    this.said.textContent = sentence;
  }

  sent(bytes) {
    const sent = Math.min(bytes, this.size);
    this.bar.value = sent;
    this.amount.textContent = _('Đã gửi {sent} trên {size} ({percent}%)', { sent: inWords(sent), size: inWords(this.size), percent: Math.floor((100 * sent) / this.size) });
  }

  /** Wait so many seconds, until the connection is back, or until somebody will not wait. */
  async pause(seconds, sentence) {
    this.say(_('{sentence} Phần đã gửi được giữ; tự thử lại sau {seconds} giây.', { sentence, seconds }));
    this.node.classList.add('is-waiting');
    await this.#until((done) => {
      const timer = setTimeout(done, seconds * 1000);
      const now = this.button(_('Thử ngay'), done);
      window.addEventListener('online', done);
      return () => {
        clearTimeout(timer);
        now.remove();
        window.removeEventListener('online', done);
      };
    });
    this.node.classList.remove('is-waiting');
    this.say(_('Đang tải…'));
  }

  /** Ask; answers the key of the button that was pressed. */
  async choose(sentence, answers) {
    this.say(sentence);
    this.node.classList.add('is-asking');
    let chosen = null;
    await this.#until((done) => {
      const buttons = Object.entries(answers).map(([key, text]) => this.button(text, () => { chosen = key; done(); }));
      buttons[0].focus({ preventScroll: true });
      return () => { for (const one of buttons) one.remove(); };
    });
    this.node.classList.remove('is-asking');
    this.say('');
    return chosen;
  }

  button(text, onClick) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn btn-sm btn-outline-secondary';
    button.textContent = text;
    button.addEventListener('click', onClick);
    this.buttons.insertBefore(button, this.cancel ?? null);
    return button;
  }

  remove() {
    this.node.remove();
  }

  #until(begin) {
    return new Promise((resolve, reject) => {
      let clear = () => {};
      const end = (settle) => () => {
        this.signal.removeEventListener('abort', stopped);
        clear();
        settle();
      };
      const stopped = end(() => reject(this.signal.reason));
      this.signal.addEventListener('abort', stopped);
      clear = begin(end(resolve));
    });
  }

  #add(tag, className, text = '') {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    this.node.append(node);
    return node;
  }
}

export function inWords(bytes) {
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1).replace('.', ',')} MB`;
}
