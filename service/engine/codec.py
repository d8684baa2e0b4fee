"""The state of a case as bytes, and as a tree of tokens: the only two shapes it has.

Canonical JSON: sorted keys, tokens in the diagram's order, decimals tagged. Only open tokens are kept;
a token needs its direct parent (a parallel join asks where a token came from) and nothing above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from SpiffWorkflow.util.task import TaskState

from service.engine import specs
from service.engine.errors import InvalidValue, StateUnreadable
from service.engine.program import Program
from service.engine.step import Scalar
from service.engine.tokens import CaseWorkflow, Token

FORMAT = 1
# Raised when the same diagram, state and input would give another result than before.
ENGINE_SEMANTICS = 1
MAX_STRING = 500
MAX_INTEGER = 2**53

Record = dict[str, Any]


@dataclass(slots=True)
class State:
    """A decoded state. `tokens` are records (see docs/engine.md), `outcome` the end event once finished."""

    seq: int
    counts: dict[str, int]
    variables: dict[str, Scalar]
    tokens: list[Record]
    outcome: str | None = None
    finished: bool = False


def checked_scalar(value: object, element: str) -> Scalar:
    """The value if it may be a routing variable, else InvalidValue."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= MAX_STRING:
        return value
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return value
    if isinstance(value, Decimal) and value.is_finite() and len(value.as_tuple().digits) <= 50:
        return value
    raise InvalidValue(
        f"Giá trị kiểu {type(value).__name__} không dùng được làm biến định tuyến "
        f"(chữ tối đa {MAX_STRING} ký tự, số nguyên, số thập phân, đúng/sai).",
        element=element,
    )


def encode(state: State, content_hash: str) -> bytes:
    record: Record = {
        "format": FORMAT,
        "engine": ENGINE_SEMANTICS,
        "definition": content_hash,
        "seq": state.seq,
        "counts": state.counts,
        "variables": state.variables,
        "tokens": state.tokens,
    }
    if state.finished:
        record["outcome"] = state.outcome
    return orjson.dumps(record, default=_tag, option=orjson.OPT_SORT_KEYS)


