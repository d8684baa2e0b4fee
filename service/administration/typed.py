"""What people type into the forms of administration, checked: texts, first and last days. Pure."""

from __future__ import annotations

from datetime import date, datetime

from service.calendars.tables import read_day
from service.clock import LOCAL
from service.errors import BadInput
from service.vietnamese import without_controls
from service.wording import _

LONGEST_BASIS = 300
# A day outside is a slip of the finger.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def refused(field: str, sentence: str) -> BadInput:
    """The one fault of a form, at its field."""
    return BadInput(sentence, fields={field: [sentence]})


def text(value: str, field: str, called: str, longest: int) -> str:
    """One line that must not be empty. Raises BadInput."""
    clean = " ".join(without_controls(value).split())
    if not clean:
        raise refused(field, _("Hãy ghi %(called)s.", called=called))
    if len(clean) > longest:
        raise refused(
            field,
            _(
                "%(upper)s%(called)s dài quá %(longest)s ký tự.",
                upper=called[0].upper(),
                called=called[1:],
                longest=longest,
            ),
        )
    return clean


def perhaps_text(value: str, field: str, called: str, longest: int) -> str:
    """The same where it may be empty."""
    return text(value, field, called, longest) if value.strip() else ""


def basis(value: str) -> str:
    """The document by which something is so."""
    return text(value, "legal_basis", _("căn cứ (số, ngày văn bản)"), LONGEST_BASIS)


def perhaps_basis(value: str) -> str:
    """The same where a document may be named later: "" for none."""
    return basis(value) if value.strip() else ""


def a_day(value: str, field: str, called: str) -> date:
    """A day that must be given, as a date field sends it or written 04/05/2024. Raises BadInput."""
    found = read_day(value)
    if found is None:
        raise refused(field, _("Hãy ghi %(called)s, ví dụ 04/05/2024.", called=called))
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise refused(
            field,
            _(
                "Năm %(year)s chưa đúng: ghi từ năm %(first_year)s đến %(last_year)s.",
                year=found.year,
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
            ),
        )
    return found


def perhaps_a_day(value: str, field: str, called: str) -> date | None:
    return a_day(value, field, called) if value.strip() else None


def in_order(first: date, last: date | None, field: str = "last") -> None:
    if last is not None and last < first:
        raise refused(field, _("Ngày cuối phải từ ngày đầu trở đi."))


def start_of(day: date) -> datetime:
    """The first moment of a day in Thanh Hóa."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL)
