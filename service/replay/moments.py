"""*Xem lại diễn biến*: the case after each of its events, for whoever looks at it again.

Told from the log alone, as much as the viewer may see today; names of people and units are looked up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from service.audit.folding import Folded, FoldedTask, folded_after_each
from service.cases.decided import decided
from service.cases.papers import annex_place
from service.cases.timeline import Entry, timeline
from service.database import db
from service.identity.queries import names_of
from service.models import Case, Unit
from service.processes.facts import RETURNED
from service.processes.independence import without_repeated
from service.processes.queries import Procedure
from service.replay.history import HandedOver, History, Told
from service.replay.opened import looks_at_files, names_of_files, opened_before
from service.replay.telling import field_text, fields_of, value_text


@dataclass(frozen=True)
class Resting:
    """An open task: its step, whose it was, since which event, and for which time the case was there."""

    element: str
    step: str
    unit: str
    owner: str
    signing: bool
    due_on: date | None
    received: int
    round: int


@dataclass(frozen=True)
class Armed:
    step: str
    due_at: datetime


@dataclass(frozen=True)
class Decision:
    """A gateway's choice or a rule's finding as recorded: by what, on what, with what result and why."""

    element: str
    name: str
    kind: str
    expression: str
    inputs: Mapping[str, Any]
    result: Any
    chosen: str
    explanation: str


@dataclass(frozen=True)
class Changed:
    """What was one thing before the event and another after it; "" stands for nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class SeenFile:
    """A file that the act handed in or relied on, as its bytes were then."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Moment:
    """The case after event `seq`. `active` and `passed` are ids of the diagram of its version."""

    seq: int
    at: datetime
    hash: str
    entry: Entry
    status: str
    outcome: str | None
    active: Sequence[str]
    passed: Sequence[str]
    resting: Sequence[Resting]
    armed: Sequence[Armed]
    decisions: Sequence[Decision]
    changes: Sequence[Changed]
    files: Sequence[SeenFile]
    # (id, name) of the files that who acted had opened before; None where the viewer may not know.
    opened: Sequence[tuple[str, str]] | None


def moments(
    case: Case, history: History, *, hide: frozenset[str], with_accesses: bool = False
) -> list[Moment]:
    """One for each event, oldest first. `hide`: steps whose content the viewer must not see yet.

    `with_accesses`: the viewer may know who looked at which files.
    """
    looks = looks_at_files(case.id) if with_accesses else None
    called = names_of_files(case.id) if looks else {}
    entries = {entry.seq: entry for entry in timeline(case, hide=hide)}
    states = list(folded_after_each(event.body for event in history.events))
    names = _Names(states)
    found = []
    before = Folded()
    for event, folded in zip(history.events, states, strict=True):
        seen = [
            (file_id, called.get(file_id, file_id)) for file_id in opened_before(event, before, looks or ())
        ]
        entry = entries[event.seq]
        moment = _moment(event, before, folded, history, entry, names, hide)
        found.append(replace(moment, opened=seen if looks is not None else None))
        before = folded
    return found


def _moment(
    event: Told,
    before: Folded,
    after: Folded,
    history: History,
    entry: Entry,
    names: _Names,
    hide: frozenset[str],
) -> Moment:
    bundle = history.procedure
    return Moment(
        seq=event.seq,
        at=event.at,
        hash=event.hash,
        entry=entry,
        status=after.status,
        outcome=after.outcome,
        active=after.active,
        passed=event.data.get("path", ()),
        resting=[_resting(task, after, bundle, names) for task in after.open_tasks()],
        armed=[
            Armed(bundle.element_name(timer.element), timer.due_at)
            for timer in sorted(after.armed_timers(), key=lambda one: (one.due_at, one.ref))
        ],
        decisions=list(_decisions(event, bundle, hide)),
        changes=[
            *_routing(before.variables, after.variables, event, bundle, hide),
            *_answers(event, history, hide),
            *_hands(before, after, bundle, names),
        ],
        files=_files(history.submissions.get(event.seq), hide),
        opened=None,
    )


def _resting(task: FoldedTask, folded: Folded, bundle: Procedure, names: _Names) -> Resting:
    return Resting(
        element=task.element,
        step=bundle.element_name(task.element),
        unit=names.unit(task.unit),
        owner=names.person(task.owner),
        signing=task.stage == "signing",
        due_on=task.due_day,
        received=task.received,
        round=sum(
            other.element == task.element and other.received <= task.received
            for other in folded.tasks.values()
        ),
    )


def _decisions(event: Told, bundle: Procedure, hide: frozenset[str]) -> Iterable[Decision]:
    for told in event.data.get("decisions", ()):
        if hide and told["kind"] == "rule":
            continue  # it quotes what the hidden step says
        yield Decision(
            element=told["element"],
            name=bundle.element_name(told["element"]),
            kind=told["kind"],
            expression=told["expression"],
            inputs=told["inputs"] or {},
            result=told["result"],
            chosen=bundle.element_name(told["chosen"]),
            explanation=_answer(decided(told, bundle), bundle.element_name(told["element"])),
        )


def _answer(sentence: str, question: str) -> str:
    """Without the question, which stands before it; what is left begins as a sentence."""
    answer = sentence.removeprefix(f"{question.rstrip(' ?')}: ")
    return answer[:1].upper() + answer[1:]


def _routing(
    before: Mapping[str, Any], after: Mapping[str, Any], event: Told, bundle: Procedure, hide: frozenset[str]
) -> Iterable[Changed]:
    """Variables by which the case goes its way, but for those that repeat what the step handed over."""
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        step = name.partition(".")[0]
        if was != now and step not in hide and ("task" not in event.data or step != event.data["element"]):
            yield Changed(_variable(name, bundle), value_text(was), value_text(now))


def _variable(name: str, bundle: Procedure) -> str:
    step, dot, key = name.partition(".")
    return f"{bundle.element_name(step)}: {key}" if dot and step in bundle.definition.elements else name


def _answers(event: Told, history: History, hide: frozenset[str]) -> Iterable[Changed]:
    """What a step handed over, against what the same step had handed over before."""
    handed = history.submissions.get(event.seq)
    if handed is None or handed.answers is None or handed.element in hide:
        return
    earlier = _before(event, history, lambda one: one.element == handed.element)
    table = earlier or _before(event, history, lambda one: one.element not in hide and bool(_criteria(one)))
    old, new = _shown(earlier, hide) if earlier else {}, _shown(handed, hide)
    was, now = _criteria(table), _criteria(handed)
    for criterion in sorted(now, key=annex_place):
        if was.get(criterion) != now[criterion]:
            yield Changed(criterion, was.get(criterion, ""), now[criterion])
    form = history.procedure.form_of(handed.element)
    fields = fields_of(form) if form is not None else {}
    for key, value in new.items():
        field = fields.get(key)
        if field is not None and old.get(key) != value:
            yield Changed(field.label or key, field_text(field, old.get(key)), field_text(field, value))


def _before(event: Told, history: History, fits: Callable[[HandedOver], bool]) -> HandedOver | None:
    """What was handed over last before the event, but for returns: by the same step, or else by another."""
    acts = history.submissions
    earlier = (acts[seq] for seq in sorted(acts, reverse=True) if seq < event.seq)
    return next((one for one in earlier if one.action != RETURNED and fits(one)), None)


def _shown(handed: HandedOver, hide: frozenset[str]) -> Mapping[str, Any]:
    return without_repeated(handed.element, handed.answers or {}, hide)


def _criteria(handed: HandedOver | None) -> dict[str, str]:
    """{criterion: the value that was written}, in the order of the table."""
    given = ((handed.answers or {}).get("criteria") or {}) if handed is not None else {}
    return {criterion: value_text(one.get("raw")) for criterion, one in given.items()}


def _hands(before: Folded, after: Folded, bundle: Procedure, names: _Names) -> Iterable[Changed]:
    """Whose an open task is, and when it is due."""
    for ref, task in after.tasks.items():
        was = before.tasks.get(ref)
        if was is None or not task.is_open:
            continue
        step = bundle.element_name(task.element)
        if was.owner != task.owner:
            yield Changed(f"{step}: người xử lý", names.person(was.owner), names.person(task.owner))
        if was.due_on != task.due_on:
            yield Changed(f"{step}: hạn", value_text(was.due_on), value_text(task.due_on))


def _files(handed: HandedOver | None, hide: frozenset[str]) -> list[SeenFile]:
    if handed is None or handed.document is None or handed.element in hide:
        return []
    files = handed.document.get("files") or {}
    return [
        SeenFile(file_id, one["name"], one["size"], one["sha256"])
        for file_id, one in sorted(files.items(), key=lambda item: item[1]["name"])
    ]


class _Names:
    """Of the people and units that the states name, in two statements."""

    def __init__(self, states: Sequence[Folded]) -> None:
        last = states[-1].tasks.values() if states else ()
        owners = {task.owner for folded in states for task in folded.open_tasks()}
        self._people = names_of({uuid.UUID(one) for one in owners if one})
        units = {uuid.UUID(task.unit) for task in last if task.unit}
        rows = db.session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(sorted(units))))
        self._units = {str(row.id): row.name for row in rows}

    def person(self, one: str | None) -> str:
        return self._people.get(uuid.UUID(one), "") if one else ""

    def unit(self, one: str | None) -> str:
        return self._units.get(one, "") if one else ""
