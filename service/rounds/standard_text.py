"""The standard text of a Tờ trình, and what a text says about how many are proposed. Pure.

The numbers change while cases come and go: whose text is still the standard one gets the numbers of today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from service.rounds.standing import Standing
from service.wording import recorded

_STATED = re.compile(r"(không (?:đề nghị )?)?công nhận ([0-9]{1,4}) (?:đơn vị|xã)", re.IGNORECASE)


@dataclass(frozen=True)
class Counts:
    """How many cases of a round stand on each list, and on how many Sở and the member still differ."""

    assigned: int = 0
    registered: int = 0
    not_proposed: int = 0
    still_open: int = 0

    @property
    def proposed(self) -> int:
        return self.assigned + self.registered


@dataclass(frozen=True)
class Stated:
    """What a text says; None where it names no number."""

    proposed: int | None
    not_proposed: int | None


def counts_of(standings: Iterable[Standing]) -> Counts:
    found = list(standings)
    lists = [one.list for one in found]
    return Counts(
        assigned=lists.count("assigned"),
        registered=lists.count("registered"),
        not_proposed=lists.count("not_proposed"),
        still_open=sum(bool(one.open_disagreements) for one in found),
    )


def standard_text(year: int, counts: Counts) -> str:
    """A beginning for the Tờ trình, to be rewritten by the officer; what is zero is left out."""
    disputed = recorded(
        f" Sau Hội nghị, {counts.still_open} đơn vị còn nội dung Sở và Thành viên có ý kiến khác nhau; danh "
        "sách nêu rõ hai ý kiến."
    )
    return recorded(
        "Thực hiện Quyết định số 1829/QĐ-UBND ngày 30/5/2023 của UBND tỉnh, Sở Thông tin và Truyền thông đã "
        "thẩm tra hồ sơ đề nghị công nhận xã, phường, thị trấn hoàn thành các tiêu chí chuyển đổi số năm "
        f"{year}.\n\n{_proposed(counts)} Danh sách và lý do kèm theo.{disputed if counts.still_open else ''}"
    )


def _proposed(counts: Counts) -> str:
    if not counts.proposed:
        return recorded(f"Sở Thông tin và Truyền thông không đề nghị công nhận {counts.not_proposed} đơn vị.")
    assigned, registered = recorded("thuộc chỉ tiêu được giao"), recorded("tự nguyện đăng ký")
    if counts.assigned and counts.registered:
        of = f" ({counts.assigned} {assigned}, {counts.registered} {registered})"
    else:
        of = f" {assigned if counts.assigned else registered}"
    against = recorded(f"; không đề nghị công nhận {counts.not_proposed} đơn vị")
    return recorded(
        f"Đề nghị Chủ tịch UBND tỉnh công nhận {counts.proposed} đơn vị{of}"
        f"{against if counts.not_proposed else ''}."
    )


def is_standard(text: str, year: int) -> bool:
    """Whether nobody has changed it: it is what the standard text would be with the numbers that it names."""
    said = Counts(
        assigned=_number(text, recorded(r"([0-9]{1,4})(?: đơn vị)? thuộc chỉ tiêu được giao")),
        registered=_number(text, recorded(r"([0-9]{1,4})(?: đơn vị)? tự nguyện đăng ký")),
        not_proposed=_number(text, recorded(r"không đề nghị công nhận ([0-9]{1,4}) đơn vị")),
        still_open=_number(text, recorded(r"Sau Hội nghị, ([0-9]{1,4}) đơn vị")),
    )
    return standard_text(year, said) == text.strip()


def stated(text: str) -> Stated:
    """The numbers that a text of people names, the first of each kind."""
    found: dict[bool, int] = {}
    for against, number in _STATED.findall(text):
        found.setdefault(bool(against), int(number))
    return Stated(found.get(False), found.get(True))


def contradicts(text: str, counts: Counts) -> bool:
    """Whether the text names another number than the lists have; a text without numbers contradicts none."""
    said = stated(text)
    if said == Stated(None, None):
        return False
    # Who says how many are proposed and keeps silent about the others says that there are none.
    return (said.proposed or 0, said.not_proposed or 0) != (counts.proposed, counts.not_proposed)


def _number(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
