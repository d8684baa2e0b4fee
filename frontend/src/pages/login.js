// The session has ended while somebody types: the way to log in and back, beside what the page says of saving.

import { _ } from '../words.js';

/** `left()` is called before the page is left: what is not saved is kept in this browser and offered again. */
export function offerLogin(place, left) {
  const link = document.createElement('a');
  link.href = `/dang-nhap?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
  link.textContent = _('Đăng nhập lại');
  link.addEventListener('click', left);
  place.append(' ', link);
}
