"""What the model knows of messages between cases: each is thrown once, and caught once or never.

A question goes to the answering case of the sender's commune and year, an answer to the case that asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.sim.model import DAY, CaseModel, Violation

# Completing these steps throws that message; the diagrams say nothing of how long, so it is kept 30 days.
THROWN_BY = {("asking", "write"): "question", ("answering", "think"): "answer"}
KEPT = 30 * DAY


@dataclass
class Letter:
    """`state` is the message row's: waiting, delivered, expired."""

    name: str
    sender: CaseModel
    sent: datetime
    to: CaseModel | None = None
    state: str = "waiting"


class Letters:
    """Every message thrown in a run, by its name and the id of its sender: no case throws one twice."""

    def __init__(self) -> None:
        self.all: dict[tuple[str, str], Letter] = {}
        self.asked: dict[str, CaseModel] = {}  # answering case → who asked it
        self.latest: datetime | None = None

    def completed(self, case: CaseModel, element: str) -> None:
        name = THROWN_BY.get((case.procedure, element))
        if name is not None:
            assert case.last is not None
            to = self.asked[case.id] if name == "answer" else None
            self.all[name, case.id] = Letter(name, case, case.last, to)

    def caught(self, case: CaseModel, data: dict[str, Any]) -> None:
        """The case has received what `data` names; it has gone on in the model already."""
        letter = self._letter(data)
        if letter.state != "waiting":
            raise Violation(
                f"{letter.name!r} of {letter.sender.commune} was caught, but it is {letter.state}"
            )
        meant = letter.to is case if letter.to else _belong_together(letter.sender, case)
        if not meant:
            raise Violation(f"{letter.name!r} of {letter.sender.commune} was caught by another's case")
        letter.state = "delivered"
        if letter.name == "question":
            self.asked[case.id] = letter.sender

    def expired(self, data: dict[str, Any], now: datetime) -> None:
        letter = self._letter(data)
        late = max(now, self.latest or now) >= letter.sent + KEPT
        ended = letter.to is not None and letter.to.outcome is not None
        if letter.state != "waiting" or not (late or ended):
            raise Violation(f"{letter.name!r} of {letter.sender.commune} expired before its time")
        letter.state = "expired"

    def _letter(self, data: dict[str, Any]) -> Letter:
        letter = self.all.get((data["name"], uuid.UUID(data["sender"]).hex))
        if letter is None:
            raise Violation(f"{data['name']!r} is there, though nobody sent it")
        return letter

    def finally_true(self, stored: Iterable[tuple[str, str, str]], cases: Iterable[CaseModel]) -> None:
        """`stored` are the rows (name, sender, state); whatever has a receiver has reached it or expired."""
        answering = [case for case in cases if case.procedure == "answering"]
        for letter in self.all.values():
            found = letter.to or next(
                (case for case in answering if _belong_together(letter.sender, case)), None
            )
            if letter.state == "waiting" and found is not None:
                raise Violation(f"{letter.name!r} of {letter.sender.commune} never reached its receiver")
        rows = sorted(stored)
        wanted = sorted((letter.name, letter.sender.id, letter.state) for letter in self.all.values())
        if rows != wanted:
            raise Violation(f"the messages stored are {rows}, not {wanted}")


def _belong_together(sender: CaseModel, receiver: CaseModel) -> bool:
    return receiver.procedure == "answering" and (sender.commune, sender.year) == (
        receiver.commune,
        receiver.year,
    )
