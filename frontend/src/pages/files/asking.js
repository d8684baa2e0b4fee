// Requests of an upload: what the server refuses is a Refusal with its sentence, anything else may pass.

import { _ } from '../../words.js';

export class Refusal extends Error {
  constructor(status, told) {
    super(told.sentence ?? SENTENCES[status] ?? _('Máy chủ không nhận tệp này.'));
    this.status = status;
    this.code = told.code ?? '';
    this.told = told;
  }
}

/** Something that passes by itself: no connection, a server that is busy or full. */
export class Passing extends Error {}

const SENTENCES = {
  400: _('Trang này mở từ phiên làm việc trước. Hãy tải lại trang rồi chọn lại tệp; phần đã gửi vẫn được giữ.'),
  401: _('Phiên làm việc đã hết. Hãy đăng nhập lại rồi chọn lại tệp; phần đã gửi vẫn được giữ.'),
};
const PATIENCE = 120_000;

export function ask(method, url, fields = null) {
  const body = fields && new FormData();
  for (const [name, value] of Object.entries(fields ?? {})) if (value) body.append(name, value);
  return send(method, url, body);
}

/** The bytes of one part; `onProgress(sent)` tells how many have left. */
export function put(url, bytes, onProgress, signal) {
  return send('POST', url, bytes, onProgress, signal);
}

// Not fetch: it does not tell how far a body has come, and on a slow line that is all there is to tell.
function send(method, url, body, onProgress = null, signal = null) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.timeout = PATIENCE;
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRFToken', document.querySelector('meta[name=csrf-token]').content);
    if (body instanceof ArrayBuffer) request.setRequestHeader('Content-Type', 'application/octet-stream');
    if (onProgress) request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onerror = request.ontimeout = () => reject(new Passing(_('Mất kết nối.')));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
    request.onload = () => {
      const told = read(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(told);
      else if (request.status >= 500 || request.status === 429 || request.status === 408) {
        reject(new Passing(told.sentence ?? _('Máy chủ đang bận.')));
      } else reject(new Refusal(request.status, told));
    };
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
