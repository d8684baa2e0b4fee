"""What may happen to a case. Every function takes a state and returns a new Step; nothing is mutated.

    step = start(definition, context)
    step = complete(definition, step.state, "self_assess:1", {"action": "complete"}, context)

All raise the errors of `errors.py`, each naming the element; the given bytes stay what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from service.engine import specs
from service.engine.codec import Record, State, checked_scalar, decode, encode, grow, tokens_of
from service.engine.definition import Definition
from service.engine.errors import (
    EngineError, EngineFault, ExpressionFailed, JobFailed, JobNotOpen, MessageNotExpected, NoFlowTaken, RuleFailed,
    StepBudgetExceeded, TaskNotOpen, TimerNotSet,
)
from service.engine.moves import Move
from service.engine.outcome import step_between
from service.engine.step import Scalar, Step, StepContext
from service.engine.tokens import CaseWorkflow, Token

# Automatic moves in one step. Also keeps the tree of a step below Spiff's limit of 1,000 levels.
STEP_BUDGET = 800

Action = Callable[["Live"], None]


class Live:
    """A case with its tree in memory, for the length of one step."""

    def __init__(self, definition: Definition, workflow: CaseWorkflow, state: State) -> None:
        self.definition = definition
        self.workflow = workflow
        self.state = state

    @classmethod
    def new(cls, definition: Definition, variables: Mapping[str, Scalar]) -> Live:
        program = definition.program
        checked = {name: checked_scalar(value, "") for name, value in variables.items()}
        return cls(definition, CaseWorkflow(program.main, program.scopes, None, restored=False), State(0, {}, checked, []))

    @classmethod
    def load(cls, definition: Definition, data: bytes) -> Live:
        program = definition.program
        state = decode(data, definition.content_hash)
        workflow = CaseWorkflow(program.main, program.scopes, None, restored=True)
        grow(workflow, program, state.tokens)
        return cls(definition, workflow, state)

    def advance(self, action: Action, context: StepContext) -> Step:
        """Do `action`, then move every token that can move by itself, and say what became of it."""
        move = Move(self.definition, self.state, context)
        self.workflow.step = move
        action(self)
        _settle(self.workflow, move)
        program = self.definition.program
        finished = bool(self.workflow.completed)
        after = State(
            self.state.seq + 1, move.counts, move.variables, [] if finished else tokens_of(self.workflow, program),
            move.outcome if finished else None, finished)
        before, self.state = self.state, after
        return step_between(self.definition, before, after, move, encode(after, self.definition.content_hash))

    @property
    def move(self) -> Move:
        move: Move = self.workflow.step
        return move

    def tokens(self) -> list[Token]:
        return [token for tree in self.workflow.trees() for token in tree.tasks.values()]


def start(definition: Definition, context: StepContext, variables: Mapping[str, Scalar] | None = None) -> Step:
    """Open a case at the start event with the given routing variables."""
    return Live.new(definition, variables or {}).advance(lambda live: None, context)


def complete(
    definition: Definition, state: bytes, task: str, answers: Mapping[str, Scalar], context: StepContext
) -> Step:
    """Complete the human task `task` (`element:occurrence`); its answers become `element.key`.

    Raises TaskNotOpen, InvalidValue.
    """
    return Live.load(definition, state).advance(completing(task, answers), context)


def fire_timer(definition: Definition, state: bytes, timer: str, context: StepContext) -> Step:
    """Let the timer `timer` (`element:occurrence`) fire. The caller decides that it is due. Raises TimerNotSet."""
    return Live.load(definition, state).advance(firing(timer), context)


def catch_message(
    definition: Definition, state: bytes, message: str, payload: Mapping[str, Scalar], context: StepContext
) -> Step:
    """Deliver a message by name to the one event that waits for it (the first drawn, should several wait).

    The payload becomes `event.key`. Raises MessageNotExpected.
    """
    return Live.load(definition, state).advance(catching(message, payload), context)


def complete_job(
    definition: Definition, state: bytes, job: str, result: Mapping[str, Scalar] | None, context: StepContext
) -> Step:
    """The service task's work is done; `result` becomes `element.key`. Raises JobNotOpen."""
    return Live.load(definition, state).advance(finishing(job, result or {}), context)


def fail_job(definition: Definition, state: bytes, job: str, error_code: str, context: StepContext) -> Step:
    """The work failed: go the way of the boundary error event for the code, else of the one for any code.

    Raises JobNotOpen, or JobFailed where no boundary event catches the code.
    """
    return Live.load(definition, state).advance(failing(job, error_code), context)


