import { _ } from './words.js';

/** Shows a sentence at the top of the window until it is closed; screen readers say it. */
export function notify(sentence) {
  const notice = document.createElement('div');
  notice.className = 'notice notice--error';
  notice.append(sentence);
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'notice__close';
  close.textContent = _('Đóng');
  close.addEventListener('click', () => notice.remove());
  notice.append(close);
  region().replaceChildren(notice);
}

function region() {
  const existing = document.getElementById('notices');
  if (existing) return existing;
  const made = document.createElement('div');
  made.id = 'notices';
  made.className = 'notices';
  made.setAttribute('role', 'alert');
  document.body.append(made);
  return made;
}
