"""Examples of the rules that no drawing can show: of a file's size, of forms, and of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Described:
    """`wrong` and `right` in words, and what stands in the file there where it is a form's."""

    wrong: str
    right: str
    wrong_file: str = ""
    right_file: str = ""


def _form(identifier: str, *components: str) -> str:
    listed = ",\n    ".join(components)
    return f"""{{
  "type": "default",
  "id": "{identifier}",
  "schemaVersion": 16,
  "properties": {{"title": "Thẩm định", "actions": "complete", "action.complete": "Gửi"}},
  "components": [
    {listed}
  ]
}}
"""


_NOTE = '{"type": "textarea", "id": "note", "key": "note", "label": "Nhận xét"}'
_PAGE = '{"type": "html", "id": "page", "content": "<b>Nhận xét</b>"}'
_RESULT = '{"type": "textfield", "id": "result", "key": "result", "label": "Kết quả"}'

DESCRIBED: Mapping[str, Described] = {
    "too-many": Described(
        "Tệp có hơn 60.000 phần tử XML: hệ thống không đọc tiếp.",
        "Tách thành nhiều quy trình, gọi nhau bằng Call Activity.",
    ),
    "readable-form": Described(
        "Biểu mẫu có thành phần “html”, hệ thống không nhận.",
        "Ô nhận xét là “textarea”, người làm điền được.",
        _form("appraise", _PAGE),
        _form("appraise", _NOTE),
    ),
    "form-clash": Described(
        "Quy trình được gọi có biểu mẫu “appraise” với ô “Kết quả”; bản thảo này cũng có “appraise”, "
        "nhưng với ô “Nhận xét”.",
        "Hai nơi cùng một nội dung, hoặc biểu mẫu ở đây mang tên khác, ví dụ “appraise_again”.",
        _form("appraise", _NOTE),
        _form("appraise", _RESULT),
    ),
    "no-seat": Described(
        "Xã mới lập có tên ở trang Đơn vị, chưa giao vị trí cho ai: hồ sơ mở ra rồi đứng ở bước tự đánh giá.",
        "Xã có ít nhất một chuyên viên và một lãnh đạo.",
    ),
    "nobody-left": Described(
        "Giám đốc Sở, không có cấp phó, cũng là lãnh đạo duy nhất của huyện: ký ở huyện rồi thì không ký "
        "được ở Sở, ký ở Sở rồi thì huyện không còn ai.",
        "Huyện có lãnh đạo của mình: mỗi cấp một người, hồ sơ đi hết các bước.",
    ),
}
