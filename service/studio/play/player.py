"""Every kind of act, done to a played case as people, clocks and other systems do it to a live one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from functools import partial
from typing import Any

from service.clock import LOCAL, local_day
from service.engine import runtime
from service.engine.errors import EngineError
from service.errors import BadInput
from service.processes.facts import counting
from service.processes.steps import submission_content
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
from service.studio.play.people import acts_with, refuse_people
from service.studio.play.played import Armed, Move
from service.studio.play.standing import Standing
from service.studio.play.values import values_of
from service.tasks.answers import checked_answers, results_of, routing_of
from service.tasks.between_levels import too_little_beside
from service.wording import _

MORNING = time(8, 0)
# So many timers fire in one act: a reminder every minute would go on for ever.
MOST_FIRINGS = 300


class Player(Standing):
    """A course as it grows: `do` one more act, `told` how the case stands then."""

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

    # One function for each kind of act.

    def _start(self, act: Act) -> None:
        assert act.day is not None
        self.now = datetime.combine(act.day, MORNING, LOCAL)
        self._move([None], lambda context: runtime.start(self.definition, context))

    def _complete(self, act: Act) -> None:
        task = next((one for one in self.tasks.values() if one.element == act.what), None)
        if task is None:
            raise _Impossible(_("việc này không còn mở ở thời điểm đó."))
        refuse_people(self.acts, self.bundle, task, act)
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
        self.acts = acts_with(self.acts, act)

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
                self.definition, self._state, act.what, values_of(act), context
            ),
        )

    def _signal(self, act: Act) -> None:
        self._move(
            self.definition.catching("signal", act.what),
            lambda context: runtime.catch_signal(
                self.definition, self._state, act.what, values_of(act), context
            ),
        )

    def _job(self, act: Act) -> None:
        job = self._open_job(act)
        self._move(
            [act.what],
            lambda context: runtime.complete_job(self.definition, self._state, job, values_of(act), context),
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

    def _open_job(self, act: Act) -> str:
        job = next((one for one in self.jobs.values() if one.element == act.what), None)
        if job is None:
            raise _Impossible(_("việc tự động này không còn mở ở thời điểm đó."))
        return job.ref

    def _name(self, act: Act) -> str:
        if act.kind in (MESSAGE, SIGNAL):
            events = self.definition.catching("message" if act.kind == MESSAGE else "signal", act.what)
            return self._label(events[0]) if events else act.what
        return self._label(act.what) if act.what else ""


class _Impossible(Exception):  # noqa: N818 - a fact; its sentence goes into CourseRefused
    """Why an act cannot be done."""
