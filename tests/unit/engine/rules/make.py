"""Writes the two drawings of every rule: `python -m tests.unit.engine.rules.make`.

What is drawn stands in `shape.py`, `content.py`, `behaviour.py` and `service.py`: a function per rule that
gives the wrong drawing and the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lxml import etree

from service.engine.rules import FOLDER
from tests.unit.engine.drawing import Drawing
from tests.unit.engine.rules import behaviour, content, service, shape
from tests.unit.engine.rules.drawn_out import drawn_out

Pair = tuple[Drawing | str, Drawing | str]
# What the elements are called on the page; the ids stay readable for programs.
NAMES = {
    "opened": "Mở hồ sơ",
    "prepare": "Lập hồ sơ",
    "appraise": "Thẩm định",
    "decide": "Quyết định",
    "consult": "Lấy ý kiến",
    "publish": "Công bố",
    "archive": "Lưu hồ sơ",
    "done": "Xong",
    "refused": "Không công nhận",
    "enough": "Đủ điều kiện?",
    "split": "Cùng lúc",
    "join": "Đủ cả",
    "merge": "Gộp lại",
    "wait": "Chờ",
    "late": "Quá hạn",
    "told": "Báo kết quả",
    "notify": "Gửi thông báo",
    "support": "Hỗ trợ xã",
    "work": "Làm hồ sơ",
    "self_assess": "Xã tự đánh giá",
    "district_appraise": "Huyện thẩm định",
    "member_opinion": "Thành viên cho ý kiến",
    "district_consolidate": "Huyện tổng hợp",
    "department_verify": "Sở thẩm tra",
    "compare_opinions": "Đối chiếu",
    "reconciliation_meeting": "Hội nghị trao đổi",
    "department_submit": "Sở trình",
    "chairman_decide": "Chủ tịch quyết định",
}
# What no writer of XML would let through.
SPOILT = {
    "doctype": (b"<bpmn:definitions", b'<!DOCTYPE d [<!ENTITY n "x">]>\n<bpmn:definitions'),
    "encoding": (b'encoding="UTF-8"', b'encoding="windows-1258"'),
}


def pairs() -> Iterator[tuple[str, Pair]]:
    """(rule, (wrong, right)) of every rule that can be drawn."""
    for module in (shape, content, behaviour, service):
        for name, draw in vars(module).items():
            if name.startswith("rule_"):
                drawn: Callable[[], Pair] = draw
                yield name.removeprefix("rule_").replace("_", "-"), drawn()


def files() -> dict[str, bytes]:
    """The content of each drawing by its file's name."""
    found = {"support.bpmn": finished(behaviour.support())}
    for rule, (wrong, right) in pairs():
        old, new = SPOILT.get(rule, (b"", b""))
        found[f"{rule}.wrong.bpmn"] = finished(wrong).replace(old, new, 1)
        found[f"{rule}.right.bpmn"] = finished(right)
    return found


def finished(drawing: Drawing | str) -> bytes:
    xml = drawing.xml() if isinstance(drawing, Drawing) else drawing.encode()
    for identifier, name in NAMES.items():
        xml = xml.replace(f' name="{identifier}"'.encode(), f' name="{name}"'.encode())
    try:
        return drawn_out(xml)
    except (etree.XMLSyntaxError, StopIteration):  # no drawing at all, which is what the rule is about
        return xml


if __name__ == "__main__":
    for path in Path(FOLDER).glob("*.bpmn"):
        path.unlink()
    for name, text in files().items():
        (Path(FOLDER) / name).write_bytes(text)
