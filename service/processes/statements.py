"""The statements by which a case moves, put together once.

SQLAlchemy takes five to ten times as long to put such a statement together as SQLite takes to run it, and
every act on a case runs all of these. Parameters named `of_…` and `seen_…` say which row; the others are
columns' new values.
"""

from __future__ import annotations

from sqlalchemy import bindparam, insert, or_, select, update

from service.database import table_of
from service.models import Case, Document, OutboxRow, Submission, Task, Timer
from service.models.cases import OPEN_STATES

CASE, TASK, TIMER, OUTBOX = table_of(Case), table_of(Task), table_of(Timer), table_of(OutboxRow)

CASE_COLUMNS = (
    Case.id,
    Case.code,
    Case.procedure,
    Case.process_version_id,
    Case.commune_id,
    Case.district_id,
    Case.department_id,
    Case.province_id,
    Case.year,
    Case.rev,
    Case.state,
    Case.status,
    Case.acts,
    Case.last_event_at,
    Case.last_hash,
)

READ_CASE = select(*CASE_COLUMNS).where(Case.id == bindparam("of_case"))
READ_HEAD = (
    select(CASE.c.id, CASE.c.rev, CASE.c.last_hash, CASE.c.last_event_at)
    .where(CASE.c.id == bindparam("of_case"))
    .with_for_update(key_share=True)  # whoever adds a row that names the case need not wait
)

_GUARDED_CASE = update(CASE).where(CASE.c.id == bindparam("of_case"), CASE.c.rev == bindparam("seen_rev"))
MOVE_HEAD = _GUARDED_CASE.values({name: bindparam(name) for name in ("rev", "last_hash", "last_event_at")})
MOVE_CASE = _GUARDED_CASE.values(
    {
        name: bindparam(name)
        for name in (
            "rev",
            "state",
            "status",
            "outcome",
            "active",
            "awaited",
            "variables",
            "acts",
            "finished_at",
            "last_event_at",
            "last_hash",
        )
    }
)

ADD_TASK = insert(TASK)
CLOSE_TASK = (
    update(TASK)
    .where(TASK.c.id == bindparam("of_task"), or_(*(TASK.c.state == state for state in OPEN_STATES)))
    .values({name: bindparam(name) for name in ("state", "completed_at", "completed_by")})
)
WITHDRAW_TASK = (
    update(TASK)
    .where(TASK.c.case_id == bindparam("of_case"), TASK.c.ref == bindparam("of_ref"))
    .values(state=bindparam("state"), completed_at=bindparam("completed_at"))
)

ADD_TIMER = insert(TIMER)
CLEAR_TIMER = (
    update(TIMER)
    .where(
        TIMER.c.case_id == bindparam("of_case"), TIMER.c.ref == bindparam("of_ref"), TIMER.c.state == "set"
    )
    .values(state="cleared")
)
MOVE_TIMER = (
    update(TIMER)
    .where(
        TIMER.c.case_id == bindparam("of_case"), TIMER.c.ref == bindparam("of_ref"), TIMER.c.state == "set"
    )
    .values(due_at=bindparam("due_at"))
)

ADD_SUBMISSION = insert(table_of(Submission))
ADD_DOCUMENT = insert(table_of(Document))
ADD_OUTBOX_ROW = insert(OUTBOX).inline()
FIRE_TIMER = (
    update(TIMER).where(TIMER.c.id == bindparam("of_timer"), TIMER.c.state == "set").values(state="fired")
)
# Work that nobody waits for any more is not begun, nor does it stand among what failed.
DROP_JOB = (
    update(OUTBOX)
    .where(
        OUTBOX.c.dedup_key == bindparam("of_dedup_key"),
        or_(OUTBOX.c.state == "waiting", OUTBOX.c.state == "dead"),
    )
    .values(state="dropped")
)

# Each of their rows is there as it was read, or somebody else was faster.
GUARDED = frozenset({MOVE_CASE, CLOSE_TASK, FIRE_TIMER})
