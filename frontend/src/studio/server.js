import { _ } from '../words.js';

/** No answer from our server: no connection, or one that has nothing to do with what was asked. */
export class Unreachable extends Error {}

/** {status, body} of a JSON question. Raises Unreachable. */
export async function ask(address, question) {
  let answer;
  try {
    answer = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token() },
      body: JSON.stringify(question),
    });
  } catch {
    throw new Unreachable(_('không có kết nối'));
  }
  if (answer.redirected) throw new Unreachable(_('phiên làm việc đã hết, hãy đăng nhập lại ở một cửa sổ khác'));
  if (answer.status >= 500 || !/json/.test(answer.headers.get('Content-Type') ?? '')) {
    throw new Unreachable(_('máy chủ trả lời mã {status}', { status: answer.status }));
  }
  return { status: answer.status, body: await answer.json() };
}

export const token = () => document.querySelector('meta[name="csrf-token"]').content;
