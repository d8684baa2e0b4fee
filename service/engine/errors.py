"""What the engine refuses to do: plain exceptions with a stable `code`, each naming the element.

`str(error)` is a Vietnamese sentence. Whatever is raised, the state given to the call is unchanged.
"""

# Names are the glossary's: "task not open" is what happened.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of an example: what happens (`kind`: start, complete, fail, timer, message, signal) at which
    `element`, the `name` of the message, signal or error, and the elements and flows passed then, in order.
    """

    kind: str
    element: str
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mend:
    """What one click would change: a stable `id` of the kind of change, what it does in Vietnamese, and
    the `value` that is put in where the change needs one.
    """

    id: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the gate: where (`element` id, `name` drawn), which `rule`, what to draw instead.

    `example` leads from the start of a case to where it goes wrong; empty where none is needed. `mend` is
    there where the remedy is mechanical: `service.engine.mending` applies it.
    """

    element: str
    name: str
    rule: str
    severity: Literal["error", "warning"]
    message: str
    remedy: str
    example: tuple[Happening, ...] = ()
    mend: Mend | None = None

    def as_json(self) -> dict[str, Any]:
        """The six words of a problem, and the example and the mend where there are."""
        told = asdict(self)
        for optional in ("example", "mend"):
            if not told[optional]:
                del told[optional]
        return told


class EngineError(Exception):
    """`element` is the BPMN id concerned ("" where the whole case or diagram is), `name` its label."""

    code: ClassVar[str] = "engine-error"

    def __init__(self, message: str, *, element: str = "", name: str = "") -> None:
        super().__init__(message)
        self.element = element
        self.name = name or element


class InvalidDiagram(EngineError):
    """The diagram is not executable as drawn; `problems` has at least one error."""

    code = "invalid-diagram"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = next((p for p in problems if p.severity == "error"), problems[0])
        where = f"“{first.name or first.element}”: " if first.element else ""
        super().__init__(f"{where}{first.message} {first.remedy}", element=first.element, name=first.name)
        self.problems = problems


class TaskNotOpen(EngineError):
    code = "task-not-open"


class TimerNotSet(EngineError):
    code = "timer-not-set"


class JobNotOpen(EngineError):
    code = "job-not-open"


class JobFailed(EngineError):
    """A service task failed with an error code that no boundary event of it catches."""

    code = "job-failed"


class MessageNotExpected(EngineError):
    code = "message-not-expected"


class SignalNotExpected(EngineError):
    code = "signal-not-expected"


class StepBudgetExceeded(EngineError):
    """More automatic moves than one step may make: a loop that never waits, or a far too large diagram."""

    code = "step-budget-exceeded"


class NoFlowTaken(EngineError):
    code = "no-flow-taken"


class ExpressionFailed(EngineError):
    code = "expression-failed"


class RuleFailed(EngineError):
    code = "rule-failed"


class InvalidValue(EngineError):
    """An answer, payload or result that is no routing variable: not a scalar, too long, a binary float."""

    code = "invalid-value"


class StateUnreadable(EngineError):
    """The bytes are no state of this engine and definition; nothing was guessed from them."""

    code = "state-unreadable"


class EngineFault(EngineError):
    """SpiffWorkflow itself failed. A defect of this package, never of the person who acted."""

    code = "engine-fault"
