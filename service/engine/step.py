"""What goes into a step and what comes out of it: plain values, no engine inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias

Scalar: TypeAlias = str | int | Decimal | bool | None


class Calendar(Protocol):
    """The dated facts behind the named functions of due dates and timers."""

    def deadline(self, step: str) -> date | None:
        """The calendar deadline of a step for this case; None where none is laid down."""

    def working_days_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; before it where `count` is negative, `day` itself for 0.

        `day` need not be a working day. Raises LookupError outside the years it knows.
        """


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule decided: the routing value, a Vietnamese sentence, and what it looked at."""

    value: Scalar
    explanation: str
    inputs: Mapping[str, Any]


Rule: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Scalar]], RuleOutcome]


@dataclass(frozen=True, slots=True)
class StepContext:
    """Everything a step may know besides the state. `now` is an aware datetime."""

    now: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    calendar: Calendar | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("StepContext.now must be an aware datetime")


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A human task that somebody may now do. `ref` is `element:occurrence`.

    `due` and `follow_up` are as the diagram's expression gave them: a date (that day included), an
    aware datetime, or None.
    """

    ref: str
    element: str
    occurrence: int
    name: str
    groups: tuple[str, ...]
    form_key: str
    due: date | datetime | None
    follow_up: date | datetime | None
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TimerSet:
    """`repeats_left` counts the firings after this one; None means without end."""

    ref: str
    element: str
    due_at: datetime
    interrupting: bool
    repeats_left: int | None


@dataclass(frozen=True, slots=True)
class JobOpened:
    ref: str
    element: str
    topic: str


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message or signal that the case sent by passing an event; it leaves by the outbox.

    `ref` is `element:occurrence`, unique in the case. `to` says who receives a message: `procedure` (its
    key), `commune` (code) and `year`, where an absent one is the sender's own; or `case` (id) alone. A
    signal has no receiver of its own: `to` is empty. `expires` is the UTC moment, ISO 8601 with "Z", after
    which nobody need wait for a receiver any more.
    """

    ref: str
    element: str
    kind: Literal["message", "signal"]
    name: str
    payload: Mapping[str, Scalar]
    to: Mapping[str, str]
    expires: str


@dataclass(frozen=True, slots=True)
class Due:
    """The times of an open human task as its expressions give them (see `OpenedTask`)."""

    due: date | datetime | None
    follow_up: date | datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One automatic choice. `chosen` is the flow id taken (gateway) or the variable written (rule)."""

    element: str
    name: str
    kind: Literal["gateway", "rule"]
    chosen: str
    expression: str
    inputs: Mapping[str, Any]
    result: Any
    explanation: str


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a case, from one state at rest to the next.

    `path` lists the elements that completed and the flows taken, in order; `active` the elements that
    hold a token at rest, in the diagram's order; `messages_awaited` and `signals_awaited` all names
    subscribed afterwards; `thrown` what was sent, in the order of sending. A timer that repeats is cleared
    and set again under a new ref; `timers_moved` keep their ref and have another due time.
    """

    state: bytes
    seq: int
    opened: tuple[OpenedTask, ...]
    withdrawn: tuple[str, ...]
    timers_set: tuple[TimerSet, ...]
    timers_cleared: tuple[str, ...]
    jobs_opened: tuple[JobOpened, ...]
    jobs_withdrawn: tuple[str, ...]
    messages_awaited: tuple[str, ...]
    decisions: tuple[Decision, ...]
    path: tuple[str, ...]
    active: tuple[str, ...]
    variables: Mapping[str, Scalar]
    finished: bool
    outcome: str | None
    stuck: bool
    signals_awaited: tuple[str, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    timers_moved: tuple[TimerSet, ...] = ()
