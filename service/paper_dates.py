"""The date of a document that has been issued: never ahead of today, never of another century."""

from __future__ import annotations

from datetime import date, datetime

from forms.answers import EARLIEST_DAY
from service.clock import local_day
from service.errors import BadInput
from service.wording import _


def issued_day_problem(day: date, now: datetime) -> str:
    """Why `day` cannot be the date of a document that exists at `now`; "" where it can."""
    today = local_day(now)
    if day > today:
        return _(
            "Ngày văn bản: %(day)s là ngày chưa đến (hôm nay %(today)s).",
            day=f"{day:%d/%m/%Y}",
            today=f"{today:%d/%m/%Y}",
        )
    if day < EARLIEST_DAY:
        return _("Ngày văn bản: %(day)s quá sớm; hãy xem lại năm.", day=f"{day:%d/%m/%Y}")
    return ""


def refuse_half_numbered(number: str, day: date | None) -> None:
    """Number and date are given together, or both later by the clerk. Raises BadInput at what is missing."""
    together = _("Số và ngày của văn bản được ghi cùng nhau.")
    if number.strip() and day is None:
        problem = _("Đã ghi số văn bản thì ghi cả ngày văn bản; hoặc để trống cả hai, văn thư cấp số sau.")
        raise BadInput(together, fields={"issued_on": [problem]})
    if day is not None and not number.strip():
        problem = _("Đã ghi ngày văn bản thì ghi cả số, ký hiệu; hoặc để trống cả hai, văn thư cấp số sau.")
        raise BadInput(together, fields={"number": [problem]})


def refuse_wrong_issued_day(day: date | None, now: datetime) -> None:
    """Raises BadInput at `issued_on`; no date is no mistake here."""
    problem = issued_day_problem(day, now) if day is not None else ""
    if problem:
        raise BadInput(problem, fields={"issued_on": [problem]})
