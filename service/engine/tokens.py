"""The live tree of one step: SpiffWorkflow's Task and Workflow without clock, random ids and log records."""

# Signatures are SpiffWorkflow's, used or not.
# ruff: noqa: ARG002

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from service.engine.specs import EndJoin, Scope


class Token(Task):  # type: ignore[misc]
    """A Spiff task numbered in the order of creation; that number is also its time."""

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Token | None = None,
        state: int = TaskState.MAYBE,
        id: Any = None,  # noqa: A002 - SpiffWorkflow's name
    ) -> None:
        # Not the parent's constructor: it draws a UUID and reads the clock for every token.
        self.id = workflow.top_workflow.next_number()
        workflow.tasks[self.id] = self
        self.workflow = workflow
        self._parent = None if parent is None else parent.id
        self._children: list[int] = []
        self._state = state
        self.triggered = False
        self.task_spec = task_spec
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = self.id
        if parent is not None:
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> Token:
        if self.has_state(TaskState.PREDICTED_MASK) and not state & TaskState.PREDICTED_MASK:
            raise WorkflowException(
                "a predicted token cannot have a definite child", task_spec=self.task_spec
            )
        child = Token(self.workflow, task_spec, self, state)
        if state == TaskState.READY:
            child._ready()
        return child

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        return  # variables belong to the case, not to tokens

    def collect_log_extras(self, dct: dict[str, Any] | None = None) -> dict[str, Any]:
        return {}

    def run(self) -> bool | None:
        self.task_spec._predict_hook(self)
        result: bool | None = super().run()
        return result


class _Numbered:
    """Shared by the case's workflow and those of its sub-processes."""

    tasks: dict[int, Token]

    def update_waiting_tasks(self) -> None:
        # Spiff walks the whole tree after every move; here only a scope's end waits for others (settle_ends).
        return

    def collect_log_extras(self, dct: dict[str, Any] | None = None) -> dict[str, Any]:
        return {}

    def settle_ends(self) -> bool:
        """Let a waiting end look again, once nothing else moves. True where the scope may now end."""
        for token in list(self.tasks.values()):
            if isinstance(token.task_spec, EndJoin) and token.state == TaskState.WAITING:
                token.task_spec._update(token)
                if token.state == TaskState.READY:
                    return True
        return False


class SubWorkflow(_Numbered, BpmnSubWorkflow):  # type: ignore[misc]
    def __init__(
        self, spec: Scope, parent_task_id: int, top_workflow: CaseWorkflow, *, restored: bool = False
    ) -> None:
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)
        self.task_tree = Token(self, spec.start, state=TaskState.COMPLETED if restored else TaskState.READY)


class NoScripts:
    """Stands where Spiff keeps its Python evaluator: the only thing it can compute is a constant count."""

    def evaluate(self, task: Any, expression: str) -> int:
        return int(expression)


class CaseWorkflow(_Numbered, BpmnWorkflow):  # type: ignore[misc]
    """The tree of one case. `step` is the step being made: what specs ask and tell."""

    _number = 0

    def __init__(self, spec: Scope, scopes: dict[str, Scope], step: Any, *, restored: bool) -> None:
        super().__init__(spec, subprocess_specs=scopes, script_engine=NoScripts(), deserializing=True)
        self.step = step
        self.task_tree = Token(self, spec.start, state=TaskState.COMPLETED if restored else TaskState.READY)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def create_subprocess(self, my_task: Token, spec_name: str, *, restored: bool = False) -> SubWorkflow:
        scope = SubWorkflow(self.subprocess_specs[spec_name], my_task.id, self, restored=restored)
        self.subprocesses[my_task.id] = scope
        return scope

    def trees(self) -> list[Any]:
        """This workflow and those of the sub-processes that are running, outermost first."""
        return [self, *(scope for scope in self.subprocesses.values() if not scope.completed)]
