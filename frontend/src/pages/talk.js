// What is said about a row, read and written beside the table: the case's own page of it, in a drawer.

import htmx from 'htmx.org/dist/htmx.esm.js';
import { notify } from '../notices.js';
import { _ } from '../words.js';

const dialog = document.getElementById('talk-dialog');
if (dialog) beside(dialog.querySelector('[data-dialog-body]'));

function beside(body) {
  let link = null;

  document.addEventListener('click', (event) => {
    const found = event.target.closest('a[data-talk]');
    if (!found || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(found);
  });
  // Only what stands in the drawer now is what somebody has heard or said of that row.
  body.addEventListener('htmx:afterSettle', count);
  dialog.addEventListener('close', () => link?.focus());

  async function open(found) {
    const typed = body.querySelector('textarea')?.value.trim();
    if (!(found === link && typed)) {
      const answer = await fetch(found.href, { headers: { 'HX-Request': 'true' } }).catch(() => null);
      if (!answer) {
        notify(_('Không kết nối được máy chủ. Hãy kiểm tra mạng rồi thử lại.'));
        return;
      }
      if (!answer.ok) {
        window.location.assign(found.href);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      body.replaceChildren(...page.body.childNodes);
      htmx.process(body);
      link = found;
      count();
    }
    dialog.showModal();
    (body.querySelector('textarea') ?? dialog.querySelector('button')).focus();
  }

  function count() {
    if (!link || body.querySelector('.talk__older')) return;
    const said = body.querySelectorAll('.said:not(.said--withdrawn)').length;
    const shown = link.querySelector('[data-talk-count]');
    shown.textContent = said;
    shown.classList.toggle('count--none', said === 0);
  }
}
