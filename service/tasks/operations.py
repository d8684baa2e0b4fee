"""What people do with a task: take it, fill it in, hand it up, sign it, send it back.

Officers prepare and leaders sign: only the signer's act completes the step.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import AnyRow, db, transaction
from service.errors import (
    BadInput,
    CaseChangedMeanwhile,
    DraftChanged,
    NotAllowed,
    TaskNotOpen,
    TaskTaken,
    WrongState,
)
from service.identity.queries import load_viewer
from service.identity.viewer import Seat, Viewer
from service.models import Draft, TaskState
from service.processes.draft_fields import criterion_of
from service.processes.queries import Procedure, procedure
from service.processes.separation import refuse_second_level
from service.tasks.answers import checked_answers
from service.tasks.between_levels import said_too_little
from service.tasks.completion import ATTEMPTS, Moved, Signature, complete, open_task, require_open
from service.tasks.draft_saving import DraftMoved, Stored, Typed, store_typed
from service.tasks.guarding import (
    PREPARING,
    SIGNING,
    attention,
    change,
    for_filling_in,
    for_handling,
    once_more,
    record,
    refuse_rounds_own,
)
from service.wording import _


def claim_task(*, task_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Reserve an open task for oneself; raises TaskTaken when a colleague was faster."""

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat = for_handling(connection, task_id, by, now)
            if row.task_owner_id == by.id:
                return
            if row.task_owner_id is not None:
                raise TaskTaken()
            record(connection, row, "task_claimed", {"task": row.task_ref}, by.actor(seat), now)
            change(connection, row, state=TaskState.RESERVED.value, owner_id=by.id)

    once_more(act)


