import { _ } from '../words.js';
import { button, el } from '../studio/markup.js';
import { token } from '../studio/server.js';

/** Says that somebody else has stored this form, and offers both ways on; nothing of either is lost. */
export function showClash(place, told, editing, saving) {
  const fault = el('p', { className: 'field-error', hidden: true });
  const copy = button(_('Lưu bản của tôi thành biểu mẫu khác'), () => saveAsOther(place, told, editing, saving, fault), 'btn btn-primary btn-sm');
  const look = el('a', { className: 'btn btn-sm btn-outline-secondary', href: location.pathname, target: '_blank', rel: 'noopener' }, _('Xem bản mới'));
  const notice = el(
    'div', { className: 'notice notice--error studio__clash' },
    el('strong', {}, _('{who} đã lưu bản khác lúc {at}.', { who: told.who, at: told.at })),
    el('p', {}, _('Bản của ông/bà còn nguyên trên màn hình và không ghi đè lên bản đó.')),
    el('p', { className: 'd-flex gap-2 mb-0' }, look, copy, button(_('Tải bản của tôi về'), () => download(editing.text(), place.dataset.formKey))), fault,
  );
  notice.setAttribute('role', 'alert');
  place.querySelector('[data-studio-state]').after(notice);
}

async function saveAsOther(place, told, editing, saving, fault) {
  const key = `${place.dataset.formKey.slice(0, 45)}_ban_${Date.now().toString(36)}`;
  const sent = new FormData();
  sent.append('csrf_token', token());
  sent.append('rev', told.rev);
  sent.append('forms', new File([editing.text()], `${key}.form`, { type: 'application/json' }));
  try {
    const answer = await fetch(place.dataset.import, { method: 'POST', body: sent });
    if (!answer.ok || !answer.url.endsWith(`/${key}`)) throw new Error(_('mã {status}', { status: answer.status }));
    saving.leave();
    location.assign(answer.url);
  } catch (problem) {
    fault.textContent = _('Chưa lưu được ({message}). Hãy tải bản của mình về máy rồi nhập lại ở trang Biểu mẫu.', { message: problem.message });
    fault.hidden = false;
  }
}

export function download(text, key) {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  el('a', { href: address, download: `${key}.form` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
