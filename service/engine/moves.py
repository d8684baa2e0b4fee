"""One step being made: what the specifications ask (which flow, when is it due) and what they tell.

A `Move` is thrown away after its step; everything that lasts is in the state or in the Step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from service.engine import expressions
from service.engine.codec import Record, State, checked_scalar
from service.engine.definition import Definition
from service.engine.errors import EngineError, ExpressionFailed, NoFlowTaken, RuleFailed
from service.engine.expressions import Expression
from service.engine.named_functions import named_functions
from service.engine.program import Choice, Timer
from service.engine.sending import send
from service.engine.step import Decision, RuleOutcome, StepContext, Thrown
from service.engine.timers import NotATimer, Span, iso, moment, parse_moment, schedule

MAX_ANSWERS = 200


class Move:
    """`counts` and `variables` are copies: the state given to the step is never touched.

    `done` is the ref of the task, job or timer that this step completes.
    """

    def __init__(self, definition: Definition, state: State, context: StepContext) -> None:
        self.definition = definition
        self.program = definition.program
        self.context = context
        self.counts = dict(state.counts)
        self.variables = dict(state.variables)
        self.done = ""
        self.outcome: str | None = None
        self.decisions: list[Decision] = []
        self.thrown: list[Thrown] = []
        self.path: list[str] = []
        self._functions = named_functions(context)

    def label(self, element: str) -> str:
        return self.program.labels.get(element, element)

    # What the specifications call.

    def enter(self, token: Any) -> None:
        token.internal_data["n"] = self._count(token.task_spec.bpmn_id)

    def arm(self, token: Any) -> None:
        """Give an arriving event its occurrence and, for a timer, its due time."""
        element = token.task_spec.bpmn_id
        events = self.program.events.get(element)
        if events is not None:
            token.internal_data.update(n=0, waits=[self._wait(event) for event in sorted(events)])
        else:
            wait = self._wait(element)
            token.internal_data.update(n=wait["n"], wait=wait)

    def decide(self, gateway: str) -> str:
        """Record the choice of an exclusive gateway; the name of the specification to go to."""
        return self._choose(gateway, every=False)[0]

    def select(self, gateway: str) -> list[str]:
        """Record each choice of an inclusive gateway; the names of the specifications to go to."""
        choices = self.program.choices[gateway]
        if len(choices) == 1:
            return [choices[0].target]
        return self._choose(gateway, every=True)

    def _choose(self, gateway: str, *, every: bool) -> list[str]:
        """The flows whose condition holds, the first alone unless `every`; the default where none does."""
        targets: list[str] = []
        inputs: dict[str, Any] = {}
        reasons: list[str] = []
        tried: list[str] = []
        for choice in self.program.choices[gateway]:
            label = choice.name or self.label(choice.target.removesuffix(".BoundaryEventSplit"))
            if choice.condition is None:
                if targets:
                    continue
                none = "; ".join(reasons)
                why = f"Không điều kiện nào đúng ({none}), đi theo nhánh mặc định “{label}”."
                return [self._took(gateway, choice, "; ".join(tried), inputs, why)]
            tried.append(choice.condition.text)
            inputs.update((name, self.variables.get(name)) for name in choice.names)
            value = self._evaluate(choice.condition, gateway)
            reasons.append(self._explained(choice.condition))
            if value is True:
                why = f"{reasons[-1]}, đi theo nhánh “{label}”."
                targets.append(self._took(gateway, choice, choice.condition.text, inputs, why))
                if not every:
                    return targets
                continue
            if value is not False and value is not None:
                raise ExpressionFailed(
                    f"Điều kiện của nhánh “{label}” cho kết quả không phải đúng/sai.",
                    element=gateway,
                    name=self.label(gateway),
                )
        if targets:
            return targets
        raise NoFlowTaken(
            f"Không điều kiện nào đúng tại “{self.label(gateway)}” và không có nhánh mặc định "
            f"({'; '.join(reasons)}).",
            element=gateway,
            name=self.label(gateway),
        )

    def apply_rule(self, element: str) -> None:
        rule = self.program.rules[element]
        run = self.context.rules.get(rule.topic)
        name = self.label(element)
        if run is None:
            raise RuleFailed(f"“{name}”: không có quy tắc “{rule.topic}”.", element=element, name=name)
        try:
            outcome: RuleOutcome = run(self.context.facts, MappingProxyType(self.variables))
            value = checked_scalar(outcome.value, element)
        except Exception as error:
            raise RuleFailed(
                f"“{name}”: quy tắc “{rule.topic}” không tính được: {error}", element=element, name=name
            ) from error
        self.variables[rule.variable] = value
        self.decisions.append(
            Decision(
                element,
                name,
                "rule",
                rule.variable,
                rule.topic,
                dict(outcome.inputs),
                value,
                outcome.explanation,
            )
        )

    def throw(self, element: str) -> None:
        """Note what a throwing event sends; other events send nothing."""
        thrown = self.program.throws.get(element)
        if thrown is not None:
            evaluate = partial(self._evaluate, element=element)
            name, now = self.label(element), self.context.now
            self.thrown.append(
                send(thrown, element, self._count(element), name=name, now=now, evaluate=evaluate)
            )

    def reach_end(self, token: Any) -> None:
        if token.workflow is token.workflow.top_workflow:
            self.outcome = token.task_spec.bpmn_id

    # What the runtime calls.

    def put(self, element: str, answers: Mapping[str, Any]) -> None:
        """Answers replace all that the element answered before: a stale field must not route a new round."""
        if len(answers) > MAX_ANSWERS:
            raise EngineError(f"Nhiều hơn {MAX_ANSWERS} biến.", element=element)
        values = {f"{element}.{key}": checked_scalar(value, element) for key, value in answers.items()}
        prefix = f"{element}."
        for name in [name for name in self.variables if name.startswith(prefix)]:
            del self.variables[name]
        self.variables.update(values)

    def next_wait(self, wait: Record) -> Record | None:
        """The wait that follows a firing of a boundary event that lets its activity go on."""
        element = wait["e"]
        if element in self.program.repeating:
            return self._wait(element)
        if "cycle" not in wait:
            return None
        anchor, number, span = wait["cycle"]
        left = wait["left"]
        following: Record = {"e": element, "n": self._count(element)}
        following["at"] = self._guard(
            element, lambda: iso(Span.parse(span).after(datetime.fromisoformat(anchor), number + 1))
        )
        following["left"] = None if left is None else left - 1
        if following["left"] != 0:
            following["cycle"] = [anchor, number + 1, span]
        return following

    def planned_anew(self, wait: Record) -> Record:
        """The wait with its due time computed again; plain ISO 8601 depends on nothing that could change."""
        timer = self.program.timers[wait["e"]]
        return wait if timer.expression is None else {**wait, **self._due_of(wait["e"], timer)}

    def due(self, element: str, expression: Expression | None) -> date | datetime | None:
        """A due date as the diagram's expression gives it now."""
        if expression is None:
            return None
        value = self._evaluate(expression, element)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value) if len(value) == 10 else parse_moment(value)
            except ValueError:
                pass
        raise ExpressionFailed(
            f"Hạn của “{self.label(element)}” không phải là một ngày: {expression.text}",
            element=element,
            name=self.label(element),
        )

    def _count(self, element: str) -> int:
        self.counts[element] = occurrence = self.counts.get(element, 0) + 1
        return occurrence

    def _wait(self, element: str) -> Record:
        wait: Record = {"e": element, "n": self._count(element)}
        timer = self.program.timers.get(element)
        if timer is not None:
            wait.update(self._due_of(element, timer))
        return wait

    def _due_of(self, element: str, timer: Timer) -> Record:
        value: object = timer.text if timer.expression is None else self._evaluate(timer.expression, element)
        plan = self._guard(element, lambda: schedule(timer.form, value, self.context.now))
        record: Record = {"at": iso(plan.first)}
        if plan.every is not None and plan.anchor is not None:
            record["left"] = plan.left
            if plan.left != 0:
                record["cycle"] = [iso(plan.anchor), plan.number, str(plan.every)]
        return record

    def _guard(self, element: str, compute: Callable[[], Any]) -> Any:
        try:
            return compute()
        except (NotATimer, OverflowError) as error:
            raise ExpressionFailed(
                f"Thời hạn của “{self.label(element)}” không tính được: {error}",
                element=element,
                name=self.label(element),
            ) from None

    def _evaluate(self, expression: Expression, element: str) -> Any:
        try:
            return expression.evaluate(self.variables, self._functions)
        except expressions.ExpressionFailed as failure:
            name = self.label(element)
            raise ExpressionFailed(
                f"“{name}”: {failure.message_vi} ({expression.text})", element=element, name=name
            ) from failure

    def _explained(self, expression: Expression) -> str:
        try:
            return expression.explain(self.variables, self._functions)
        except expressions.ExpressionFailed as failure:
            return failure.message_vi

    def _took(
        self, gateway: str, choice: Choice, expression: str, inputs: Mapping[str, Any], why: str
    ) -> str:
        """Record a gateway's choice; `result` is whether a condition held, else the default was taken."""
        name, held = self.label(gateway), choice.condition is not None
        self.decisions.append(
            Decision(gateway, name, "gateway", choice.flow, expression, dict(inputs), held, why)
        )
        return choice.target
