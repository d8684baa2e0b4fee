"""One step on a living tree: grow it from a state, act, run what can run, and read it off again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from SpiffWorkflow.util.task import TaskState

from service.engine import specs
from service.engine.codec import Record, State, checked_scalar, decode, encode, grow, tokens_of
from service.engine.definition import Definition
from service.engine.errors import EngineError, EngineFault, StepBudgetExceeded
from service.engine.moves import Move
from service.engine.outcome import step_between
from service.engine.program import Program
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
        return cls(
            definition,
            CaseWorkflow(program.main, program.scopes, None, restored=False),
            State(0, {}, checked, []),
        )

    @classmethod
    def load(cls, definition: Definition, data: bytes) -> Live:
        program = definition.program
        state = decode(data, definition.content_hash)
        workflow = CaseWorkflow(program.main, program.scopes, None, restored=True)
        grow(workflow, program, state.tokens)
        return cls(definition, workflow, state)

    def advance(self, action: Action, context: StepContext) -> Step:
        """Do `action`, then move every token that can move by itself, and say what became of it."""
        move = self.consider(context)
        action(self)
        _settle(self, move)
        program = self.definition.program
        finished = bool(self.workflow.completed)
        after = State(
            self.state.seq + 1,
            move.counts,
            move.variables,
            [] if finished else tokens_of(self.workflow, program),
            move.outcome if finished else None,
            finished,
        )
        before, self.state = self.state, after
        return step_between(self.definition, before, after, move, encode(after, self.definition.content_hash))

    def consider(self, context: StepContext) -> Move:
        """Begin a step: from now on the specifications ask and tell this Move."""
        move = Move(self.definition, self.state, context)
        self.workflow.step = move
        return move

    @property
    def move(self) -> Move:
        move: Move = self.workflow.step
        return move

    def tokens(self) -> list[Token]:
        return [token for tree in self.workflow.trees() for token in tree.tasks.values()]

    def open_activity(self, ref: str) -> Token | None:
        """The human task or job under `ref` that waits for its answer."""
        for token in self.tokens():
            waits = token.state == TaskState.READY and isinstance(token.task_spec, specs.Human)
            if waits and f"{token.task_spec.bpmn_id}:{token.internal_data['n']}" == ref:
                return token
        return None

    def waits(self) -> list[tuple[Token, Record]]:
        """Every event that is waited for, with the token that waits."""
        found: list[tuple[Token, Record]] = []
        for token in self.tokens():
            if token.state == TaskState.WAITING and "n" in token.internal_data:
                waits = token.internal_data.get("waits") or [token.internal_data["wait"]]
                found.extend((token, wait) for wait in waits)
        return found

    def replace_wait(self, token: Token, wait: Record, by: Record) -> None:
        """Let `token` wait for `by` instead of `wait`; the records of the former state stay as they were."""
        if "waits" in token.internal_data:
            waits = token.internal_data["waits"]
            token.internal_data["waits"] = [by if one is wait else one for one in waits]
        else:
            token.internal_data["wait"] = by

    def enclosing(self, token: Token) -> Iterator[Token]:
        """The sub-processes and call activities that `token` runs in, innermost first."""
        by_id = {other.id: other for other in self.tokens()}
        while token.workflow is not self.workflow:
            token = by_id[token.workflow.parent_task_id]
            yield token

    def fail(self, token: Token, code: str) -> bool:
        """Go on from the event that catches the error `code` of `token`: its own, else further out.

        False where none does. All that still runs in the activity of that event ends at once.
        """
        errors = self.definition.program.errors
        for activity in (token, *self.enclosing(token)):
            for wanted in (code, ""):
                for event in activity.parent.children:
                    if errors.get(event.task_spec.bpmn_id) == wanted and event.state == TaskState.WAITING:
                        activity.cancel()
                        self.fire(event, event.internal_data["wait"])
                        return True
        return False

    def fire(self, token: Token, wait: Record) -> None:
        """Make the awaited event happen; a boundary event that may happen again is armed anew."""
        spec = token.task_spec
        following = None
        if isinstance(spec, specs.Boundary) and not spec.cancel_activity:
            following = self.move.next_wait(wait)
        if isinstance(spec, specs.EventGateway):
            token.internal_data["chosen"] = wait["e"]
        with _naming(spec.bpmn_id, self.move):
            spec.event_definition.catch(token)
            spec._update(token)
        if following is not None:
            again = token.parent._add_child(spec, TaskState.WAITING)
            again.internal_data.update(n=following["n"], wait=following)


def _settle(live: Live, move: Move) -> None:
    """Run what can run by itself, always the first in the diagram's order: the tree's shape is no matter."""
    workflow = live.workflow
    for _ in range(STEP_BUDGET):
        ready = [
            token
            for tree in workflow.trees()
            for token in tree.tasks.values()
            if token.state == TaskState.READY and not token.task_spec.manual
        ]
        if ready:
            token = min(ready, key=lambda token: (token.task_spec.order, token.id))
            run(token, move)
            if isinstance(token.task_spec, specs.ErrorEnd):
                live.fail(token, move.program.raised[token.task_spec.bpmn_id])
        elif workflow.completed or not (_ended(workflow) or _joined(workflow, move)):
            return
    element = next((passed for passed in reversed(move.path) if passed in move.program.labels), "")
    raise StepBudgetExceeded(
        f"Hơn {STEP_BUDGET} bước tự động liên tiếp, gần nhất tại “{move.label(element)}”: "
        "sơ đồ có vòng lặp không chờ ai.",
        element=element,
        name=move.label(element),
    )


def _ended(workflow: CaseWorkflow) -> bool:
    """Whether a scope may end now that nothing else moves; each is looked at."""
    settled = [tree.settle_ends() for tree in workflow.trees()]
    return any(settled)


def _joined(workflow: CaseWorkflow, move: Move) -> bool:
    """Whether an inclusive gateway may go on: the first drawn of a scope that no other token can come to.

    A token that can come along a flow which already holds one is no reason to wait (BPMN 2.0, 13.4.3).
    """
    program = move.program
    for tree in workflow.trees() if program.inclusive else ():
        tokens = [token for token in tree.tasks.values() if token.has_state(TaskState.NOT_FINISHED_MASK)]
        for gateway in program.inclusive:
            held: dict[str, Token] = {}
            for token in tokens:
                if token.task_spec.name == gateway:
                    source = token.parent.task_spec.name
                    held.setdefault(program.flows.get((source, gateway), source), token)
            elsewhere = {getattr(token.task_spec, "bpmn_id", None) for token in tokens} - {gateway}
            if held and not any(_comes(program, element, gateway, held.keys()) for element in elsewhere):
                first, *others = held.values()
                for token in others:
                    token.cancel()
                first.internal_data["complete"] = True
                first.task_spec._update(first)
                return True
    return False


def _comes(program: Program, element: str | None, gateway: str, held: Collection[str]) -> bool:
    """Whether a token at `element` can come to `gateway`, and only along flows that hold none."""
    seen, ahead, found = set[str](), [element] if element in program.following else [], set[str]()
    while ahead:
        at = ahead.pop()
        if at in seen or at == gateway:
            continue
        seen.add(at)
        for flow, target in program.following[at]:
            if target == gateway:
                found.add(flow)
            ahead.append(target)
    return bool(found) and found.isdisjoint(held)


def run(token: Token, move: Move) -> None:
    spec = token.task_spec
    element = getattr(spec, "bpmn_id", None)
    with _naming(element or spec.name, move):
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


@contextmanager
def _naming(element: str, move: Move) -> Iterator[None]:
    """Whatever SpiffWorkflow raises becomes an EngineFault that names the element."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        name = move.label(element)
        raise EngineFault(
            f"Bộ máy quy trình gặp lỗi tại “{name}”: {error}", element=element, name=name
        ) from error
