"""What may happen to a case. Every function takes a state and returns a new Step; nothing is mutated.

    step = start(definition, context)
    step = complete(definition, step.state, "self_assess:1", {"action": "complete"}, context)

All raise the errors of `errors.py`, each naming the element; the given bytes stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service.engine.codec import Record
from service.engine.definition import Definition
from service.engine.errors import (
    JobFailed,
    JobNotOpen,
    MessageNotExpected,
    SignalNotExpected,
    TaskNotOpen,
    TimerNotSet,
)
from service.engine.live import Action, Live, run
from service.engine.specs import Boundary
from service.engine.step import Due, Scalar, Step, StepContext
from service.engine.tokens import Token


def start(
    definition: Definition, context: StepContext, variables: Mapping[str, Scalar] | None = None
) -> Step:
    """Open a case at the start event with the given routing variables."""
    return Live.new(definition, variables or {}).advance(_nothing, context)


def complete(
    definition: Definition, state: bytes, task: str, answers: Mapping[str, Scalar], context: StepContext
) -> Step:
    """Complete the human task `task` (`element:occurrence`); its answers become `element.key`.

    Raises TaskNotOpen, InvalidValue.
    """
    return Live.load(definition, state).advance(completing(task, answers), context)


def fire_timer(definition: Definition, state: bytes, timer: str, context: StepContext) -> Step:
    """Let the timer `timer` (`element:occurrence`) fire; the caller knows it is due. Raises TimerNotSet."""
    return Live.load(definition, state).advance(firing(timer), context)


def catch_message(
    definition: Definition, state: bytes, message: str, payload: Mapping[str, Scalar], context: StepContext
) -> Step:
    """Deliver a message by name to the one event that waits for it (the first drawn, should several wait).

    The payload becomes `event.key`. Raises MessageNotExpected.
    """
    return Live.load(definition, state).advance(catching(message, payload), context)


def catch_signal(
    definition: Definition, state: bytes, signal: str, payload: Mapping[str, Scalar], context: StepContext
) -> Step:
    """Deliver a signal by name to every event of the case that waits for it, all in this one step.

    All of them have happened before any token moves on; then the tokens move in the order of the file.
    What waits inside an activity that this very signal interrupts is withdrawn with it and hears nothing.
    The payload becomes `event.key` of each. Raises SignalNotExpected.
    """
    return Live.load(definition, state).advance(signalling(signal, payload), context)


def reschedule(definition: Definition, state: bytes, timer: str, context: StepContext) -> Step:
    """Compute again when the armed timer `timer` (`element:occurrence`) is due, e.g. on other holidays.

    `context.now` is the moment when it was armed, `context.calendar` the one that holds now; variables are
    the case's present ones. The timer keeps its ref and is told in `timers_moved`. Where nothing changes
    (always for plain ISO 8601) the Step has the given state and seq. Raises TimerNotSet, ExpressionFailed.
    """
    step = Live.load(definition, state).advance(rescheduling(timer), context)
    return step if step.timers_moved else replace(step, state=state, seq=step.seq - 1)


def due_of(definition: Definition, state: bytes, task: str, context: StepContext) -> Due:
    """The due and follow-up dates of the open human task `task`, computed again as for `reschedule`.

    `context.now` is the moment when the task opened. The state does not hold these dates: nothing changes
    in it. Raises TaskNotOpen, ExpressionFailed.
    """
    live = Live.load(definition, state)
    element = _open_task(live, task).task_spec.bpmn_id
    described, move = definition.tasks[element], live.consider(context)
    return Due(move.due(element, described.due), move.due(element, described.follow_up))


def complete_job(
    definition: Definition, state: bytes, job: str, result: Mapping[str, Scalar] | None, context: StepContext
) -> Step:
    """The service task's work is done; `result` becomes `element.key`. Raises JobNotOpen."""
    return Live.load(definition, state).advance(finishing(job, result or {}), context)


