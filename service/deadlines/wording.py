"""What the words of a source say: “trước ngày 04/12/2023” ends with 3/12, a period with so many days. Pure.

“Trước ngày X” ends with the day before X; “chậm nhất ngày X” includes X; “chậm nhất trước ngày X” is the
former. A year that is not written is the year assessed (“hằng năm”, “năm thực hiện chỉ tiêu”).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from service.calendars.spans import LONGEST, Days, Period, WorkingDays
from service.wording import _

_DATE = re.compile(
    r"ngày\s+(?P<day>\d{1,2})\s*(?:/|-|\.|\s+tháng\s+)\s*(?P<month>\d{1,2})"
    r"(?:\s*(?:/|-|\.|,?\s+năm\s+)\s*(?P<year>\d{4}))?(?![\d/])",
    re.ASCII,
)
_BEFORE = re.compile(r"\btrước\s+$")
_PERIOD = re.compile(
    r"\b(?P<count>\d{1,4})\s*(?:\([^)]{1,40}\)\s*)?ngày(?P<working>\s+làm\s+việc)?\b(?!\s*\d)", re.ASCII
)
_SINCE = re.compile(r"\b(?:kể\s+từ|tính\s+từ|từ|sau)\s+(?:khi|ngày|lúc)?\s*(?P<event>.*)$")
_RECEIPT = re.compile(r"^(?:được\s+)?(?:nhận|tiếp nhận)\b")
_INCLUDING = (
    "chậm nhất",
    "muộn nhất",
    "không quá",
    "không vượt",
    "đến hết",
    "hết ngày",
    "đến ngày",
    "trong ngày",
    "vào ngày",
)


class NotUnderstood(ValueError):  # noqa: N818 - a fact, as in service.errors
    """The words name no deadline that we can read; the message says what is missing, in Vietnamese."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Either the last day on which a step is in time, or a period from the receipt of the dossier."""

    last_day: date | None
    period: Period | None
    before: bool = False


def read_wording(text: str, year: int) -> Meaning:
    """The deadline that `text` lays down for a case of `year`. Raises NotUnderstood."""
    words = " ".join(unicodedata.normalize("NFC", text).lower().split())
    dates = list(_DATE.finditer(words))
    if len(dates) > 1:
        raise NotUnderstood(_("Câu chữ nêu nhiều ngày; mỗi bước chỉ ghi một thời hạn."))
    if dates:
        return _calendar_date(words, dates[0], year)
    periods = list(_PERIOD.finditer(words))
    if len(periods) > 1:
        raise NotUnderstood(_("Câu chữ nêu nhiều thời hạn; mỗi bước chỉ ghi một thời hạn."))
    if periods:
        return _period(words, periods[0])
    raise NotUnderstood(
        _(
            "Không đọc được thời hạn. Viết như “trước ngày 04/12/2023”, “chậm nhất ngày 10/12” hoặc "
            "“trong thời hạn 10 ngày làm việc kể từ ngày nhận hồ sơ”."
        )
    )


def _calendar_date(words: str, found: re.Match[str], year: int) -> Meaning:
    try:
        named = date(int(found["year"] or year), int(found["month"]), int(found["day"]))
    except ValueError:
        raise NotUnderstood(_("“%(found)s” không phải là một ngày có thật.", found=found[0])) from None
    if _BEFORE.search(words[: found.start()]):
        return Meaning(named - timedelta(days=1), None, before=True)
    if not any(word in words[: found.start() + len("ngày")] for word in _INCLUDING):
        raise NotUnderstood(
            _(
                "Không rõ có tính cả ngày nêu trong câu chữ không; viết “trước ngày …” hoặc “chậm nhất ngày "
                "…”."
            )
        )
    return Meaning(named, None)


def _period(words: str, found: re.Match[str]) -> Meaning:
    count = int(found["count"])
    if not 1 <= count <= LONGEST:
        raise NotUnderstood(_("Thời hạn phải từ 1 đến %(longest)s ngày.", longest=LONGEST))
    since = _SINCE.search(words, found.end())
    if since is not None and not _RECEIPT.match(since["event"]):
        raise NotUnderstood(_("Thời hạn theo số ngày chỉ tính được kể từ ngày nhận hồ sơ."))
    return Meaning(None, WorkingDays(count) if found["working"] else Days(count))