def _tag(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    raise TypeError(type(value).__name__)


def decode(data: bytes, content_hash: str) -> State:
    """Raises StateUnreadable for other bytes, formats, engine semantics or definitions."""
    try:
        record = orjson.loads(data)
    except (orjson.JSONDecodeError, TypeError):
        raise StateUnreadable("Trạng thái hồ sơ không đọc được.") from None
    if (
        not isinstance(record, dict)
        or record.get("format") != FORMAT
        or record.get("engine") != ENGINE_SEMANTICS
    ):
        raise StateUnreadable("Trạng thái hồ sơ thuộc phiên bản khác của bộ máy quy trình.")
    if record.get("definition") != content_hash:
        raise StateUnreadable("Trạng thái hồ sơ thuộc phiên bản khác của quy trình.")
    seq, counts, tokens = record.get("seq"), record.get("counts"), record.get("tokens")
    if not (isinstance(seq, int) and isinstance(counts, dict) and isinstance(tokens, list)):
        raise StateUnreadable("Trạng thái hồ sơ bị hỏng.")
    if not all(isinstance(count, int) for count in counts.values()):
        raise StateUnreadable("Trạng thái hồ sơ bị hỏng.")
    try:
        variables = {name: _untag(value) for name, value in record["variables"].items()}
    except (KeyError, TypeError, AttributeError, InvalidOperation, InvalidValue):
        raise StateUnreadable("Trạng thái hồ sơ bị hỏng.") from None
    return State(seq, counts, variables, tokens, record.get("outcome"), "outcome" in record)


def _untag(value: Any) -> Scalar:
    if isinstance(value, dict):
        return Decimal(value["decimal"])
    return checked_scalar(value, "")


def tokens_of(tree: Any, program: Program) -> list[Record]:
    """The open tokens of one scope, sub-processes inside them, in canonical order."""
    records = [record for token in tree.tasks.values() if (record := _record(token, program)) is not None]
    return sorted(records, key=lambda r: (program.order[r["e"]], r.get("n", 0), r.get("f", "")))


def _record(token: Token, program: Program) -> Record | None:
    """The record of a token at rest; None for all others, boundary events among them (see _boundaries)."""
    spec = token.task_spec
    if token.state == TaskState.WAITING:
        return _waiting(token)
    if token.state == TaskState.READY and isinstance(spec, specs.Human) and spec.name == spec.bpmn_id:
        return {"e": spec.name, "n": token.internal_data["n"], **_boundaries(token)}
    if token.state != TaskState.STARTED:
        return None
    if isinstance(spec, specs.SubProcess):
        scope = token.workflow.top_workflow.subprocesses[token.id]
        return {"e": spec.name, "s": tokens_of(scope, program), **_boundaries(token)}
    instances = [c.internal_data["n"] for c in token.children if c.triggered and c.state == TaskState.READY]
    record: Record = {"e": spec.name, "i": instances, **_boundaries(token)}
    if isinstance(spec, specs.SequentialInstances):
        record["c"] = token.internal_data["current"]
    return record


def _waiting(token: Token) -> Record | None:
    spec = token.task_spec
    if isinstance(spec, specs.Catch):
        return {**token.internal_data["wait"], **_boundaries(token)}
    if isinstance(spec, specs.EventGateway):
        return {"e": spec.name, "w": token.internal_data["waits"]}
    if isinstance(spec, specs.Parallel):
        return {"e": spec.name, "f": token.parent.task_spec.name}
    return None


def _boundaries(token: Token) -> Record:
    if not isinstance(token.parent.task_spec, specs.Split):
        return {}
    waits = [
        sibling.internal_data["wait"]
        for sibling in token.parent.children
        if isinstance(sibling.task_spec, specs.Boundary) and sibling.state == TaskState.WAITING
    ]
    return {"w": sorted(waits, key=lambda w: (w["e"], w["n"]))}


def grow(workflow: CaseWorkflow, program: Program, tokens: list[Record]) -> None:
    """Plant the recorded tokens in an empty tree. Raises StateUnreadable where they do not fit."""
    try:
        _grow(workflow, workflow, program, tokens)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise StateUnreadable("Trạng thái hồ sơ không khớp với sơ đồ.") from None


def _grow(top: CaseWorkflow, tree: Any, program: Program, tokens: list[Record]) -> None:
    root = tree.task_tree
    for record in tokens:
        element = record["e"]
        spec = tree.spec.task_specs[element]
        if isinstance(spec, specs.Parallel):
            source = Token(tree, tree.spec.task_specs[record["f"]], root, TaskState.COMPLETED)
            Token(tree, spec, source, TaskState.WAITING)
            continue
        split = tree.spec.task_specs.get(f"{element}.BoundaryEventSplit")
        parent = root if split is None else Token(tree, split, root, TaskState.COMPLETED)
        token = Token(tree, spec, parent, TaskState.WAITING)
        if isinstance(spec, specs.Human):
            token._set_state(TaskState.READY)
            token.internal_data["n"] = record["n"]
        elif isinstance(spec, specs.Catch):
            own = {key: value for key, value in record.items() if key != "w"}
            token.internal_data.update(n=record["n"], wait=own)
        elif isinstance(spec, specs.EventGateway):
            token.internal_data.update(n=0, waits=record["w"])
        elif isinstance(spec, specs.SubProcess):
            token._set_state(TaskState.STARTED)
            scope = top.create_subprocess(token, spec.spec, restored=True)
            scope.completed_event.connect(spec._on_subworkflow_completed, token)
            _grow(top, scope, program, record["s"])
        else:
            _grow_instances(token, program, record)
        if split is not None:
            for wait in record["w"]:
                boundary = Token(tree, tree.spec.task_specs[wait["e"]], parent, TaskState.WAITING)
                boundary.internal_data.update(n=wait["n"], wait=wait)


def _grow_instances(token: Token, program: Program, record: Record) -> None:
    spec = token.task_spec
    child_spec = token.workflow.spec.task_specs[spec.task_spec]
    token._set_state(TaskState.STARTED)
    token.internal_data["merged"] = []
    if "c" in record:
        token.internal_data.update(current=record["c"], cardinality=program.instances[spec.name])
    for occurrence in record["i"]:
        child = Token(token.workflow, child_spec, token, TaskState.READY)
        child.triggered = True
        child.internal_data["n"] = occurrence


def every(tokens: list[Record]) -> Iterator[Record]:
    """All records, those inside sub-processes after their own."""
    for record in tokens:
        yield record
        if "s" in record:
            yield from every(record["s"])
