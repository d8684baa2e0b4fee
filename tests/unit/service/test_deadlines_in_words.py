"""The words of the sources read as dates and periods; tables of them taken in whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from importlib import resources

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from service.calendars.spans import Days, Period, WorkingDays
from service.calendars.tables import read_table
from service.deadlines.files import HEADINGS, read_deadlines, to_csv, to_yaml
from service.deadlines.queries import DeadlineKey, DeadlineRow
from service.deadlines.wording import NotUnderstood, read_wording
from service.errors import BadInput


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("words", "last_day"),
    [
        ("trước ngày 04/12/2023", "2023-12-03"),
        ("Trước ngày 30/11/2023", "2023-11-29"),
        ("chậm nhất ngày 10/12", "2023-12-10"),
        ("chậm nhất ngày 10/12/2023 (minh họa)", "2023-12-10"),
        ("chậm nhất trước ngày 15 tháng 12 năm thực hiện chỉ tiêu", "2023-12-14"),
        ("không vượt sau chậm nhất ngày 10 tháng 12 năm hành chính", "2023-12-10"),
        ("chậm nhất trước ngày 15 tháng 2 hàng năm", "2023-02-14"),
        ("trước ngày 01/01/2024", "2023-12-31"),
        ("trước  ngày 1 tháng 3 năm 2024", "2024-02-29"),
        ("muộn nhất đến hết ngày 5/1/2024", "2024-01-05"),
        ("không quá ngày 20-12-2023", "2023-12-20"),
    ],
)
def test_calendar_dates_as_the_sources_write_them(words: str, last_day: str):
    meaning = read_wording(words, 2023)

    assert (meaning.last_day, meaning.period) == (day(last_day), None)


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("trong thời hạn 10 ngày làm việc kể từ ngày nhận hồ sơ", WorkingDays(10)),
        ("trong thời hạn 05 (năm) ngày làm việc, kể từ ngày nhận đủ hồ sơ hợp lệ", WorkingDays(5)),
        ("trong 15 ngày kể từ khi nhận được hồ sơ", Days(15)),
        ("không quá 20 ngày", Days(20)),
        ("chậm nhất 3 ngày làm việc sau khi tiếp nhận hồ sơ", WorkingDays(3)),
    ],
)
def test_periods_say_whether_they_count_days_or_working_days(words: str, period: Period):
    meaning = read_wording(words, 2023)

    assert (meaning.last_day, meaning.period) == (None, period)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("sớm nhất có thể", "Không đọc được thời hạn"),
        ("ngày 10/12/2023", "Không rõ có tính cả ngày"),
        ("trước ngày 31/02/2023", "không phải là một ngày có thật"),
        ("trước ngày 30/11/2023, chậm nhất ngày 05/12/2023", "nhiều ngày"),
        ("10 ngày làm việc hoặc 20 ngày", "nhiều thời hạn"),
        ("trong 10 ngày kể từ ngày ban hành Quyết định", "chỉ tính được kể từ ngày nhận hồ sơ"),
        ("trong 0 ngày", "từ 1 đến"),
        ("", "Không đọc được"),
    ],
)
def test_what_cannot_be_read_says_what_is_missing(words: str, told: str):
    with pytest.raises(NotUnderstood, match=told):
        read_wording(words, 2023)


def test_the_words_of_the_demos_deadlines_mean_their_last_days():
    rows = yaml.safe_load(
        resources.files("service.demo").joinpath("data", "deadlines.yaml").read_text(encoding="utf-8")
    )["deadlines"]

    meant = [read_wording(row["text"], row["year"]) for row in rows]

    assert [meaning.last_day for meaning in meant] == [row["last_day"] for row in rows]
    assert [meaning.before for meaning in meant] == [row["rule"] == "before" for row in rows]


@given(st.text(max_size=200), st.integers(2000, 2100))
def test_any_text_is_read_or_refused(text: str, year: int):
    try:
        meaning = read_wording(text, year)
    except NotUnderstood:
        return
    assert (meaning.last_day is None) != (meaning.period is None)


KEY = DeadlineKey("recognition", 2023, "thi-xa-bim-son", "self_assess")
ROWS = [
    DeadlineRow(KEY, day("2023-12-03"), None, "trước ngày 04/12/2023", "Công văn, mục 4.1; “ghi chú”"),
    DeadlineRow(
        DeadlineKey("recognition", 2023, "", "district_appraise"),
        None,
        WorkingDays(10),
        "trong thời hạn 10 ngày làm việc",
        "Quyết định số 1",
    ),
    DeadlineRow(DeadlineKey("support", 2024, "", "x"), None, Days(5), "trong 5 ngày", "Quyết định số 2"),
]


def test_what_is_written_is_read_back_the_same():
    assert read_deadlines(to_csv(ROWS), "a.csv") == ROWS
    assert read_deadlines(to_yaml(ROWS), "a.yaml") == ROWS


def table(*lines: str) -> bytes:
    return "\n".join(["thủ tục;năm;huyện;bước;nội dung;ngày cuối;căn cứ", *lines]).encode()


def test_a_spreadsheet_with_semicolons_and_dates_of_its_own_is_read():
    rows = read_deadlines(table("recognition;2023;;a;trước ngày 4/12;03/12/2023;Công văn"), "Thời hạn.CSV")

    assert [(row.key.element, row.last_day) for row in rows] == [("a", day("2023-12-03"))]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "recognition;2023;;a;trước ngày 04/12/2023;04/12/2023;cv",
            "nghĩa là 03/12/2023, khác với ngày cuối",
        ),
        ("recognition;2023;;a;trong 5 ngày;05/12/2023;cv", "nghĩa là 5 ngày, khác với ngày cuối"),
        (";2023;;a;trước ngày 04/12;;cv", "thiếu thủ tục"),
        ("recognition;;;a;trước ngày 04/12;;cv", "thiếu năm"),
        ("recognition;23;;a;trước ngày 04/12;;cv", "phải là số nguyên từ 2000 đến 2100"),
        ("recognition;2023;;a;trước ngày 04/12;3 tháng 12;cv", "không phải là một ngày"),
        ("recognition;2023;;a;khi xong;;cv", "Không đọc được thời hạn"),
        ("recognition;2023;;a;trước ngày 04/12;;", "thiếu căn cứ"),
        ("recognition;2023;;a;trước ngày 04/12;;=cmd()", "công thức"),
    ],
)
def test_a_wrong_line_is_named_beside_the_right_ones(line: str, told: str):
    good = "recognition;2023;;b;trước ngày 04/12/2023;;cv"

    with pytest.raises(BadInput) as refused:
        read_deadlines(table(good, line), "a.csv")

    assert list(refused.value.fields) == ["dòng 3"]
    assert told in " ".join(refused.value.fields["dòng 3"])
    assert "chưa nhập dòng nào" in str(refused.value)


def test_the_same_deadline_twice_is_refused():
    line = "recognition;2023;;a;trước ngày 04/12/2023;;cv"

    with pytest.raises(BadInput) as refused:
        read_deadlines(table(line, line), "a.csv")

    assert "trùng" in refused.value.fields["dòng 3"][0]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "a.csv", "không có dòng nào"),
        (b"\xff\xfeN\x00", "a.csv", "UTF-8"),
        ("cột lạ,năm\n1,2\n".encode(), "a.csv", "không có cột"),
        ("năm,bước\n1,2,3\n".encode(), "a.csv", "nhiều ô hơn"),
        (b"a\x00b", "a.csv", "không phải là văn bản"),
        (b"deadlines: 5", "a.yaml", "danh sách"),
        (b"deadlines: [", "a.yaml", "Không đọc được YAML"),
        (b"deadlines:\n- year: [1, 2]\n", "a.yaml", "giá trị đơn"),
        (b"&a [*a]", "a.yaml", "danh sách"),
        (b"x" * (1024 * 1024 + 1), "a.csv", "1 MB"),
    ],
)
def test_a_file_that_is_no_such_table_says_why(content: bytes, name: str, told: str):
    with pytest.raises(BadInput, match=told):
        read_table(content, name, HEADINGS, "deadlines")


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.yaml"]))
def test_any_bytes_are_read_or_refused_as_bad_input(content: bytes, name: str):
    with suppress(BadInput):
        read_deadlines(content, name)
