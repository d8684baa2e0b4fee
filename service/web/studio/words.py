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
FORM_KINDS: Words[str] = Words(
    {
        "textfield": marked("Ô chữ một dòng"),
        "textarea": marked("Ô chữ nhiều dòng"),
        "number": marked("Số"),
        "datetime": marked("Ngày, giờ"),
        "select": marked("Chọn một (danh sách)"),
        "radio": marked("Chọn một (nút tròn)"),
        "checkbox": marked("Ô đánh dấu"),
        "checklist": marked("Chọn nhiều"),
        "filepicker": marked("Tệp"),
        "dynamiclist": marked("Bảng nhiều dòng"),
        "group": marked("Nhóm"),
        "text": marked("Đoạn chữ"),
        "separator": marked("Đường kẻ"),
        "criteria": marked("Bảng chỉ tiêu Phụ lục 01"),
        "criteria_reasons": marked("Lý do theo từng chỉ tiêu"),
    }
)
