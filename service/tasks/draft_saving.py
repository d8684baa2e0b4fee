"""How a draft takes in what several people type at once: by fields, never over another's unseen words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import AnyRow, insert_if_absent, table_of
from service.errors import BadInput, DraftChanged, NotAllowed, TaskTaken, WrongState
from service.models import Draft
from service.processes.draft_fields import (
    Stamp,
    by_numbers,
    criterion_of,
    differing,
    fields_of,
    known_stamps,
    stamp_of,
    stamped,
    with_fields,
)
from service.processes.queries import Procedure, procedure
from service.tasks.answers import checked_answers
from service.tasks.queries import answers_to_start_from
from service.wording import _

_DRAFTS = table_of(Draft)
_DRAFT = select(
    _DRAFTS.c.rev, _DRAFTS.c.answers, _DRAFTS.c.changed_at, _DRAFTS.c.saved_by, _DRAFTS.c.saved_at
).where(_DRAFTS.c.task_id == bindparam("of_task"))


@dataclass(frozen=True)
class Typed:
    """What somebody sends of a draft.

    `touched` are the paths that they changed since `seen_rev`, all else in `answers` is left as it is stored;
    None: `answers` are the whole draft. `undecided`: paths of which they were shown two contents, and have
    not said yet which one stays.
    """

    answers: Mapping[str, Any]
    seen_rev: int
    touched: frozenset[str] | None = None
    undecided: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Clash:
    """A field that two people changed: what came now, what is stored, and who stored that."""

    path: str
    mine: Any
    theirs: Any
    stamp: Stamp


@dataclass(frozen=True)
class Stored:
    """The draft as it is now; `clashes` are the fields that were left as they were stored before."""

    rev: int
    answers: dict[str, Any]
    changed_at: dict[str, Any]
    clashes: tuple[Clash, ...] = ()


class FieldsChanged(DraftChanged):
    """Somebody else has stored other words in the same fields (`clashes`) since they were shown."""

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        super().__init__(
            _(
                "Sau khi ông/bà mở trang này, %(count)s ô đã được lưu với nội dung khác. "
                "Hãy chọn nội dung giữ lại.",
                count=len(clashes),
            )
        )
        self.clashes = clashes


class DraftMoved(Exception):  # noqa: N818 - never leaves this package
    """Another save came in between: to be looked at again from the beginning."""


@dataclass(frozen=True)
class Kept:
    """What is stored of a draft, with when each field last changed; rev 0 where nothing is."""

    rev: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    changed_at: dict[str, Any] = field(default_factory=dict)


def kept_draft(connection: Connection, row: AnyRow) -> Kept:
    """`row` is of `open_task`. With nothing stored, a step that comes round again has its former answers."""
    found = connection.execute(_DRAFT, {"of_task": row.task_id}).one_or_none()
    if found is None:
        form = procedure(row.process_version_id).form_of(row.task_element)
        return Kept(answers=answers_to_start_from(row.id, row.task_element, form))
    stamps = known_stamps(found.changed_at, found.rev, found.saved_by, found.saved_at)
    return Kept(found.rev, dict(found.answers), stamps)


def store_typed(
    connection: Connection,
    row: AnyRow,
    typed: Typed,
    *,
    only_rows: frozenset[str] | None = None,
    leave_clashes: bool = False,
    by: uuid.UUID,
    now: datetime,
) -> Stored:
    """Lay what was typed over what is stored, checked as a draft; raises BadInput naming the fields.

    `only_rows`: the criteria that this person was given; TaskTaken without any, NotAllowed for another field.
    Fields that clash raise FieldsChanged, or with `leave_clashes` stay as they are stored. Raises DraftMoved.
    """
    bundle = procedure(row.process_version_id)
    kept = kept_draft(connection, row)
    if typed.seen_rev > kept.rev:
        raise DraftChanged()
    current = fields_of(kept.answers)
    clean, touched = _laid_over(bundle, row, kept, current, typed, local_day(now))
    wanted = fields_of(clean)
    if only_rows is not None:
        _require_own_rows(touched & differing(wanted, current), only_rows)
    clashes = tuple(
        Clash(path, wanted.get(path), current.get(path), stamp)
        for path in sorted(touched, key=by_numbers)
        if wanted.get(path) != current.get(path)
        and ((stamp := stamp_of(kept.changed_at, path)).rev > typed.seen_rev or path in typed.undecided)
    )
    if clashes and not leave_clashes:
        raise FieldsChanged(clashes)
    if clashes:
        clean = with_fields(clean, {clash.path: clash.theirs for clash in clashes})
    rev = kept.rev + 1
    changed = differing(fields_of(clean), current)
    stamps = stamped(kept.changed_at, changed, rev=rev, by=by, now=now)
    _write(connection, row.task_id, kept.rev, answers=clean, changed_at=stamps, saved_by=by, saved_at=now)
    return Stored(rev, clean, stamps, clashes)


def _laid_over(
    bundle: Procedure, row: AnyRow, kept: Kept, current: Mapping[str, Any], typed: Typed, today: Any
) -> tuple[dict[str, Any], frozenset[str]]:
    """(the draft as it would be, the paths that this person changes)"""
    form = bundle.form_of(row.task_element)
    if form is None:
        raise WrongState(_("Bước này không có biểu mẫu để điền."))
    if typed.touched is None:
        clean = checked_answers(form, bundle, row.year, typed.answers, today=today, partial=True)
        return clean, differing(fields_of(clean), current)
    sent = fields_of(typed.answers)
    keys = {"action", *(component.key for component in form.fields)}
    unknown = sorted(path for path in typed.touched if path.partition(".")[0] not in keys)
    if unknown:
        raise BadInput(fields={unknown[0]: [_("Biểu mẫu không có trường này.")]})
    over = with_fields(kept.answers, {path: sent.get(path) for path in typed.touched})
    return checked_answers(form, bundle, row.year, over, today=today, partial=True), typed.touched


def _require_own_rows(changed: frozenset[str], rows: frozenset[str]) -> None:
    if not rows:
        raise TaskTaken()
    others = sorted((path for path in changed if criterion_of(path) not in rows), key=by_numbers)
    if others:
        place = criterion_of(others[0])
        raise NotAllowed(
            _(
                "Chỉ tiêu %(criterion)s không thuộc phần được giao cho ông/bà nên chưa lưu. "
                "Hãy tải lại trang để xem các chỉ tiêu của mình.",
                criterion=place,
            )
            if place
            else _("Ông/bà chỉ ghi được các chỉ tiêu được giao, không ghi được phần khác của biểu mẫu.")
        )


def _write(connection: Connection, task_id: uuid.UUID, rev: int, **values: Any) -> None:
    """Guarded by what was read: of two who save at once the second looks again at what the first stored."""
    if rev:
        changed = connection.execute(
            update(Draft).where(Draft.task_id == task_id, Draft.rev == rev).values(rev=rev + 1, **values)
        )
        if changed.rowcount != 1:
            raise DraftMoved()
        return
    if not insert_if_absent(connection, Draft, task_id=task_id, rev=1, **values):
        raise DraftMoved()
