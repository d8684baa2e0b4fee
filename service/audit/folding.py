"""A case folded from its events alone: where its tokens rest, what is open, whose it is, what is armed.

Only what was recorded is applied: neither the engine nor the evaluation is asked, nor any table read, so that
a history can be folded for as long as its bytes exist. Events that it does not know move nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from service.clock import local_day

READY, RESERVED, COMPLETED, EXITED = "ready", "reserved", "completed", "exited"
OPEN = frozenset({READY, RESERVED})
PREPARING, SIGNING = "preparing", "signing"
SET, FIRED, CLEARED = "set", "fired", "cleared"
_HANDED = frozenset({"task_assigned", "task_handed_over", "task_delegated", "task_given_back"})


@dataclass(frozen=True, slots=True)
class FoldedTask:
    """A row of the worklist as the log tells it. People are ids; `due_on` an ISO date, or a date and time.

    `group` and `unit` are None in events from before they were recorded; `received` and `ended` are numbers
    of events, `ended` 0 while the task is open.
    """

    ref: str
    element: str
    state: str
    received: int
    received_at: str
    due_on: str | None
    group: str | None = None
    unit: str | None = None
    stage: str = PREPARING
    owner: str | None = None
    delegated_by: str | None = None
    prepared_by: str | None = None
    priority: int = 5
    ended: int = 0
    ended_at: str | None = None
    completed_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def due_day(self) -> date | None:
        """The day of `due_on` where the procedure's people live."""
        if self.due_on is None or len(self.due_on) == len("2023-12-04"):
            return date.fromisoformat(self.due_on) if self.due_on else None
        return local_day(datetime.fromisoformat(self.due_on))


@dataclass(frozen=True, slots=True)
class FoldedTimer:
    """`set_at`: when it was armed, which its due time is counted from."""

    ref: str
    element: str
    state: str
    due_at: datetime
    set_at: str