def completing(task: str, answers: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        token = _open_activity(live, task)
        if token is None or token.task_spec.bpmn_id not in live.definition.tasks:
            raise TaskNotOpen(f"Việc “{task}” không còn mở.", element=_element(task), name=_label(live, task))
        live.move.done = task
        live.move.put(token.task_spec.bpmn_id, answers)
        _run(token, live.move)

    return act


def firing(timer: str) -> Action:
    def act(live: Live) -> None:
        if _element(timer) in live.definition.program.timers:
            for token, wait in _waits(live):
                if f"{wait['e']}:{wait['n']}" == timer:
                    live.move.done = timer
                    return _fire(live, token, wait)
        raise TimerNotSet(f"Hẹn giờ “{timer}” không còn hiệu lực.", element=_element(timer), name=_label(live, timer))

    return act


def catching(message: str, payload: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        program = live.definition.program
        waiting = [(token, wait) for token, wait in _waits(live) if program.messages.get(wait["e"]) == message]
        if not waiting:
            raise MessageNotExpected(f"Hồ sơ không chờ thông điệp “{message}”.", element=message)
        token, wait = min(waiting, key=lambda found: (program.order[found[1]["e"]], found[1]["n"]))
        live.move.put(wait["e"], payload)
        _fire(live, token, wait)

    return act


def finishing(job: str, result: Mapping[str, Scalar]) -> Action:
    def act(live: Live) -> None:
        token = _open_job(live, job)
        live.move.done = job
        live.move.put(token.task_spec.bpmn_id, result)
        _run(token, live.move)

    return act


def failing(job: str, error_code: str) -> Action:
    def act(live: Live) -> None:
        token = _open_job(live, job)
        caught = live.definition.program.errors
        for wanted in (error_code, ""):
            for sibling in token.parent.children:
                if caught.get(sibling.task_spec.bpmn_id) == wanted and sibling.state == TaskState.WAITING:
                    live.move.done = job
                    return _fire(live, sibling, sibling.internal_data["wait"])
        raise JobFailed(
            f"“{_label(live, job)}” báo lỗi “{error_code}” mà sơ đồ không có nhánh xử lý lỗi này.",
            element=_element(job), name=_label(live, job))

    return act


def _element(ref: str) -> str:
    return ref.rpartition(":")[0] or ref


def _label(live: Live, ref: str) -> str:
    return live.definition.program.labels.get(_element(ref), ref)


def _open_activity(live: Live, ref: str) -> Token | None:
    for token in live.tokens():
        if token.state == TaskState.READY and isinstance(token.task_spec, specs.Human):
            if f"{token.task_spec.bpmn_id}:{token.internal_data['n']}" == ref:
                return token
    return None


def _open_job(live: Live, job: str) -> Token:
    token = _open_activity(live, job)
    if token is None or token.task_spec.bpmn_id not in live.definition.program.topics:
        raise JobNotOpen(f"Việc tự động “{job}” không còn mở.", element=_element(job), name=_label(live, job))
    return token


def _waits(live: Live) -> list[tuple[Token, Record]]:
    """Every event that is waited for, with the token that waits."""
    found: list[tuple[Token, Record]] = []
    for token in live.tokens():
        if token.state == TaskState.WAITING and "n" in token.internal_data:
            waits = token.internal_data.get("waits") or [token.internal_data["wait"]]
            found.extend((token, wait) for wait in waits)
    return found


def _fire(live: Live, token: Token, wait: Record) -> None:
    """Make the awaited event happen; a boundary event that may happen again is armed anew."""
    spec = token.task_spec
    following = None
    if isinstance(spec, specs.Boundary) and not spec.cancel_activity:
        following = live.move.next_wait(wait)
    if isinstance(spec, specs.EventGateway):
        token.internal_data["chosen"] = wait["e"]
    with _named(spec.bpmn_id, live.move):
        spec.event_definition.catch(token)
        spec._update(token)
    if following is not None:
        again = token.parent._add_child(spec, TaskState.WAITING)
        again.internal_data.update(n=following["n"], wait=following)


def _settle(workflow: CaseWorkflow, move: Move) -> None:
    """Run what can run without anybody: always the first in the diagram's order, so that the tree's shape is no matter."""
    for _ in range(STEP_BUDGET):
        ready = [
            token for tree in workflow.trees() for token in tree.tasks.values()
            if token.state == TaskState.READY and not token.task_spec.manual]
        if ready:
            _run(min(ready, key=lambda token: (token.task_spec.order, token.id)), move)
        elif workflow.completed or not any([tree.settle_ends() for tree in workflow.trees()]):
            return
    element = next((passed for passed in reversed(move.path) if passed in move.program.labels), "")
    raise StepBudgetExceeded(
        f"Hơn {STEP_BUDGET} bước tự động liên tiếp, gần nhất tại “{move.label(element)}”: sơ đồ có vòng lặp không chờ ai.",
        element=element, name=move.label(element))


def _run(token: Token, move: Move) -> None:
    spec = token.task_spec
    element = getattr(spec, "bpmn_id", None)
    with _named(element or spec.name, move):
        token.run()
    if token.state != TaskState.COMPLETED:
        return
    flows = move.program.flows
    if element is not None and not isinstance(spec, specs.ParallelInstances | specs.SequentialInstances):
        move.path.append(element)
    for child in token.children:
        flow = flows.get((spec.name, child.task_spec.name))
        if flow is not None:
            move.path.append(flow)


class _named:
    """Whatever SpiffWorkflow raises becomes an EngineFault that names the element."""

    def __init__(self, element: str, move: Move) -> None:
        self.element, self.move = element, move

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, EngineError) or not isinstance(error, Exception):
            return
        name = self.move.label(self.element)
        raise EngineFault(f"Bộ máy quy trình gặp lỗi tại “{name}”: {error}", element=self.element, name=name) from error


__all__ = [
    "ExpressionFailed", "NoFlowTaken", "RuleFailed", "catch_message", "complete", "complete_job", "fail_job",
    "fire_timer", "start",
]
