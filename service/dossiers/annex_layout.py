"""The table of Phụ lục 01 as a sheet: its columns at a step, and how their headings are recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.vietnamese import searchable

# What people fill in, in the order of the columns; the keys are those of a form's answers.
HEADINGS: Mapping[str, str] = {
    "agreed": "Ý kiến Hội nghị",
    "raw": "Kết quả",
    "decision": "Tự kết luận",
    "reason": "Lý do",
    "difficulty": "Khó khăn",
}
DECISIONS: Mapping[str, str] = {"met": "Đạt", "not_met": "Chưa đạt", "not_applicable": "Không áp dụng"}
AGREED: Mapping[str, str] = {"true": "Thống nhất", "false": "Còn ý kiến khác nhau"}
# What empties a cell that holds something: a blank leaves it alone, so that nothing is lost by oversight.
CLEAR = "XÓA"
FIXED = ("TT", "Tên chỉ tiêu", "Đơn vị tính", "Mức phải đạt năm {year}")
NOTHING = frozenset({"", "*", "-", "–", "—"})
_ID_HEADINGS = frozenset({"tt", "stt", "so tt", "so thu tu", "criterion"})
LEVELS = "Các cấp trước"
_STARTS = {
    "agreed": "y kien hoi nghi",
    "raw": "ket qua",
    "decision": "tu ket luan",
    "reason": "ly do",
    "difficulty": "kho khan",
}
_YEAR = re.compile(r"\bnam (20\d\d)\b")


def columns_of(component_columns: Sequence[str], decisions: Sequence[str]) -> tuple[str, ...]:
    """The columns to fill in, for a form's criteria table with these properties."""
    agreed = ("agreed",) if "agreed" in component_columns else ()
    decided = ("decision", "reason") if decisions else ()
    return (*agreed, "raw", *decided, *(("difficulty",) if "difficulty" in component_columns else ()))


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a sheet's columns stand, counted from 0. `year` is the one that its target column names."""

    id: int
    name: int | None
    values: Mapping[str, int]
    year: int | None


def heading_in(cells: Sequence[str]) -> Heading | None:
    """The heading that these cells are; None where they are none (no TT, or no Kết quả)."""
    words = [searchable(cell) for cell in cells]
    ids = [place for place, word in enumerate(words) if word in _ID_HEADINGS]
    values: dict[str, int] = {}
    for key, start in _STARTS.items():
        places = [place for place, word in enumerate(words) if word.startswith(start)]
        # "Kết quả năm trước" beside "Kết quả": the plain word is meant.
        exact = [place for place in places if words[place] == start]
        if found := exact or places:
            values[key] = found[0]
    if "result" in words:
        values.setdefault("raw", words.index("result"))
    if not ids or "raw" not in values:
        return None
    name = next((place for place, word in enumerate(words) if word.startswith("ten ")), None)
    years = [int(match[1]) for word in words if word.startswith("muc ") and (match := _YEAR.search(word))]
    return Heading(ids[0], name, values, years[0] if len(years) == 1 else None)


def clears(words: str) -> bool:
    """Whether a cell says that what the page holds there is to be taken away: XÓA, however it is written."""
    return searchable(words).strip(" .()[]") == "xoa"


def agreed_named(words: str) -> str | None:
    """The key of AGREED for the words of the meeting's column; None for any other."""
    wanted = searchable(words).rstrip(".")
    if wanted in ("da thong nhat", "con khac nhau"):
        return "true" if wanted == "da thong nhat" else "false"
    return next((key for key, text in AGREED.items() if searchable(text) == wanted), None)


def decision_named(words: str) -> str | None:
    """met | not_met | not_applicable for the words of the column; None for any other."""
    wanted = searchable(words).removeprefix("ket luan:").strip().rstrip(".")
    return next((key for key, text in DECISIONS.items() if searchable(text) == wanted), None)
