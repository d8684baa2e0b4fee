"""What somebody asks for: the filters that questions share, checked. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date

from service.errors import BadInput
from service.wording import Words, _, marked

# How somebody took part in an event.
PARTS = ("acted", "prepared", "helped", "signed", "absent")
STATUSES = ("open", "finished", "stuck")
VERDICTS = ("met", "not_met", "undecided", "missing", "not_applicable", "not_assessed")
LONGEST_TEXT = 100
MOST_MINUTES, MOST_RETURNS = 7 * 24 * 60, 99
_WHAT = Words(
    {
        "part": marked("Cách tham gia"),
        "status": marked("Tình trạng"),
        "verdict": marked("Kết luận"),
        "level": marked("Cấp đánh giá"),
        "kind": marked("Loại sự kiện"),
        "outcome": marked("Kết quả của hồ sơ"),
        "version": marked("Phiên bản quy trình"),
        "step": marked("Bước"),
    }
)


@dataclass(frozen=True)
class Asked:
    """Filters of a question; "" and None ask for everything. Raises BadInput for values that cannot be.

    `person` and `unit` are words of names, read without diacritics; `part` is one of PARTS; days are
    included. `version` is “key:number”. `minutes` and `returns` are thresholds; `event` is the number of one
    event of `case`.
    """

    year: int | None = None
    since: date | None = None
    until: date | None = None
    person: str = ""
    part: str = ""
    unit: str = ""
    case: str = ""
    criterion: str = ""
    level: str = ""
    verdict: str = ""
    outcome: str = ""
    status: str = ""
    kind: str = ""
    version: str = ""
    step: str = ""
    minutes: int = 10
    returns: int = 2
    event: int | None = None

    def __post_init__(self) -> None:
        require("part", self.part, PARTS)
        require("status", self.status, STATUSES)
        require("verdict", self.verdict, VERDICTS)
        if self.since is not None and self.until is not None and self.since > self.until:
            raise wrong("since", _("“Từ ngày” phải trước hoặc trùng “Đến hết ngày”."))
        if not 1 <= self.minutes <= MOST_MINUTES:
            raise wrong("minutes", _("Số phút phải từ 1 đến %(most)s.", most=MOST_MINUTES))
        if not 0 <= self.returns <= MOST_RETURNS:
            raise wrong("returns", _("Số lần trả lại phải từ 0 đến %(most)s.", most=MOST_RETURNS))
        if (self.verdict or self.level) and not self.criterion:
            raise wrong("criterion", _("Chọn chỉ tiêu trước khi lọc theo cấp đánh giá hay kết luận."))

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for at all."""
        return self != Asked()

    @property
    def about_cases(self) -> bool:
        """Whether only some cases are asked about."""
        return any((self.year, self.unit, self.case, self.outcome, self.status, self.version))


NAMES = tuple(field.name for field in fields(Asked))


def require(name: str, value: str, known: Collection[str]) -> None:
    if value and value not in known:
        raise wrong(
            name,
            _("%(what)s “%(value)s” không có. Hãy chọn trong danh sách.", what=_WHAT[name], value=value),
        )


def wrong(name: str, sentence: str) -> BadInput:
    return BadInput(sentence, fields={name: [sentence]})
