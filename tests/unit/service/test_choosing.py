"""Expressions as choices and in words: what rows show, what stays text, what it says."""

from __future__ import annotations

import pytest

from service.processes.rules import RULES
from service.processes.variables import RULE_NAMES, RULE_RESULTS
from service.studio.choosing.reading import read_for_panel
from service.studio.choosing.sentences import Labels

LABELS = Labels({"a.k": "Kết luận của huyện"}, {"a.k": {"return": "Trả lại"}}, {"s": "Thẩm định"})


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('a.k = "return"', "condition", "Kết luận của huyện là “Trả lại”"),
        ('"return" = a.k and b', "condition", "Kết luận của huyện là “Trả lại” và b là có"),
        ("number(b) >= 54.4 or c = null", "condition", "b từ 54,4 trở lên hoặc c chưa có"),
        ('date(b) < date("2023-12-05")', "condition", "b trước ngày 05/12/2023"),
        ('deadline("s")', "due", "theo thời hạn đã nhập cho bước “Thẩm định”"),
        ("working days after(today(), 5)", "due", "5 ngày làm việc sau khi nhận việc"),
        ('deadline("s") + duration("P2M")', "due", "2 tháng sau thời hạn của bước “Thẩm định”"),
        ("P3D", "timeDuration", "3 ngày sau khi tới bước này"),
        ("2023-12-05", "timeDate", "ngày 05/12/2023"),
        ("R3/P1D", "timeCycle", "cứ 1 ngày một lần, 3 lần"),
    ],
)
def test_what_can_be_chosen_is_shown_so_and_said(text: str, place: str, words: str) -> None:
    read = read_for_panel(text, place, LABELS)

    assert (read["words"], read["fault"]) == (words, "")
    assert read["choice"] is not None


@pytest.mark.parametrize("text", ["not(a.k = b)", "(x or y) and z", "x + 1 = 2", 'number(x) = "5"'])
def test_what_rows_cannot_show_stays_text(text: str) -> None:
    read = read_for_panel(text, "condition", LABELS)

    assert read["choice"] is None
    assert read["words"]


def test_what_cannot_be_read_says_where() -> None:
    assert "dòng 1, cột 5" in read_for_panel("a = = b", "condition", LABELS)["fault"]


def test_every_rule_has_its_name_and_its_results() -> None:
    assert set(RULE_NAMES) == set(RULE_RESULTS) == set(RULES)
