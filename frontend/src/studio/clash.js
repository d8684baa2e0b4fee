import { _ } from '../words.js';
import { button, el } from './markup.js';
import { token } from './server.js';

/** Says that somebody else has saved, and offers both ways on; `read()` answers the diagram on the screen. */
export function showClash(place, told, read, saving) {
  const fault = el('p', { className: 'field-error', hidden: true });
  const copy = button(_('Lưu bản của tôi thành bản thảo mới'), () => saveAsNew(read, saving, fault), 'btn btn-primary btn-sm');
  const look = el('a', { className: 'btn btn-sm btn-outline-secondary', href: location.pathname, target: '_blank', rel: 'noopener' }, _('Xem bản mới'));
  const notice = el(
    'div', { className: 'notice notice--error studio__clash' },
    el('strong', {}, _('{who} đã lưu bản khác lúc {at}.', { who: told.who, at: told.at })),
    el('p', {}, _('Bản của ông/bà còn nguyên trên màn hình và không ghi đè lên bản đó.')),
    el('p', { className: 'd-flex gap-2 mb-0' }, look, copy), fault,
  );
  notice.setAttribute('role', 'alert');
  place.querySelector('[data-studio-state]').after(notice);
}

async function saveAsNew(read, saving, fault) {
  const sent = new FormData();
  sent.append('csrf_token', token());
  sent.append('diagram', new File([await read()], 'so-do.bpmn', { type: 'application/xml' }));
  try {
    const answer = await fetch('/quy-trinh/ban-thao', { method: 'POST', body: sent });
    if (!answer.ok || !/\/ban-thao\/[0-9a-f-]{36}$/.test(new URL(answer.url).pathname)) throw new Error(_('mã {status}', { status: answer.status }));
    saving.leave();
    location.assign(answer.url);
  } catch (problem) {
    fault.textContent = _('Chưa lưu được thành bản thảo mới ({message}). Hãy thử lại, hoặc tải sơ đồ về máy.', { message: problem.message });
    fault.hidden = false;
  }
}
