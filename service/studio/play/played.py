"""What came of a course: how the case stands, what may be done next, and each act with the way it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.engine.step import Decision, OpenedTask, Scalar, Thrown
from service.studio.play.acts import Act


@dataclass(frozen=True)
class OpenTask:
    """A task that somebody may now do; `why` says of its last day how it came about, "" without one."""

    ref: str
    element: str
    name: str
    groups: tuple[str, ...]
    signer: str
    form_key: str
    received_at: datetime
    due_on: date | None
    reason: str
    why: str
    by_round: bool

    @classmethod
    def of(cls, opened: OpenedTask, at: datetime, due: Mapping[str, Any]) -> OpenTask:
        return cls(
            ref=opened.ref,
            element=opened.element,
            name=opened.name,
            groups=opened.groups,
            signer=opened.properties.get("signer", "none"),
            form_key=opened.form_key,
            received_at=at,
            due_on=due["due_on"],
            reason=due["due_reason"],
            why=due["due_why"],
            by_round=opened.properties.get("completedBy") == "round",
        )


@dataclass(frozen=True)
class Armed:
    ref: str
    element: str
    name: str
    due_at: datetime


@dataclass(frozen=True)
class Job:
    ref: str
    element: str
    name: str
    topic: str


@dataclass(frozen=True)
class Move:
    """One act played: the elements and flows passed in order, and where the tokens stand afterwards.

    `name` is that of the act's element, or of the message or signal; "" for those without one.
    """

    number: int
    act: Act
    name: str
    at: datetime
    path: tuple[str, ...]
    active: tuple[str, ...]
    decisions: tuple[Decision, ...]
    thrown: tuple[Thrown, ...]


@dataclass(frozen=True)
class Played:
    """`submissions` is what counts at present of what was handed in, by step (see processes.facts)."""

    moves: tuple[Move, ...]
    now: datetime
    active: tuple[str, ...]
    tasks: tuple[OpenTask, ...]
    timers: tuple[Armed, ...]
    jobs: tuple[Job, ...]
    messages: tuple[str, ...]
    signals: tuple[str, ...]
    variables: Mapping[str, Scalar]
    outcome: str | None
    finished: bool
    stuck: bool
    submissions: Mapping[str, Mapping[str, Any]]

    @property
    def passed(self) -> frozenset[str]:
        """Elements and flows."""
        return frozenset(one for move in self.moves for one in move.path)
