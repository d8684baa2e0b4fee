"""What is asked before a round's act is given that says something else than its lists, or decides nothing.

As for tasks the page comes back with the question and a button that goes on, so that it needs no script.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from service.rounds.queries import RoundLine
from service.rounds.standard_text import Counts, contradicts, counts_of, is_standard, stated
from service.web.asking import ANYWAY

DECIDING = ("recognise", "refuse")


@dataclass(frozen=True)
class RoundQuestion:
    """`button` goes on: it sends the form `form` to the round's `step`."""

    heading: str
    lines: tuple[str, ...]
    button: str
    form: str
    step: str


def before_handing_up(text: str, year: int, lines: Iterable[RoundLine]) -> RoundQuestion | None:
    """None where the text agrees with the lists, or where the answer was given."""
    counts = _disagreement(text, year, lines)
    if counts is None:
        return None
    return RoundQuestion(
        _("Nội dung Tờ trình nêu số khác với danh sách. Ông/bà có thể sửa, hoặc vẫn trình ký."),
        _both_numbers(text, counts),
        _("Vẫn trình ký"),
        "text-form",
        "trinh-ky",
    )


def before_signing(text: str, year: int, lines: Iterable[RoundLine]) -> RoundQuestion | None:
    counts = _disagreement(text, year, lines)
    if counts is None:
        return None
    return RoundQuestion(
        _("Nội dung Tờ trình nêu số khác với danh sách. Ông/bà có thể trả lại người soạn, hoặc vẫn ký."),
        _both_numbers(text, counts),
        _("Vẫn ký Tờ trình"),
        "ky-to-trinh",
        "ky",
    )


def before_deciding(outcomes: Mapping[uuid.UUID, tuple[str, str]]) -> RoundQuestion | None:
    """A Decision that decides no case; nothing is asked while a reason is still missing."""
    chosen = list(outcomes.values())
    if _answered() or not chosen or any(outcome in DECIDING or not why.strip() for outcome, why in chosen):
        return None
    returned = sum(outcome == "return" for outcome, _why in chosen)
    told = (
        _("Chuyển lại Sở: %(count)s hồ sơ.", count=returned) if returned else "",
        _("Để lại đợt sau: %(count)s hồ sơ.", count=len(chosen) - returned) if returned < len(chosen) else "",
    )
    return RoundQuestion(
        _("Quyết định này không công nhận và cũng không từ chối hồ sơ nào. Ông/bà vẫn ký?"),
        tuple(one for one in told if one),
        _("Vẫn ký Quyết định"),
        "decide-form",
        "quyet-dinh",
    )


def _answered() -> bool:
    return request.form.get(ANYWAY) == "1"


def _disagreement(text: str, year: int, lines: Iterable[RoundLine]) -> Counts | None:
    """The numbers of the lists, where the text that people wrote names others and nobody said to go on."""
    text = text.replace("\r\n", "\n")
    counts = counts_of(line.standing for line in lines)
    asked = not _answered() and not is_standard(text, year) and contradicts(text, counts)
    return counts if asked else None


def _both_numbers(text: str, counts: Counts) -> tuple[str, ...]:
    said = stated(text)
    lines = (
        (said.proposed, counts.proposed, _("đề nghị công nhận")),
        (said.not_proposed, counts.not_proposed, _("không đề nghị công nhận")),
    )
    return tuple(
        _(
            "Số đơn vị %(what)s: nội dung nêu %(stated)s, danh sách có %(listed)s.",
            what=what,
            stated=number,
            listed=listed,
        )
        if number is not None
        else _("Số đơn vị %(what)s: nội dung không nêu, danh sách có %(listed)s.", what=what, listed=listed)
        for number, listed, what in lines
        if (number or 0) != listed
    )
