"""Playing a course from its beginning: what live cases do, on a state that is forgotten afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

from service.clock import LOCAL, local_day
from service.engine import runtime
from service.engine.errors import EngineError
from service.engine.step import Scalar, Step, StepContext
from service.errors import BadInput
from service.models import ProcessDraft
from service.processes.due import Stay
from service.processes.facts import Deadlines, counting
from service.processes.steps import facts_needed, step_context, submission_content
from service.processes.task_rows import due_columns
from service.studio.play.acts import (
    COMPLETE,
    FAIL,
    JOB,
    MESSAGE,
    SIGNAL,
    START,
    TIMER,
    WAIT,
    Act,
    CourseRefused,
)
from service.studio.play.ground import Ground, compiled, ground_for
from service.studio.play.played import Armed, Job, Move, OpenTask, Played
from service.tasks.answers import checked_answers, results_of, routing_of
from service.tasks.between_levels import too_little_beside
from service.wording import _

MORNING = time(8, 0)
# So many timers fire in one act: a reminder every minute would go on for ever.
MOST_FIRINGS = 300


def play_draft(
    draft: ProcessDraft, acts: Sequence[Act], *, day: date, diagram: bytes | None = None
) -> Played:
    """The course played on the draft, or on `diagram` in its place; `day` is today. Writes nothing.

    Raises CourseRefused naming the act, BadDefinition where the draft cannot be run yet.
    """
    return replay(ground_for(compiled(draft, day, diagram), acts[0]), acts)


def replay(ground: Ground, acts: Sequence[Act]) -> Played:
    """Raises CourseRefused naming the act."""
    played, refused = play_on(ground, acts)
    if refused is not None:
        raise refused
    return played


def play_on(ground: Ground, acts: Sequence[Act]) -> tuple[Played, CourseRefused | None]:
    """As far as the course goes, and why it goes no further."""
    player = Player(ground)
    for number, act in enumerate(acts, 1):
        try:
            player.do(number, act)
        except CourseRefused as refused:
            return player.told(), refused
    return player.told(), None


class Player:
    """A course as it grows: `do` one more act, `told` how the case stands then."""

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
        self.stays: list[tuple[str, datetime, datetime]] = []
        self.steps: list[Step] = []

    def do(self, number: int, act: Act) -> None:
        """Raises CourseRefused; what was before stays as it was."""
        name = self._name(act)
        self.steps = []
        if self.step is not None and self.step.finished:
            raise CourseRefused(number, _("hồ sơ đã kết thúc, không làm gì thêm được."), of=name)
        try:
            self._doing[act.kind](self, act)
        except EngineError as error:
            raise CourseRefused(number, str(error), of=name) from error
        except CourseRefused:
            raise
        except BadInput as error:
            raise CourseRefused(number, str(error), of=name, fields=error.fields) from error
        except _Impossible as error:
            raise CourseRefused(number, str(error), of=name) from error
        self.moves.append(
            Move(
                number=number,
                act=act,
                name=name,
                at=self.now,
                path=tuple(one for step in self.steps for one in step.path),
                active=self.steps[-1].active if self.steps else self._active(),
                decisions=tuple(one for step in self.steps for one in step.decisions),
                thrown=tuple(one for step in self.steps for one in step.thrown),
            )
        )

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

    # One function for each kind of act.

    def _start(self, act: Act) -> None:
        assert act.day is not None
        self.now = datetime.combine(act.day, MORNING, LOCAL)
        self._move([None], lambda context: runtime.start(self.definition, context))

    def _complete(self, act: Act) -> None:
        task = next((one for one in self.tasks.values() if one.element == act.what), None)
        if task is None:
            raise _Impossible(_("việc này không còn mở ở thời điểm đó."))
        form = self.bundle.form_of(task.element)
        given = act.answers
        if form is None:
            clean: dict[str, Any] = {"action": "complete"}
        else:
            more = partial(
                too_little_beside,
                task.element,
                self.ground.year,
                self.bundle,
                lambda: counting(self.handed_in),
            )
            today = local_day(self.now)
            clean = checked_answers(form, self.bundle, self.ground.year, given, today=today, more=more)
        routing = routing_of(form, clean)
        content = submission_content(clean, results=results_of(self.bundle, self.ground.year, clean))
        handed_in = task.element, len(self.moves) + 1, str(clean.get("action", "complete")), content
        before = list(self.handed_in)
        self.handed_in.append(handed_in)
        returned = handed_in[2] == "return"
        try:
            self._move(
                [task.element],
                lambda context: runtime.complete(self.definition, self._state, task.ref, routing, context),
                done=task,
                returned=returned,
            )
        except EngineError:
            self.handed_in = before
            raise

    def _wait(self, act: Act) -> None:
        assert act.day is not None
        moment = datetime.combine(act.day, MORNING, LOCAL)
        if moment <= self.now:
            raise _Impossible(
                _("thời gian chỉ trôi về sau; đang là ngày %(day)s.", day=f"{local_day(self.now):%d/%m/%Y}")
            )
        self._pass_until(moment)

    def _timer(self, act: Act) -> None:
        due = [one.due_at for one in self.timers.values() if one.element == act.what]
        if not due:
            raise _Impossible(_("hẹn giờ này không còn hiệu lực ở thời điểm đó."))
        self._pass_until(max(self.now, min(due)))

    def _message(self, act: Act) -> None:
        self._move(
            self.definition.catching("message", act.what),
            lambda context: runtime.catch_message(
                self.definition, self._state, act.what, _values(act), context
            ),
        )

    def _signal(self, act: Act) -> None:
        self._move(
            self.definition.catching("signal", act.what),
            lambda context: runtime.catch_signal(
                self.definition, self._state, act.what, _values(act), context
            ),
        )

    def _job(self, act: Act) -> None:
        job = self._open_job(act)
        self._move(
            [act.what],
            lambda context: runtime.complete_job(self.definition, self._state, job, _values(act), context),
            job=job,
        )

    def _fail(self, act: Act) -> None:
        job = self._open_job(act)
        self._move(
            [*self.definition.program.errors],
            lambda context: runtime.fail_job(self.definition, self._state, job, act.code, context),
            job=job,
        )

    _doing: Mapping[str, Callable[[Player, Act], None]] = {
        START: _start,
        COMPLETE: _complete,
        WAIT: _wait,
        TIMER: _timer,
        MESSAGE: _message,
        SIGNAL: _signal,
        JOB: _job,
        FAIL: _fail,
    }

    def _pass_until(self, moment: datetime) -> None:
        """Timers fire in the order of their due times, each on its own, as the scheduler does it."""
        for _firing in range(MOST_FIRINGS):
            due = [one for one in self.timers.values() if one.due_at <= moment]
            if not due or (self.step and self.step.finished):
                break
            timer = min(due, key=lambda one: (one.due_at, one.ref))
            self.now = max(self.now, timer.due_at)
            self._fire(timer)
        else:
            raise _Impossible(
                _(
                    "có hơn %(most)s lần hẹn giờ trong khoảng thời gian này; chọn ngày gần hơn.",
                    most=MOST_FIRINGS,
                )
            )
        self.now = max(self.now, moment)

    def _fire(self, timer: Armed) -> None:
        self._move(
            [timer.element],
            lambda context: runtime.fire_timer(self.definition, self._state, timer.ref, context),
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

    def _open_job(self, act: Act) -> str:
        job = next((one for one in self.jobs.values() if one.element == act.what), None)
        if job is None:
            raise _Impossible(_("việc tự động này không còn mở ở thời điểm đó."))
        return job.ref

    @property
    def _state(self) -> bytes:
        assert self.step is not None
        return self.step.state

    def _active(self) -> tuple[str, ...]:
        return self.step.active if self.step else ()

    def _label(self, element: str) -> str:
        return self.bundle.element_name(element)

    def _name(self, act: Act) -> str:
        if act.kind in (MESSAGE, SIGNAL):
            events = self.definition.catching("message" if act.kind == MESSAGE else "signal", act.what)
            return self._label(events[0]) if events else act.what
        return self._label(act.what) if act.what else ""


class _Impossible(Exception):  # noqa: N818 - a fact; its sentence goes into CourseRefused
    """Why an act cannot be done."""


def _values(act: Act) -> dict[str, Scalar]:
    return {key: scalar_of(value) for key, value in act.answers.items()}


def scalar_of(text: str) -> Scalar:
    """What somebody typed as the value of a message or job: true, false, a number with comma, else text."""
    written = text.strip()
    if written in ("true", "false"):
        return written == "true"
    digits = written.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(written)
    whole, comma, rest = digits.partition(",")
    if comma and (whole + rest).isascii() and whole.isdigit() and rest.isdigit() and len(digits) <= 20:
        return Decimal(written.replace(",", "."))
    return written or None
