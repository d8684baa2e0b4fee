"""SpiffWorkflow's task specifications as this engine uses them: the same token game, made deterministic.

Each class changes one thing about its Spiff parent and says why. What they have in common: nothing is
predicted ahead (`Lazy`), nothing looks further through the tree than parent, siblings and tokens of its
own element, and nothing evaluates an expression except through the current step (`workflow.step`).
That is why a case can be stored as its open tokens alone (see docs/engine.md).
"""

# Signatures are SpiffWorkflow's, used or not.
# ruff: noqa: ARG002

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    EventBasedGateway,
    ExclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

FIRST, LAST = -1, 1_000_000_000


class Lazy(BpmnTaskSpec):  # type: ignore[misc]
    """No look-ahead: a token gets its successors in the moment it runs (`Token.run`).

    Spiff predicts the whole road ahead at every move: slow, recursive in the length of a sequence, and a
    parallel join would look at the predictions.
    """

    order = LAST

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        return


class Pass(Lazy, BpmnSpecMixin):  # type: ignore[misc]
    """A token passes at once: start events, merging gateways, the event taken after an event gateway."""


class Human(Lazy, UserTask):  # type: ignore[misc]
    """Waits for a person (or, for a service task, for the job's answer)."""

    def _on_ready_hook(self, my_task: Any) -> None:
        super()._on_ready_hook(my_task)
        my_task.workflow.top_workflow.step.enter(my_task)


class Rule(Lazy, BpmnSpecMixin):  # type: ignore[misc]
    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.step.apply_rule(self.bpmn_id)
        return True


class Exclusive(Lazy, ExclusiveGateway):  # type: ignore[misc]
    """The step evaluates the conditions and records why; Spiff moves the token."""

    def _predict_hook(self, my_task: Any) -> None:
        return

    def _run_hook(self, my_task: Any) -> bool:
        target = my_task.workflow.top_workflow.step.decide(self.bpmn_id)
        my_task._sync_children([self._wf_spec.task_specs[target]], TaskState.FUTURE)
        return True


class Parallel(Lazy, ParallelGateway):  # type: ignore[misc]
    """Fires when every incoming flow holds a token, and takes exactly one from each.

    Spiff's own test forgives an input that lies downstream of the gateway, depending on how far it
    predicted; and it cancels waiting tokens instead of keeping them.
    """

    def _update_hook(self, my_task: Any) -> bool:
        arrived = {my_task.parent.task_spec.name: my_task}
        for token in my_task.workflow.tasks.values():
            if token.task_spec is self and token.state == TaskState.WAITING:
                arrived.setdefault(token.parent.task_spec.name, token)
        if len(arrived) < len(self._inputs):
            my_task._set_state(TaskState.WAITING)
            return False
        for token in arrived.values():
            if token is not my_task:
                token.cancel()
        return True

    def _run_hook(self, my_task: Any) -> bool:
        return True


class Inclusive(Parallel):
    """Waits while tokens may still come (the runtime looks, once nothing else moves); takes what is there.

    Spiff's own follows what it predicted through the tree of finished tokens, which is not kept here.
    """

    def _update_hook(self, my_task: Any) -> bool:
        if len(self._inputs) < 2 or my_task.internal_data.get("complete"):
            return True
        my_task._set_state(TaskState.WAITING)
        return False

    def _predict_hook(self, my_task: Any) -> None:
        return

    def _run_hook(self, my_task: Any) -> bool:
        targets = my_task.workflow.top_workflow.step.select(self.bpmn_id)
        my_task._sync_children([self._wf_spec.task_specs[target] for target in targets], TaskState.FUTURE)
        return True


class Awaited(EventDefinition):  # type: ignore[misc]
    """An event that happens when the runtime says so. Spiff's own definitions read the clock."""


class _Armed(Lazy):
    """What catching events share: arm once on arrival, then wait to be fired."""

    def _update_hook(self, my_task: Any) -> bool:
        if my_task.internal_data.get("event_fired"):
            return True
        if my_task.state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        if "n" not in my_task.internal_data:
            my_task.workflow.top_workflow.step.arm(my_task)
        return False


class Catch(_Armed, IntermediateCatchEvent):  # type: ignore[misc]
    pass


class Receive(Catch):
    """A task that waits for a message: a catching event that may have boundary events of its own."""


class Boundary(_Armed, BoundaryEvent):  # type: ignore[misc]
    pass


class EventGateway(_Armed, EventBasedGateway):  # type: ignore[misc]
    """One token waits for all events at once; the one that happens is put in `internal_data["chosen"]`."""

    def connect(self, taskspec: Any) -> None:
        BpmnTaskSpec.connect(self, taskspec)

    def _predict_hook(self, my_task: Any) -> None:
        return

    def _run_hook(self, my_task: Any) -> bool:
        chosen = self._wf_spec.task_specs[my_task.internal_data["chosen"]]
        my_task._sync_children([chosen], TaskState.FUTURE)
        return True


class Split(Lazy, BoundaryEventSplit):  # type: ignore[misc]
    order = FIRST


class BoundaryJoin(Lazy, BoundaryEventJoin):  # type: ignore[misc]
    """Ends the waiting boundary events with their activity, or the activity with its interruption."""

    order = FIRST

    def _do_join(self, my_task: Any) -> None:
        # Spiff would also cancel the joins of later rounds that lie below this one in the tree.
        for attached in my_task.parent.parent.children:
            for token in attached.children:
                if token.task_spec is self and token is not my_task and token.state == TaskState.WAITING:
                    token.cancel()


class ParallelInstances(Lazy, ParallelMultiInstanceTask):  # type: ignore[misc]
    pass


class SequentialInstances(Lazy, SequentialMultiInstanceTask):  # type: ignore[misc]
    pass


class SubProcess(Lazy, SubWorkflowTask):  # type: ignore[misc]
    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        return  # variables belong to the case, not to tokens

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        return


class Throw(Lazy, BpmnSpecMixin):  # type: ignore[misc]
    """Tells the step what is sent and passes: Spiff's own would be caught within the same tree."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.step.throw(self.bpmn_id)
        return True


class End(Lazy, EndEvent):  # type: ignore[misc]
    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.top_workflow.step.throw(self.bpmn_id)
        my_task.workflow.top_workflow.step.reach_end(my_task)
        return True


class ErrorEnd(End):
    """The scopes around it end, up to the activity that catches the error (`live.py` does it)."""


class EndJoin(Lazy):
    """The scope ends when the last of its tokens has ended."""

    def _update_hook(self, my_task: Any) -> bool:
        for token in my_task.workflow.tasks.values():
            if token.task_spec is not self and token.has_state(TaskState.NOT_FINISHED_MASK):
                my_task._set_state(TaskState.WAITING)
                return False
        for token in my_task.workflow.tasks.values():
            if token.task_spec is self and token is not my_task and token.state == TaskState.WAITING:
                token.cancel()
        return True


class Scope(BpmnProcessSpec):  # type: ignore[misc]
    """A process, an embedded sub-process, or a called process drawn into its call activity."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        last = self.task_specs["End"]
        joined = f"{name}.EndJoin"
        del self.task_specs[joined]
        self.end = EndJoin(self, joined)
        last._inputs = []
        self.end.connect(last)
        self.start.order = FIRST
        last.order = LAST
