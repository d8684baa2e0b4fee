import htmx from 'htmx.org/dist/htmx.esm.js';
import { notify } from './notices.js';
import { _ } from './words.js';

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // pages with people's data are not kept in the browser
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '422', swap: true }, // a form that comes back with its errors
    { code: '[45]..', swap: false, error: true },
  ],
});

document.addEventListener('htmx:configRequest', ({ detail }) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token && detail.verb !== 'get') detail.headers['X-CSRFToken'] = token.content;
});

const SENTENCES = {
  401: _('Phiên làm việc đã hết. Hãy đăng nhập lại; bản nháp đã lưu vẫn còn.'),
  403: _('Bạn không có quyền làm việc này.'),
  404: _('Không tìm thấy nội dung này, hoặc bạn không được xem.'),
  409: _('Người khác vừa thay đổi hồ sơ. Hãy tải lại trang để xem bản mới.'),
  413: _('Tệp quá lớn.'),
  429: _('Bạn thao tác quá nhanh. Hãy đợi một lát rồi thử lại.'),
};

// What a page asks by itself, again and again, does not trouble people when it fails: the next time will do.
const isQuiet = ({ elt }) => Boolean(elt.closest('[data-quiet]'));

document.addEventListener('htmx:responseError', ({ detail }) => {
  if (isQuiet(detail)) return;
  const status = detail.xhr.status;
  notify(SENTENCES[status] ?? _('Máy chủ gặp lỗi (mã {status}). Việc chưa được ghi; hãy thử lại sau ít phút.', { status }));
});
document.addEventListener('htmx:sendError', ({ detail }) => {
  if (isQuiet(detail)) return;
  notify(_('Không kết nối được máy chủ. Việc chưa được ghi; hãy kiểm tra mạng rồi thử lại.'));
});
