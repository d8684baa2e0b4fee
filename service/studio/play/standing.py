"""How a played case stands: what is open, what was handed in, and one step of the engine on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from service.clock import LOCAL, local_day
from service.engine.step import Step, StepContext
from service.processes.due import Stay
from service.processes.facts import Deadlines, counting
from service.processes.steps import facts_needed, step_context
from service.processes.task_rows import due_columns
from service.studio.play.ground import Ground
from service.studio.play.played import Armed, Job, Move, OpenTask, Played


class Standing:
    """The case between two acts; `told` is what pages and scenarios see of it."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.bundle = ground, ground.bundle
        self.definition = ground.bundle.definition
        self.now = datetime(2000, 1, 1, tzinfo=LOCAL)
        self.step: Step | None = None
        self.moves: list[Move] = []
        self.tasks: dict[str, OpenTask] = {}
        self.timers: dict[str, Armed] = {}
        self.jobs: dict[str, Job] = {}
        # (step, seq, action, content) of what was handed in, (step, received, left) of finished stays.
        self.handed_in: list[tuple[str, int, str, bytes]] = []
        # {step: ids of the people who were played there}.
        self.acts: dict[str, list[str]] = {}
        self.stays: list[tuple[str, datetime, datetime]] = []
        self.steps: list[Step] = []

    def told(self) -> Played:
        step = self.step
        return Played(
            moves=tuple(self.moves),
            now=self.now,
            active=self._active(),
            tasks=tuple(self.tasks.values()),
            timers=tuple(sorted(self.timers.values(), key=lambda one: (one.due_at, one.ref))),
            jobs=tuple(self.jobs.values()),
            messages=step.messages_awaited if step else (),
            signals=step.signals_awaited if step else (),
            variables=step.variables if step else {},
            outcome=step.outcome if step and step.finished else None,
            finished=bool(step and step.finished),
            stuck=bool(step and step.stuck),
            submissions=counting(self.handed_in),
        )

    def _move(
        self,
        leaving: Sequence[str | None],
        run: Callable[[StepContext], Step],
        *,
        done: OpenTask | None = None,
        returned: bool = False,
        job: str = "",
    ) -> None:
        submissions, named = facts_needed(self.definition, leaving)
        deadlines = Deadlines(
            self.ground.deadlines if named else {},
            local_day(self.now),
            lambda: self.ground.calendar,
            self._stays_at,
        )
        found = counting(self.handed_in) if submissions else {}
        step = run(step_context(self.bundle, self.ground.year, found, deadlines, self.now))
        gone = {*step.withdrawn, *([done.ref] if done else [])}
        for ref in gone & self.tasks.keys():
            left = self.tasks.pop(ref)
            self.stays.append((left.element, left.received_at, self.now))
        for ref in {*step.timers_cleared} & self.timers.keys():
            del self.timers[ref]
        for ref in {job, *step.jobs_withdrawn} & self.jobs.keys():
            del self.jobs[ref]
        for one in step.opened:
            due = due_columns(one.element, one.due, deadlines, returned=returned)
            self.tasks[one.ref] = OpenTask.of(one, self.now, due)
        for timer in (*step.timers_set, *step.timers_moved):
            self.timers[timer.ref] = Armed(timer.ref, timer.element, self._label(timer.element), timer.due_at)
        for opened in step.jobs_opened:
            self.jobs[opened.ref] = Job(opened.ref, opened.element, self._label(opened.element), opened.topic)
        if step.finished:
            self.tasks, self.timers, self.jobs = {}, {}, {}
        self.step = step
        self.steps.append(step)

    def _stays_at(self, element: str) -> list[Stay]:
        """As `processes.facts` reads them of a case's tasks: those that began before this moment."""
        over = [(received, left) for step, received, left in self.stays if step == element]
        still = [(one.received_at, self.now) for one in self.tasks.values() if one.element == element]
        return [
            Stay(local_day(received), local_day(left))
            for received, left in sorted(over + still)
            if received < self.now
        ]

    @property
    def _state(self) -> bytes:
        assert self.step is not None
        return self.step.state

    def _active(self) -> tuple[str, ...]:
        return self.step.active if self.step else ()

    def _label(self, element: str) -> str:
        return self.bundle.element_name(element)
