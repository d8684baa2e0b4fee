"""Who looks after a task: hand over, assign, delegate, give back.

None of it moves the case. Whoever meets a colleague's faster act is told so, and nothing has changed.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.audit.operations import Actor
from service.database import AnyRow, transaction
from service.errors import BadInput, NotAllowed, TaskTaken, WrongState
from service.identity.queries import load_viewer, names_of
from service.identity.viewer import Seat, Viewer
from service.models import Task, TaskState
from service.processes.queries import procedure
from service.tasks.colleagues import leading_seat, require_fitting
from service.tasks.completion import open_task, require_open
from service.tasks.guarding import attention, change, for_handling, once_more, record, refuse_rounds_own
from service.vietnamese import without_controls
from service.wording import _

NOBODY = ""
LONGEST_NOTE = 1_000


def hand_over_task(
    *,
    task_id: uuid.UUID,
    to: uuid.UUID,
    by: Viewer,
    now: datetime,
    seen_owner: str | None = None,
    note: str = "",
) -> None:
    """*Chuyển cho đồng nghiệp*: by who holds the task, or by a leader of the unit; for good.

    `seen_owner` is the holder's id as the person saw it ("" for nobody): TaskTaken when that has changed.
    `note` is for the receiver (see `received.last_hand`); BadInput for one that is too long.
    """
    said = checked_note(note)

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat = _held_or_led(connection, task_id, by, now, seen_owner)
            _give(connection, row, "task_handed_over", to, by.actor(seat), now, said)

    once_more(act)


def assign_task(
    *,
    task_id: uuid.UUID,
    to: uuid.UUID,
    by: Viewer,
    now: datetime,
    seen_owner: str | None = None,
    note: str = "",
) -> None:
    """*Giao việc*: a leader of the unit says whose it is, whether somebody has it already or not."""
    said = checked_note(note)

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, viewer = _read(connection, task_id, by, now, seen_owner)
            seat = leading_seat(viewer, row.task_group, row.task_unit_id)
            if seat is None:
                raise NotAllowed(_("Chỉ lãnh đạo của đơn vị được giao bước này mới giao việc được."))
            _give(connection, row, "task_assigned", to, by.actor(seat), now, said)

    once_more(act)


def delegate_task(
    *,
    task_id: uuid.UUID,
    to: uuid.UUID,
    by: Viewer,
    now: datetime,
    seen_owner: str | None = None,
    note: str = "",
) -> None:
    """*Nhờ xử lý*: the holder has a colleague work on it for a while, and gets it back."""
    said = checked_note(note)

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat = for_handling(connection, task_id, by, now)
            _require_seen(row, seen_owner)
            if row.task_owner_id != by.id:
                raise _not_held(row, _("nhờ"))
            if _delegated_by(connection, row) is not None:
                raise WrongState(
                    _("Việc này đồng nghiệp đã nhờ ông/bà. Hãy trả lại người nhờ thay vì nhờ tiếp.")
                )
            _give(connection, row, "task_delegated", to, by.actor(seat), now, said, delegated_by=by.id)

    once_more(act)


def give_back_task(*, task_id: uuid.UUID, by: Viewer, now: datetime, note: str = "") -> None:
    """*Trả lại người nhờ*: by who was asked; the one who asked, or a leader, may take it back as well."""
    said = checked_note(note)

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, viewer = _read(connection, task_id, by, now)
            delegator = _delegated_by(connection, row)
            if delegator is None or row.task_owner_id is None:
                raise WrongState(_("Việc này hiện không do đồng nghiệp nhờ; không có ai để trả lại."))
            seat = leading_seat(viewer, row.task_group, row.task_unit_id)
            if by.id in (row.task_owner_id, delegator):
                row, seat = for_handling(connection, task_id, by, now)
            if seat is None:
                raise NotAllowed(
                    _("Chỉ người được nhờ, người nhờ hoặc lãnh đạo đơn vị trả lại việc này được.")
                )
            try:
                _give(connection, row, "task_given_back", delegator, by.actor(seat), now, said)
            except (NotAllowed, BadInput):
                raise WrongState(
                    _("Người nhờ không còn giữ vị trí xử lý bước này. Hãy trả việc về danh sách chung.")
                ) from None

    once_more(act)


def checked_note(note: str) -> str:
    """What one colleague writes to the other beside a task, on lines of its own; "" for nothing."""
    text = "\n".join(line for part in note.splitlines() if (line := without_controls(part)))
    if len(text) > LONGEST_NOTE:
        sentence = _("Lời nhắn dài nhất %(longest)s ký tự. Hãy rút ngắn.", longest=LONGEST_NOTE)
        raise BadInput(sentence, fields={"note": [sentence]})
    return text


def _read(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime, seen_owner: str | None = None
) -> tuple[AnyRow, Viewer]:
    viewer = load_viewer(by.id, now, connection)
    row = open_task(connection, task_id, viewer)
    require_open(row)
    _require_seen(row, seen_owner)
    return row, viewer


def _held_or_led(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime, seen_owner: str | None
) -> tuple[AnyRow, Seat]:
    """For who holds the task or leads its unit; anybody else is told what to do instead."""
    row, viewer = _read(connection, task_id, by, now, seen_owner)
    leading = leading_seat(viewer, row.task_group, row.task_unit_id)
    if leading is not None and row.task_owner_id != by.id:
        return row, leading
    row, seat = for_handling(connection, task_id, by, now)
    if row.task_owner_id != by.id:
        raise _not_held(row, _("chuyển"))
    return row, seat


def _require_seen(row: AnyRow, seen_owner: str | None) -> None:
    if seen_owner is None or seen_owner == (NOBODY if row.task_owner_id is None else str(row.task_owner_id)):
        return
    if row.task_owner_id is None:
        raise TaskTaken(_("Việc này vừa được trả về danh sách chung. Hãy xem lại rồi chọn tiếp."))
    name = names_of({row.task_owner_id}).get(row.task_owner_id, _("một đồng nghiệp"))
    raise TaskTaken(_("Việc này vừa chuyển sang %(name)s. Hãy xem lại rồi chọn tiếp.", name=name))


def _not_held(row: AnyRow, verb: str) -> TaskTaken | WrongState:
    if row.task_owner_id is None:
        return WrongState(
            _("Việc này chưa ai nhận. Hãy nhận việc trước khi %(verb)s đồng nghiệp.", verb=verb)
        )
    return TaskTaken(
        _("Việc này đang do người khác xử lý; chỉ người đó hoặc lãnh đạo đơn vị %(verb)s được.", verb=verb)
    )


def _delegated_by(connection: Connection, row: AnyRow) -> uuid.UUID | None:
    return connection.execute(select(Task.delegated_by).where(Task.id == row.task_id)).scalar_one()


def _give(
    connection: Connection,
    row: AnyRow,
    kind: str,
    to: uuid.UUID,
    by: Actor,
    now: datetime,
    note: str,
    *,
    delegated_by: uuid.UUID | None = None,
) -> None:
    """The task becomes `to`'s: checked, recorded, announced."""
    refuse_rounds_own(row)
    receiver = require_fitting(connection, row, procedure(row.process_version_id), to, now)
    if receiver.id == row.task_owner_id:
        raise WrongState(_("Việc này đã ở %(name)s rồi.", name=receiver.name))
    data = {"task": row.task_ref, "to": str(receiver.id), **({"noted": True} if note else {})}
    private = {"note": note.encode()} if note else None
    record(connection, row, kind, data, by, now, private)
    told = {} if receiver.id == by.user_id else attention("handed", now)
    change(
        connection,
        row,
        state=TaskState.RESERVED.value,
        owner_id=receiver.id,
        delegated_by=delegated_by,
        **told,
    )
