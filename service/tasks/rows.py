"""Rows of a task's criteria table given to colleagues: *phân công chỉ tiêu*, and taking back.

Whoever is given rows may fill in exactly those and their evidence, while the task is being prepared and while
they hold a seat in which it is prepared; the holder answers for the whole. None of it moves the case.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from evaluation.criteria import criterion_order
from forms.schema import Form
from service.database import AnyRow, transaction
from service.errors import BadInput, CaseChangedMeanwhile, NotAllowed, TaskTaken, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import OutboxRow, RowAssignment
from service.processes.queries import Procedure, procedure
from service.tasks.colleagues import leading_seat, require_fitting
from service.tasks.completion import open_task, require_open
from service.tasks.guarding import PREPARING, change, once_more, record, refuse_rounds_own
from service.trace import traceparent
from service.wording import _

ROWS_GIVEN = "rows_given"


def assign_rows(
    *, task_id: uuid.UUID, criteria: Sequence[str], to: uuid.UUID, by: Viewer, now: datetime
) -> tuple[str, ...]:
    """Give rows to somebody who may prepare the task; returns those that were not theirs already.

    By who holds the task or leads its unit. Who had a row before has it no more. Told by the outbox.
    Raises BadInput for no row or an unknown one, NotAllowed, SeparationOfDuties, TaskTaken, WrongState.
    """
    given: list[tuple[str, ...]] = []

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat, bundle = _arranging(connection, task_id, by, now)
            wanted = _known(bundle, row, criteria)
            receiver = require_fitting(connection, row, bundle, to, now)
            before = _owners(connection, task_id)
            new = tuple(one for one in wanted if before.get(one) != receiver.id)
            given.append(new)
            if not new:
                return
            taken = {one: before[one] for one in new if one in before}
            _tell_former(connection, row, taken, by, seat, now)
            _tell(connection, row, "rows_assigned", receiver.id, new, by, seat, now)
            _delete(connection, task_id, taken, before)
            values = {"task_id": task_id, "user_id": receiver.id, "assigned_by": by.id, "assigned_at": now}
            connection.execute(insert(RowAssignment), [{**values, "criterion": one} for one in new])
            change(connection, row, stage=PREPARING)

    once_more(act)
    return given[-1]


def take_back_rows(
    *, task_id: uuid.UUID, criteria: Sequence[str], by: Viewer, now: datetime
) -> tuple[str, ...]:
    """Rows become the holder's again; returns those that were somebody's. Raises as `assign_rows`."""
    taken: list[tuple[str, ...]] = []

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat, bundle = _arranging(connection, task_id, by, now)
            before = _owners(connection, task_id)
            wanted = {one: before[one] for one in _known(bundle, row, criteria) if one in before}
            taken.append(tuple(wanted))
            if wanted:
                _tell_former(connection, row, wanted, by, seat, now)
                _delete(connection, task_id, wanted, before)
                change(connection, row, stage=PREPARING)

    once_more(act)
    return taken[-1]


def may_arrange_rows(task: Any, viewer: Viewer, form: Form | None) -> bool:
    """Whether this person may give rows of this task away or take them back, told before they try."""
    if not task.is_open or task.completed_by_round or task.stage != PREPARING or not has_table(form):
        return False
    if leading_seat(viewer, task.group, task.unit_id) is not None:
        return True
    prepares = viewer.seat_for_preparing(task.group, task.unit_id) is not None
    return bool(prepares and task.owner_id == viewer.id)


def has_table(form: Form | None) -> bool:
    return form is not None and any(component.type == "criteria" for component in form.fields)


def _arranging(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime
) -> tuple[AnyRow, Seat, Procedure]:
    """The task and the seat from which this person says whose its rows are."""
    viewer = load_viewer(by.id, now, connection)
    row = open_task(connection, task_id, viewer)
    require_open(row)
    bundle = procedure(row.process_version_id)
    seat = leading_seat(viewer, row.task_group, row.task_unit_id)
    if seat is None:
        seat = viewer.seat_for_preparing(row.task_group, row.task_unit_id)
        if seat is None:
            raise NotAllowed(
                _("Chỉ người giữ việc hoặc lãnh đạo của đơn vị được giao bước mới phân công chỉ tiêu được.")
            )
        if row.task_owner_id is None:
            raise WrongState(_("Việc này chưa ai nhận. Hãy nhận việc trước khi phân công chỉ tiêu."))
        if row.task_owner_id != viewer.id:
            raise TaskTaken(
                _("Người khác đang giữ việc này; chỉ người đó hoặc lãnh đạo đơn vị phân công chỉ tiêu được.")
            )
    refuse_rounds_own(row)
    if row.task_stage != PREPARING:
        raise WrongState(_("Việc này đã trình ký nên không phân công chỉ tiêu được nữa."))
    if not has_table(bundle.form_of(row.task_element)):
        raise WrongState(_("Bước này không có bảng chỉ tiêu để phân công."))
    return row, seat, bundle


def _known(bundle: Procedure, row: AnyRow, criteria: Iterable[str]) -> tuple[str, ...]:
    """In the order of the annex, each once."""
    assessed = [criterion.id for criterion in bundle.catalogue.year(row.year).assessed]
    wanted = set(criteria)
    unknown = sorted(wanted - set(assessed))
    if unknown:
        sentence = _("Năm này không đánh giá chỉ tiêu %(criterion)s.", criterion=unknown[0][:20])
        raise BadInput(sentence, fields={"criteria": [sentence]})
    if not wanted:
        sentence = _("Chưa chọn chỉ tiêu nào. Hãy đánh dấu các chỉ tiêu rồi bấm lại.")
        raise BadInput(sentence, fields={"criteria": [sentence]})
    return tuple(one for one in assessed if one in wanted)


def _owners(connection: Connection, task_id: uuid.UUID) -> dict[str, uuid.UUID]:
    rows = connection.execute(
        select(RowAssignment.criterion, RowAssignment.user_id)
        .where(RowAssignment.task_id == task_id)
        .order_by(RowAssignment.criterion)
    )
    return {found.criterion: found.user_id for found in rows}


def _delete(
    connection: Connection,
    task_id: uuid.UUID,
    taken: Mapping[str, uuid.UUID],
    before: Mapping[str, uuid.UUID],
) -> None:
    """Only once the case's event is written: from then on nobody else arranges rows of this task."""
    if _owners(connection, task_id) != before:
        raise CaseChangedMeanwhile()
    if taken:
        connection.execute(
            delete(RowAssignment).where(
                RowAssignment.task_id == task_id, RowAssignment.criterion.in_(sorted(taken))
            )
        )


