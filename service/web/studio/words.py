"""What the studio's pages call things."""

from __future__ import annotations

from service.studio.rights import ACTING, EXCLUDING, GAINED, LOST, SEEING
from service.wording import Words, marked

KINDS_OF_RIGHT: Words[str] = Words(
    {
        ACTING: marked("Làm"),
        SEEING: marked("Xem"),
        EXCLUDING: marked("Loại trừ"),
    }
)
WAYS: Words[str] = Words({GAINED: marked("Thêm"), LOST: marked("Mất")})