def release_task(*, task_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Give a reserved task back to the group; a leader may release a subordinate's."""

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat = for_handling(connection, task_id, by, now)
            if row.task_owner_id is None:
                return
            if row.task_owner_id != by.id and seat.role != "leader":
                raise TaskTaken(
                    _("Việc này đang do người khác xử lý; chỉ người đó hoặc lãnh đạo đơn vị trả lại được.")
                )
            record(connection, row, "task_released", {"task": row.task_ref}, by.actor(seat), now)
            change(connection, row, state=TaskState.READY.value, owner_id=None)

    once_more(act)


def save_draft(
    *, task_id: uuid.UUID, answers: Mapping[str, Any], seen_rev: int, by: Viewer, now: datetime
) -> int:
    """Keep the whole draft as it has been typed; returns its new rev.

    `seen_rev` is the rev that the person started from (0 for none). Raises as `save_fields`.
    """
    typed = Typed(answers, seen_rev)
    return save_fields(task_id=task_id, typed=typed, by=by, now=now).rev


def save_fields(
    *, task_id: uuid.UUID, typed: Typed, leave_clashes: bool = False, by: Viewer, now: datetime
) -> Stored:
    """Keep what has been typed into some fields, beside what others typed into theirs.

    Raises FieldsChanged where somebody else changed the same field since, unless `leave_clashes` keeps theirs
    and answers the clashes. Saving an unowned task reserves it, but for who only fills in rows given to them;
    a colleague who does not hold the task may fill in exactly those.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _save_fields(task_id, typed, leave_clashes, by, now)
        except DraftMoved:
            continue
        except (TaskNotOpen, CaseChangedMeanwhile):
            # Perhaps only somebody else has it now: who was given rows goes on.
            if attempt:
                raise
    raise DraftChanged()


def _save_fields(task_id: uuid.UUID, typed: Typed, leave_clashes: bool, by: Viewer, now: datetime) -> Stored:
    with transaction() as session:
        connection = session.connection()
        row, seat, rows = for_filling_in(connection, task_id, by, now)
        holds = row.task_owner_id in (None, by.id)
        takes = holds and not _only_in(rows, typed)
        if not holds:
            refuse_second_level(row.acts, procedure(row.process_version_id), row.task_group, by.id)
        if takes and row.task_owner_id is None:
            record(connection, row, "task_claimed", {"task": row.task_ref}, by.actor(seat), now)
        stored = store_typed(
            connection,
            row,
            typed,
            only_rows=None if holds else rows,
            leave_clashes=leave_clashes,
            by=by.id,
            now=now,
        )
        # Also where it is reserved already: what was handed up or completed meanwhile must not change again.
        if takes:
            change(connection, row, state=TaskState.RESERVED.value, owner_id=by.id)
        else:
            change(connection, row, stage=PREPARING)
        return stored


def _only_in(rows: frozenset[str], typed: Typed) -> bool:
    """Whether somebody who was given these rows typed into nothing else."""
    return bool(rows and typed.touched) and all(criterion_of(path) in rows for path in typed.touched or ())


def submit_for_signature(
    *,
    task_id: uuid.UUID,
    answers: Mapping[str, Any] | None = None,
    seen_rev: int | None = None,
    by: Viewer,
    now: datetime,
) -> None:
    """*Trình ký*: the officer hands the finished draft to the leader. Raises BadInput naming the fields."""
    with transaction() as session:
        connection = session.connection()
        row, seat = _for_preparing(connection, task_id, by, now)
        bundle = procedure(row.process_version_id)
        if row.task_signer != "leader":
            raise WrongState(_("Bước này không qua trình ký; người phụ trách tự hoàn thành."))
        refuse_second_level(row.acts, bundle, row.task_group, by.id)
        if answers is not None and seen_rev is not None and (row.draft_rev or 0) != seen_rev:
            raise DraftChanged()
        typed, answers = answers, answers if answers is not None else row.draft_answers
        if not answers:
            raise BadInput(_("Chưa có nội dung để trình ký. Hãy điền biểu mẫu trước."))
        # Before it is stored as a draft, which is asked for less: all that is wrong is told at once.
        form = bundle.form_of(row.task_element)
        if form is not None:
            others = partial(said_too_little, connection, row, bundle)
            checked_answers(form, bundle, row.year, answers, today=local_day(now), more=others)
        if typed is not None:
            _store_draft(connection, row, typed, by, now)
        record(
            connection,
            row,
            "signature_requested",
            {"task": row.task_ref, "action": str(answers.get("action", ""))},
            by.actor(seat),
            now,
        )
        change(
            connection,
            row,
            stage=SIGNING,
            state=TaskState.READY.value,
            owner_id=None,
            prepared_by=by.id,
            note="",
            **attention("signing", now),
        )


def send_back_to_officer(*, task_id: uuid.UUID, reason: str, by: Viewer, now: datetime) -> None:
    """*Trả lại người soạn*: the leader wants changes before signing."""
    if not reason.strip():
        raise BadInput(
            _("Hãy ghi lý do trả lại người soạn."),
            fields={"reason": [_("Hãy ghi lý do trả lại người soạn.")]},
        )
    with transaction() as session:
        connection = session.connection()
        viewer = load_viewer(by.id, now, connection)
        row = open_task(connection, task_id, viewer)
        require_open(row)
        seat = _signing_seat(row, viewer)
        if row.task_stage != SIGNING:
            raise WrongState(_("Việc này đang ở người soạn, chưa trình ký."))
        record(
            connection,
            row,
            "returned_to_officer",
            {"task": row.task_ref},
            by.actor(seat),
            now,
            {"reason": reason.strip()[:2000].encode()},
        )
        change(
            connection,
            row,
            stage=PREPARING,
            state=TaskState.RESERVED.value,
            owner_id=row.task_prepared_by,
            note=reason.strip()[:2000],
            **attention("sent_back", now),
        )


def sign_task(
    *,
    task_id: uuid.UUID,
    signature: Signature | None = None,
    seen_rev: int | None = None,
    by: Viewer,
    now: datetime,
) -> Moved:
    """*Ký*: the leader's act on what the officer prepared; completes the task and moves the case.

    `seen_rev` is the rev of the draft that the leader was shown: DraftChanged when it is no longer that one.
    """
    return complete(
        task_id=task_id,
        answers=None,
        by=by,
        now=now,
        signature=signature or Signature(),
        check=_may_sign_prepared,
        seen_rev=seen_rev,
    )


def complete_task(
    *,
    task_id: uuid.UUID,
    answers: Mapping[str, Any] | None,
    signature: Signature | None = None,
    seen_rev: int | None = None,
    by: Viewer,
    now: datetime,
) -> Moved:
    """Complete a task directly: where the one who fills it in is also the one who signs (a member),
    or where nobody signs. `answers` None takes the draft; for `seen_rev` see sign_task."""
    return complete(
        task_id=task_id,
        answers=answers,
        by=by,
        now=now,
        signature=signature or Signature(),
        check=_may_complete,
        seen_rev=seen_rev,
    )


def return_case(
    *,
    task_id: uuid.UUID,
    answers: Mapping[str, Any],
    signature: Signature | None = None,
    by: Viewer,
    now: datetime,
) -> Moved:
    """*Trả lại bổ sung* as the signer's own act: reasons per criterion and a new due date.

    `answers`: {"reason", "criteria_reasons": {criterion: reason}, "due_on"}.
    """
    return complete(
        task_id=task_id,
        answers={**answers, "action": "return"},
        by=by,
        now=now,
        signature=signature or Signature(),
        check=_may_return,
    )


def _may_sign_prepared(row: AnyRow, viewer: Viewer, _bundle: Procedure) -> Seat:
    seat = _signing_seat(row, viewer)
    refuse_rounds_own(row)
    if row.task_stage != SIGNING:
        raise WrongState(_("Việc này chưa được trình ký."))
    if row.task_prepared_by == viewer.id:
        raise NotAllowed(_("Người soạn không tự ký; việc này phải do một lãnh đạo khác ký."))
    return seat


def _may_complete(row: AnyRow, viewer: Viewer, _bundle: Procedure) -> Seat:
    refuse_rounds_own(row)
    if row.task_signer == "leader":
        raise WrongState(_("Bước này phải trình lãnh đạo ký."))
    if row.task_owner_id not in (None, viewer.id):
        raise TaskTaken()
    return _signing_seat(row, viewer)


def _may_return(row: AnyRow, viewer: Viewer, bundle: Procedure) -> Seat:
    form = bundle.form_of(row.task_element)
    if (
        row.task_completed_by_round
        or form is None
        or "return" not in {action.name for action in form.actions}
    ):
        raise WrongState(_("Bước này không trả lại hồ sơ được."))
    return _signing_seat(row, viewer)


def _signing_seat(row: AnyRow, viewer: Viewer) -> Seat:
    seat = viewer.seat_for_signing(row.task_group, row.task_unit_id, row.task_signer)
    if seat is None:
        raise NotAllowed(_("Việc này do người khác ký: ông/bà không giữ vị trí ký ở bước này."))
    return seat


def _store_draft(
    connection: Connection,
    row: AnyRow,
    answers: Mapping[str, Any],
    by: Viewer,
    now: datetime,
) -> None:
    """For who hands up: nobody answers for what a colleague wrote and they have not seen."""
    try:
        store_typed(connection, row, Typed(answers, row.draft_rev or 0), by=by.id, now=now)
    except DraftMoved:
        raise DraftChanged() from None


def _for_preparing(
    connection: Connection, task_id: uuid.UUID, by: Viewer, now: datetime
) -> tuple[AnyRow, Seat]:
    """For who holds the task, or may have it by beginning."""
    row, seat, _rows = for_filling_in(connection, task_id, by, now)
    if row.task_owner_id not in (None, by.id):
        raise TaskTaken()
    return row, seat


def current_rev(task_id: uuid.UUID) -> int:
    """The draft's rev, 0 where nothing has been saved."""
    return db.session.execute(select(Draft.rev).where(Draft.task_id == task_id)).scalar_one_or_none() or 0
