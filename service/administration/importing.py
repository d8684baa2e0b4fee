"""Lists that people hand in for a room of administration: tried out whole, then taken in whole or not at all.

Trying out is the import itself, taken back at its end: what it foretells is what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, Protocol, TypeVar

from sqlalchemy.exc import IntegrityError

from service.calendars.tables import MOST_ERRORS_SHOWN
from service.database import transaction
from service.errors import BadInput, DomainError, WrongState
from service.wording import _, recorded

Answer = TypeVar("Answer")


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


Row = TypeVar("Row", bound=Numbered)


class _TakenBack(Exception):  # noqa: N818 it is no error
    """Nobody sees it: it ends the transaction that only tried."""


def whole_or_nothing(act: Callable[[], Answer], *, only_try: bool) -> Answer:
    """What `act` answers, done in one transaction; with `only_try` nothing of it stays."""
    answers: list[Answer] = []
    try:
        with transaction():
            answers.append(act())
            if only_try:
                _take_back()
    except _TakenBack:
        pass
    except IntegrityError as error:
        raise WrongState(_("Dữ liệu vừa được người khác thay đổi. Hãy xem trước lại rồi nhập.")) from error
    return answers[0]


def each(rows: Sequence[Row], act: Callable[[Row], str]) -> list[str]:
    """What `act` says of each row, in order. Raises BadInput naming every row that it refuses."""
    told: list[str] = []
    wrong: dict[str, list[str]] = {}
    for row in rows:
        with _noted(wrong, row.number):
            told.append(act(row))
    refuse(wrong)
    return [sentence for sentence in told if sentence]


def _take_back() -> NoReturn:
    raise _TakenBack


@contextmanager
def _noted(wrong: dict[str, list[str]], number: int) -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        fields: Mapping[str, list[str]] = error.fields if isinstance(error, BadInput) else {}
        said = [sentence for sentences in fields.values() for sentence in sentences] or [str(error)]
        wrong.setdefault(recorded(f"dòng {number}"), []).extend(said)


def refuse(wrong: Mapping[str, list[str]]) -> None:
    """Raise BadInput with these faults by line; nothing when there are none."""
    if wrong:
        shown = dict(list(wrong.items())[:MOST_ERRORS_SHOWN])
        raise BadInput(_("Có %(count)s dòng chưa đúng; chưa nhập dòng nào.", count=len(wrong)), fields=shown)
