"""Re-execution: each step of a case computed anew from what went into it, and held against the record.

The archived version of the diagram, the recorded clock, what people handed over, and the deadlines and
holidays as they stood then. Nothing is written, nothing is asked of anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from service.audit.folding import Folded
from service.clock import local_day
from service.engine import runtime
from service.engine.codec import ENGINE_SEMANTICS
from service.engine.errors import EngineError
from service.engine.step import Step, StepContext
from service.messages.delivery import SENDER
from service.messages.payloads import unpacked
from service.processes.due import Stay
from service.processes.facts import Deadlines, what_counts
from service.processes.record import step_record
from service.processes.rules import RULES_SEMANTICS
from service.processes.steps import facts_needed, step_context
from service.replay.as_it_was import AsItWas
from service.replay.history import HandedOver, History, Told
from service.tasks.answers import routing_of

RECOMPUTED = "due_dates_recomputed"
# What a step records besides these is how it was called, not what came of it.
_OUTCOME = (
    "path",
    "active",
    "opened",
    "withdrawn",
    "timers_set",
    "timers_cleared",
    "timers_moved",
    "awaited",
    "thrown",
    "jobs",
    "jobs_withdrawn",
    "decisions",
    "variables",
    "finished",
    "outcome",
    "stuck",
)
_OF_OPENED = ("ref", "element", "due")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Verdict(StrEnum):
    """What re-execution says of a case."""

    MATCHES = "matches"
    DIVERGES = "diverges"
    CODE_CHANGED = "code-changed"
    NOT_EXECUTABLE = "not-executable"


@dataclass(frozen=True)
class Difference:
    """The first thing in which event `seq` comes out otherwise: a key of the record, or "state"."""

    seq: int
    what: str
    recorded: Any
    computed: Any


@dataclass(frozen=True)
class Recomputation:
    """`steps` were computed anew up to event `seq`; `why` says what is missing where one could not be.

    `recorded_by` and `computed_by`: versions of engine and rules, at the event where it stopped and now.
    """

    verdict: Verdict
    steps: int
    seq: int
    difference: Difference | None = None
    why: str = ""
    recorded_by: Mapping[str, Any] = field(default_factory=dict)
    computed_by: Mapping[str, Any] = field(default_factory=dict)


class _Missing(Exception):  # noqa: N818 - never leaves this module
    """What a step needs has been erased, or is not what was hashed."""


def reexecute(history: History, *, up_to: int | None = None, look: AsItWas | None = None) -> Recomputation:
    """Compute every step anew up to event `up_to` (None: the last, whose state is compared as well)."""
    case = history.case
    run = _Run(history, look or AsItWas(case.procedure, case.year))
    last = 0
    for event in history.events:
        if up_to is not None and event.seq > up_to:
            break
        last = event.seq
        try:
            differing = run.take(event)
        except _Missing as missing:
            return Recomputation(Verdict.NOT_EXECUTABLE, run.steps, event.seq, why=str(missing))
        except (EngineError, LookupError, ValueError) as error:
            differing = Difference(event.seq, "error", None, str(error))
        if differing is not None and (told := run.redacted(event.seq)):
            return Recomputation(Verdict.NOT_EXECUTABLE, run.steps - 1, event.seq, why=told)
        if differing is not None:
            return _told(run.steps, event, differing)
    whole = history.events and last == history.events[-1].seq
    if whole and run.state != bytes(case.state):
        state = Difference(last, "state", _text(bytes(case.state)), _text(run.state))
        return _told(run.steps, history.events[-1], state)
    return Recomputation(Verdict.MATCHES, run.steps, last)


def _told(steps: int, event: Told, difference: Difference) -> Recomputation:
    recorded = {"engine": ENGINE_SEMANTICS, "rules": 1, **event.body["versions"]}
    then = {name: recorded[name] for name in ("engine", "rules")}
    now = {"engine": ENGINE_SEMANTICS, "rules": RULES_SEMANTICS}
    verdict = Verdict.DIVERGES if then == now else Verdict.CODE_CHANGED
    return Recomputation(verdict, steps, event.seq, difference=difference, recorded_by=then, computed_by=now)


def _text(state: bytes) -> str:
    return state.decode("utf-8", "replace")


class _Run:
    """The state as it is computed anew, beside what is folded of the record."""

    def __init__(self, history: History, look: AsItWas) -> None:
        self.history = history
        self.look = look
        self.state = b""
        self.steps = 0
        self.folded = Folded()
        self.tables: dict[int, Any] = {}  # of the history's documents, which outlive it

    def take(self, event: Told) -> Difference | None:
        found = None
        if "active" in event.data:
            step = self._recomputed(event) if event.body["type"] == RECOMPUTED else self._moved(event)
            self.state, self.steps = step.state, self.steps + 1
            found = next(_differences(event, step), None)
        self.folded.take(event.body)
        return found

    def _moved(self, event: Told) -> Step:
        data, kind = event.data, event.body["type"]
        definition = self.history.procedure.definition
        if version := event.body["versions"].get("process"):
            self._require_version(version)
        if kind == "case_opened":
            return runtime.start(definition, self._context(event, [None]))
        if kind == "task_completed":
            return self._completed(event)
        if kind == "timer_fired":
            context = self._context(event, [data["element"]])
            return runtime.fire_timer(definition, self.state, data["timer"], context)
        if kind == "job_completed":
            context = self._context(event, [data["element"]])
            return runtime.complete_job(definition, self.state, data["job"], self._result(event), context)
        if kind == "job_failed":
            context = self._context(event, [*definition.program.errors])
            return runtime.fail_job(definition, self.state, data["job"], data["code"], context)
        name = data.get("message") or data["name"]
        way: Literal["message", "signal"] = "signal" if kind == "signal_caught" else "message"
        catch = runtime.catch_signal if way == "signal" else runtime.catch_message
        context = self._context(event, definition.catching(way, name))
        return catch(definition, self.state, name, self._payload(event), context)

    def redacted(self, seq: int) -> str:
        """What retention left out of the contents that counted by event `seq`; "" for nothing."""
        gone = [
            one.erased
            for number, one in sorted(self.history.submissions.items())
            if number <= seq and one.erased is not None
        ]
        return gone[-1].sentence() if gone else ""

    def _require_version(self, version: str) -> None:
        if version != self.history.procedure.content_hash:
            raise _Missing(f"không có phiên bản quy trình {version[:12]} trong kho")

    def _completed(self, event: Told) -> Step:
        handed = self.history.submissions.get(event.seq)
        if handed is None or handed.document is None or handed.answers is None:
            raise _Missing(_why_gone(handed, "nội dung nộp không còn, hoặc không phải nội dung đã băm"))
        bundle = self.history.procedure
        task = bundle.task(handed.element)
        by_round = task.properties.get("completedBy") == "round"
        routing = routing_of(None if by_round else bundle.form_of(handed.element), handed.answers)
        context = self._context(event, [handed.element], {handed.element: handed.document})
        return runtime.complete(bundle.definition, self.state, event.data["task"], routing, context)

    def _recomputed(self, event: Told) -> Step:
        """Each armed timer by the calendar that holds since, in the order in which they were moved."""
        step = None
        moved: list[Any] = []
        for told in event.data["timers"]:
            armed = datetime.fromisoformat(self.folded.timers[told["ref"]].set_at)
            context = self._plain_context(event, armed)
            definition = self.history.procedure.definition
            step = runtime.reschedule(definition, step.state if step else self.state, told["ref"], context)
            moved += step.timers_moved
        if step is None:
            raise _Missing("sự kiện không nêu hẹn giờ nào đã đổi")
        return replace(step, timers_moved=tuple(moved))

    def _context(
        self, event: Told, leaving: list[str | None] | Any, pending: Mapping[str, Any] = _NOTHING
    ) -> StepContext:
        submissions, named = facts_needed(self.history.procedure.definition, leaving)
        at = event.at
        found = {**self._submitted_before(event.seq), **pending} if submissions else {}
        deadlines = self._deadlines(event, at, named=named)
        year = self.history.case.year
        return step_context(self.history.procedure, year, found, deadlines, at, self.tables)

    def _plain_context(self, event: Told, at: datetime) -> StepContext:
        deadlines = self._deadlines(event, at, named=True)
        return step_context(self.history.procedure, self.history.case.year, {}, deadlines, at)

    def _deadlines(self, event: Told, at: datetime, *, named: bool) -> Deadlines:
        laid_down = self.look.deadlines(event.position, self.history.case) if named else {}
        return Deadlines(
            laid_down,
            local_day(at),
            lambda: self.look.calendar(event.position),
            lambda step: self._stays(step, at),
        )

    def _stays(self, step: str, at: datetime) -> list[Stay]:
        """As `processes.facts` reads them from the worklist, here from the log."""
        found = []
        for task in self.folded.tasks.values():
            received = datetime.fromisoformat(task.received_at)
            if task.element != step or received >= at:
                continue
            ended = datetime.fromisoformat(task.ended_at) if task.ended_at else at
            found.append((received, Stay(local_day(received), local_day(min(ended, at)))))
        return [stay for _, stay in sorted(found, key=lambda one: one[0])]

    def _submitted_before(self, seq: int) -> dict[str, Mapping[str, Any]]:
        """What counted when event `seq` was written, by step."""
        handed_over = self.history.submissions
        acts = [
            (handed_over[one].element, one, handed_over[one].action, b"")
            for one in sorted(handed_over)
            if one < seq
        ]
        found = {}
        for step, (number, _unread) in what_counts(acts).items():
            document = handed_over[number].document
            if document is None:
                raise _Missing(
                    _why_gone(
                        handed_over[number],
                        "nội dung nộp ở một bước trước không còn, hoặc không phải nội dung đã băm",
                    )
                )
            found[step] = document
        return found

    def _payload(self, event: Told) -> dict[str, Any]:
        data = event.data
        if "message" in data:
            return {}  # an act by message carries nothing
        kept = self.history.private.get(event.seq, {}).get("payload")
        if kept is None and "payload" in event.body["digests"]:
            raise _Missing(self._gone(event, "payload", "nội dung thông điệp không còn"))
        if kept is None and (erased := self.history.erased.messages.get(data["source"])):
            raise _Missing(erased.sentence())
        payload = json.loads(kept) if kept is not None else self.history.payloads.get(data["source"], {})
        found: dict[str, Any] = unpacked(payload)
        return {**found, SENDER: data["sender"]} if data.get("sender") else found

    def _gone(self, event: Told, name: str, otherwise: str) -> str:
        erased = self.history.erased.private.get(("case", event.seq, name))
        return erased.sentence() if erased else otherwise

    def _result(self, event: Told) -> dict[str, Any]:
        kept = self.history.private.get(event.seq, {}).get("result")
        if kept is None and "result" in event.body["digests"]:
            raise _Missing(self._gone(event, "result", "kết quả của việc tự động không còn"))
        if kept is not None:
            return dict(unpacked(json.loads(kept)))
        # Of an event from before results were kept: what it made of the case's variables.
        prefix = f"{event.data['element']}."
        after = event.data["variables"]
        return {name.removeprefix(prefix): value for name, value in after.items() if name.startswith(prefix)}


def _why_gone(handed: HandedOver | None, otherwise: str) -> str:
    """Erased by retention, which the log tells; otherwise taken away or exchanged, which nothing tells."""
    return handed.erased.sentence() if handed is not None and handed.erased is not None else otherwise


def _differences(event: Told, step: Step) -> Iterator[Difference]:
    """What of the step is not as recorded, in the order of `_OUTCOME`; an absent key was not recorded yet."""
    computed = step_record(step)
    for key in _OUTCOME:
        if key not in event.data:
            continue
        was, now = event.data[key], computed[key]
        if key == "opened":
            was = [{name: one[name] for name in _OF_OPENED} for one in was]
            now = [{name: one[name] for name in _OF_OPENED} for one in now]
        if was != now:
            yield Difference(event.seq, key, was, now)