@dataclass(slots=True)
class Folded:
    """The case after event `seq`. `steps` counts the events that moved tokens; 0 before the first.

    `visits` says how often a token entered each element or flow, `submissions` which digest each act handed
    over, by the number of its event.
    """

    seq: int = 0
    steps: int = 0
    at: str = ""
    tasks: dict[str, FoldedTask] = field(default_factory=dict)
    timers: dict[str, FoldedTimer] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    active: list[str] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    submissions: dict[int, str] = field(default_factory=dict)
    acts: dict[str, frozenset[str]] = field(default_factory=dict)
    outcome: str | None = None
    status: str = "open"

    def open_tasks(self) -> list[FoldedTask]:
        return [task for task in self.tasks.values() if task.is_open]

    def armed_timers(self) -> list[FoldedTimer]:
        return [timer for timer in self.timers.values() if timer.state == SET]

    def at_rest(self) -> Folded:
        """As it stands now; what is taken afterwards changes nothing in it."""
        still = copy(self)
        for name in ("tasks", "timers", "jobs", "visits", "submissions", "acts"):
            setattr(still, name, dict(getattr(self, name)))
        return still

    def take(self, body: Mapping[str, Any]) -> None:
        """Apply one event's body; events come in the order of their numbers."""
        self.seq, self.at = body["seq"], body["at"]
        data, kind = body["data"], body["type"]
        self._hands(kind, data, body)
        if "act" in data:
            self._acted(data["act"], [str(body["actor"]["id"])])
        if "active" in data:
            self._step(data, body)
        elif kind == "due_dates_recomputed":
            self._due(data)

    def _step(self, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        self.steps += 1
        for passed in data["path"]:
            self.visits[passed] = self.visits.get(passed, 0) + 1
        done = self.tasks.get(data.get("task", ""))
        if done is not None:
            self._submitted(done, data, body)
        for ref in data["withdrawn"]:
            if ref in self.tasks:
                self._end(self.tasks[ref], EXITED, None)
        for opened in data["opened"]:
            self._open(opened)
        self._timers(data)
        if "job" in data:
            self.jobs.pop(data["job"], None)
        for ref in data.get("jobs_withdrawn", ()):
            self.jobs.pop(ref, None)
        for job in data.get("jobs", ()):
            self.jobs[job["ref"]] = job["topic"]
        if body["type"] == "due_dates_recomputed":
            self._due(data)
        self.active, self.awaited = data["active"], data["awaited"]
        self.variables, self.outcome = data["variables"], data["outcome"]
        self.status = "finished" if data["finished"] else "stuck" if data["stuck"] else "open"

    def _open(self, opened: Mapping[str, Any]) -> None:
        self.tasks[opened["ref"]] = FoldedTask(
            ref=opened["ref"],
            element=opened["element"],
            state=READY,
            received=self.seq,
            received_at=self.at,
            due_on=opened["due"],
            group=opened.get("group"),
            unit=opened.get("unit"),
        )

    def _submitted(self, task: FoldedTask, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        by = str(body["actor"]["id"])
        self._end(task, COMPLETED, by)
        if "submission" in body["digests"]:
            self.submissions[self.seq] = body["digests"]["submission"]
        named = (data.get("prepared_by"), by, *data.get("helped_by", ()))
        self._acted(task.element, [one for one in named if one])

    def _end(self, task: FoldedTask, state: str, by: str | None) -> None:
        self.tasks[task.ref] = replace(task, state=state, ended=self.seq, ended_at=self.at, completed_by=by)

    def _acted(self, where: str, who: Iterable[str]) -> None:
        self.acts[where] = self.acts.get(where, frozenset()).union(who)

    def _timers(self, data: Mapping[str, Any]) -> None:
        if (fired := data.get("timer")) in self.timers:
            self.timers[fired] = replace(self.timers[fired], state=FIRED)
        for ref in data["timers_cleared"]:
            if ref in self.timers:
                self.timers[ref] = replace(self.timers[ref], state=CLEARED)
        for timer in data["timers_set"]:
            self.timers[timer["ref"]] = FoldedTimer(
                timer["ref"], timer["element"], SET, _instant(timer["due_at"]), self.at
            )
        for timer in data.get("timers_moved", ()):
            armed = self.timers[timer["ref"]]
            self.timers[timer["ref"]] = replace(armed, due_at=_instant(timer["due_at"]))

    def _due(self, data: Mapping[str, Any]) -> None:
        for moved in data["tasks"]:
            self._change(moved["ref"], due_on=moved["after"])

    def _hands(self, kind: str, data: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """Whose an open task is. Another owner ends a delegation."""
        actor = body["actor"]["id"]
        if kind == "task_claimed":
            self._change(data["task"], state=RESERVED, owner=actor, delegated_by=None)
        elif kind == "task_released":
            self._change(data["task"], state=READY, owner=None, delegated_by=None)
        elif kind in _HANDED:
            asked = actor if kind == "task_delegated" else None
            self._change(data["task"], state=RESERVED, owner=data["to"], delegated_by=asked)
        elif kind == "signature_requested":
            self._change(
                data["task"], state=READY, owner=None, delegated_by=None, stage=SIGNING, prepared_by=actor
            )
        elif kind == "returned_to_officer" and data["task"] in self.tasks:
            prepared_by = self.tasks[data["task"]].prepared_by
            self._change(data["task"], state=RESERVED, owner=prepared_by, delegated_by=None, stage=PREPARING)
        elif kind == "task_priority_set":
            self._change(data["task"], priority=data["priority"])

    def _change(self, ref: str, **values: Any) -> None:
        if ref in self.tasks:
            self.tasks[ref] = replace(self.tasks[ref], **values)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def fold(bodies: Iterable[Mapping[str, Any]]) -> Folded:
    """The case after the last of `bodies`, which begin with the case's first event."""
    folded = Folded()
    for body in bodies:
        folded.take(body)
    return folded


def folded_after_each(bodies: Iterable[Mapping[str, Any]]) -> Iterator[Folded]:
    """The case after each event; each answer stays as it was given."""
    folded = Folded()
    for body in bodies:
        folded.take(body)
        yield folded.at_rest()