def _tell_former(
    connection: Connection,
    row: AnyRow,
    taken: Mapping[str, uuid.UUID],
    by: Viewer,
    seat: Seat,
    now: datetime,
) -> None:
    for user_id in sorted(set(taken.values())):
        theirs = tuple(one for one in taken if taken[one] == user_id)
        _tell(connection, row, "rows_taken_back", user_id, theirs, by, seat, now)


def _tell(
    connection: Connection,
    row: AnyRow,
    kind: str,
    user_id: uuid.UUID,
    criteria: Sequence[str],
    by: Viewer,
    seat: Seat,
    now: datetime,
) -> None:
    """On record in the case; the colleague hears of it from the bell, unless they did it themselves."""
    rows = sorted(criteria, key=criterion_order)
    data = {"task": row.task_ref, "to": str(user_id), "criteria": rows}
    record(connection, row, kind, data, by.actor(seat), now)
    if user_id == by.id:
        return
    notice = str(uuid.uuid4())
    connection.execute(
        insert(OutboxRow).values(
            kind=ROWS_GIVEN,
            case_id=None,
            payload={
                "notice": notice,
                "task": str(row.task_id),
                "user": str(user_id),
                "criteria": rows,
                "given": kind == "rows_assigned",
            },
            dedup_key=f"rows:{notice}",
            available_at=now,
            created_at=now,
            traceparent=traceparent(),
        )
    )
