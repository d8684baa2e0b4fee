"""What every act on an open task begins and ends with: who may, guarded by what was read, on record."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, literal, update
from sqlalchemy.engine import Connection

from service.audit.operations import Actor
from service.database import AnyRow, db
from service.errors import CaseChangedMeanwhile, NotAllowed, WrongState
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Task
from service.processes.row_owners import rows_of
from service.processes.steps import append_case_event
from service.tasks.completion import open_task, require_open
from service.wording import _

# So often an act is tried whose case others change at the same time.
ATTEMPTS = 4
PREPARING, SIGNING = "preparing", "signing"


def once_more(act: Callable[[], None]) -> None:
    """Another command on the same case came first: look again, and do it or learn why not any more."""
    if db.session().info.get("writing"):
        return act()  # within another's transaction, whose owner alone can start over
    for _attempt in range(ATTEMPTS - 1):
        try:
            return act()
        except CaseChangedMeanwhile:
            continue
    return act()


def refuse_rounds_own(row: AnyRow) -> None:
    """Raises WrongState for a task that one document of a round completes for many cases."""
    if row.task_completed_by_round:
        raise WrongState(
            _("Bước này hoàn thành bằng văn bản chung của đợt xét. Hãy mở trang Đợt xét công nhận.")
        )


def for_handling(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime
) -> tuple[AnyRow, Seat]:
    """The open task and the seat from which this person may take it at its present stage."""
    viewer = load_viewer(by.id, now, connection)
    row = open_task(connection, task_id, viewer)
    require_open(row)
    if row.task_stage == SIGNING:
        seat = viewer.seat_for_signing(row.task_group, row.task_unit_id, row.task_signer)
    else:
        seat = viewer.seat_for_preparing(row.task_group, row.task_unit_id) or viewer.seat_for_signing(
            row.task_group, row.task_unit_id, row.task_signer
        )
    if seat is None:
        raise NotAllowed()
    return row, seat


def for_filling_in(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime
) -> tuple[AnyRow, Seat, frozenset[str]]:
    """The task while it is being prepared, the seat of somebody who prepares here, the rows given to them."""
    viewer = load_viewer(by.id, now, connection)
    row = open_task(connection, task_id, viewer)
    require_open(row)
    seat = viewer.seat_for_preparing(row.task_group, row.task_unit_id)
    if seat is None:
        raise NotAllowed(_("Chỉ chuyên viên của đơn vị được giao bước này mới soạn được."))
    refuse_rounds_own(row)
    if row.task_stage != PREPARING:
        raise WrongState(_("Việc này đã trình ký; lãnh đạo phải trả lại trước khi sửa."))
    rows = rows_of(task_id, viewer.id, connection) if row.task_owner_id != viewer.id else frozenset()
    return row, seat, rows


def change(connection: Connection, row: AnyRow, **values: Any) -> None:
    """Guarded by what was read: a task that somebody else changed meanwhile is not changed again but looked
    at once more (`once_more`), so that who comes second is told what has become of it.

    After the case, as completing does: who locks in another order may wait for each other for ever.
    Another owner ends a delegation, unless `values` say otherwise.
    """
    if "owner_id" in values and values["owner_id"] != row.task_owner_id:
        values = {"delegated_by": None, **values}
    changed = connection.execute(
        update(Task)
        .where(Task.id == row.task_id, Task.state == row.task_state, Task.stage == row.task_stage)
        .where(Task.owner_id.is_(None) if row.task_owner_id is None else Task.owner_id == row.task_owner_id)
        .values(**values)
    )
    if changed.rowcount != 1:
        raise CaseChangedMeanwhile(_("Việc này vừa thay đổi. Hãy tải lại trang."))


def attention(why: str, now: datetime) -> dict[str, Any]:
    """The announcer tells those whose turn it is now, and what it has not yet got round to telling."""
    overtaken = case((Task.attention_at < now, Task.attention_at), else_=literal(now, Task.attention_at.type))
    return {"attention_at": overtaken, "attention_why": why}


def record(
    connection: Connection,
    row: AnyRow,
    kind: str,
    data: Mapping[str, Any],
    by: Actor,
    now: datetime,
    private: Mapping[str, bytes] | None = None,
) -> None:
    data = {"element": row.task_element, **data}
    append_case_event(connection, row.id, kind, data, by=by, now=now, private=private)