def fail_job(definition: Definition, state: bytes, job: str, error_code: str, context: StepContext) -> Step:
    """The work failed: go the way of the boundary error event for the code, else of the one for any code.

    The job's own events are asked first, then those of the sub-processes and calls around it. Raises
    JobNotOpen, or JobFailed where no boundary event catches the code.
    """
    return Live.load(definition, state).advance(failing(job, error_code), context)


def completing(task: str, answers: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        token = _open_task(live, task)
        live.move.done = task
        live.move.put(token.task_spec.bpmn_id, answers)
        run(token, live.move)

    return act


def firing(timer: str) -> Action:
    def act(live: Live) -> None:
        token, wait = _armed(live, timer)
        live.move.done = timer
        live.fire(token, wait)

    return act


def rescheduling(timer: str) -> Action:
    def act(live: Live) -> None:
        token, wait = _armed(live, timer)
        live.replace_wait(token, wait, live.move.planned_anew(wait))

    return act


def catching(message: str, payload: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        program = live.definition.program
        waiting = [
            (token, wait) for token, wait in live.waits() if program.messages.get(wait["e"]) == message
        ]
        if not waiting:
            raise MessageNotExpected(f"Hồ sơ không chờ thông điệp “{message}”.", element=message)
        token, wait = min(waiting, key=lambda found: (program.order[found[1]["e"]], found[1]["n"]))
        live.move.put(wait["e"], payload)
        live.fire(token, wait)

    return act


def signalling(signal: str, payload: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        program = live.definition.program
        waiting = [(token, wait) for token, wait in live.waits() if program.signals.get(wait["e"]) == signal]
        if not waiting:
            raise SignalNotExpected(f"Hồ sơ không chờ tín hiệu “{signal}”.", element=signal)
        # A boundary event's parent is the split that it shares with its activity.
        interrupted = {
            token.parent.id
            for token, _ in waiting
            if isinstance(token.task_spec, Boundary) and token.task_spec.cancel_activity
        }
        heard = [
            (token, wait)
            for token, wait in waiting
            if not any(activity.parent.id in interrupted for activity in live.enclosing(token))
        ]
        for token, wait in sorted(heard, key=lambda found: (program.order[found[1]["e"]], found[1]["n"])):
            live.move.put(wait["e"], payload)
            live.fire(token, wait)

    return act


def finishing(job: str, result: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        token = _open_job(live, job)
        live.move.done = job
        live.move.put(token.task_spec.bpmn_id, result)
        run(token, live.move)

    return act


def failing(job: str, error_code: str) -> Action:
    def act(live: Live) -> None:
        token = _open_job(live, job)
        live.move.done = job
        if live.fail(token, error_code):
            return
        raise JobFailed(
            f"“{_label(live, job)}” báo lỗi “{error_code}” mà sơ đồ không có nhánh xử lý lỗi này.",
            element=_element(job),
            name=_label(live, job),
        )

    return act


def _element(ref: str) -> str:
    return ref.rpartition(":")[0] or ref


def _label(live: Live, ref: str) -> str:
    return live.definition.program.labels.get(_element(ref), ref)


def _open_task(live: Live, task: str) -> Token:
    token = live.open_activity(task)
    if token is None or token.task_spec.bpmn_id not in live.definition.tasks:
        raise TaskNotOpen(f"Việc “{task}” không còn mở.", element=_element(task), name=_label(live, task))
    return token


def _armed(live: Live, timer: str) -> tuple[Token, Record]:
    if _element(timer) in live.definition.program.timers:
        for token, wait in live.waits():
            if f"{wait['e']}:{wait['n']}" == timer:
                return token, wait
    raise TimerNotSet(
        f"Hẹn giờ “{timer}” không còn hiệu lực.", element=_element(timer), name=_label(live, timer)
    )


def _open_job(live: Live, job: str) -> Token:
    token = live.open_activity(job)
    if token is None or token.task_spec.bpmn_id not in live.definition.program.topics:
        raise JobNotOpen(f"Việc tự động “{job}” không còn mở.", element=_element(job), name=_label(live, job))
    return token


def _nothing(live: Live) -> None:
    """Starting needs no action of its own: the start event is ready."""
