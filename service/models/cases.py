"""Cases and what they consist of: state, human tasks, drafts, submissions, timers."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database import Base
from service.models.units import Unit


class TaskState(StrEnum):
    """WS-HumanTask's words. Signing is a stage within a task, not a state of it."""

    READY = "ready"
    RESERVED = "reserved"
    COMPLETED = "completed"
    EXITED = "exited"


OPEN_STATES = (TaskState.READY.value, TaskState.RESERVED.value)
# Of open tasks: those that a former level, or the leader, gave back.
SENT_BACK = "state IN ('ready', 'reserved') AND (returned OR (stage = 'preparing' AND note <> ''))"


class Case(Base):
    """One dossier on its way. `rev` counts commands; `state` is the engine's slim state."""

    __tablename__ = "case_file"
    __table_args__ = (
        UniqueConstraint("procedure", "commune_id", "year", name="one_case_per_commune_and_year"),
        # The worklist's filters ask this first; none of it ever changes.
        Index("ix_case_file_commune", "commune_id", "year", "district_id", "code", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    procedure: Mapped[str] = mapped_column(String(100))
    process_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_version.id"))
    commune_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    district_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    province_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    year: Mapped[int]
    # assigned: by QĐ 969; registered: of the commune's own will.
    basis: Mapped[str] = mapped_column(String(12))
    basis_source: Mapped[str] = mapped_column(String(300), default="")
    rev: Mapped[int] = mapped_column(default=0)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    # open | finished | stuck
    status: Mapped[str] = mapped_column(String(10), default="open", index=True)
    outcome: Mapped[str | None] = mapped_column(String(100))
    active: Mapped[list[Any]]
    awaited: Mapped[list[Any]]
    variables: Mapped[dict[str, Any]]
    # {step: [ids of those who prepared or signed it]}, so that nobody acts at two levels of one case.
    acts: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime]
    last_hash: Mapped[bytes] = mapped_column(LargeBinary(32))

    commune: Mapped[Unit] = relationship(foreign_keys=[commune_id])
    district: Mapped[Unit | None] = relationship(foreign_keys=[district_id])


class Task(Base):
    """A human task on somebody's worklist. It belongs to (group, unit); acts keep the person.

    `stage` is *preparing* until an officer submits it for signature, then *signing*.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("case_id", "ref"),
        # The worklist's question: what is open for this group of this unit, by due date. The columns after
        # the id are there to be read: who acts in fifty units filters and sorts ten thousand rows by them.
        Index(
            "ix_task_open_worklist",
            "group",
            "unit_id",
            "due_on",
            "id",
            "state",
            "received_at",
            "priority",
            "follow_up_on",
            "stage",
            "owner_id",
            "completed_by_round",
            "element",
            "case_id",
            sqlite_where=text("state IN ('ready', 'reserved')"),
            postgresql_where=text("state IN ('ready', 'reserved')"),
        ),
        Index(
            "ix_task_sent_back",
            "group",
            "unit_id",
            "due_on",
            "id",
            sqlite_where=text(SENT_BACK),
            postgresql_where=text(SENT_BACK),
        ),
        Index(
            "ix_task_done_worklist",
            "group",
            "unit_id",
            "completed_at",
            "id",
            "state",
            "received_at",
            "element",
            "case_id",
            sqlite_where=text("state = 'completed'"),
            postgresql_where=text("state = 'completed'"),
        ),
        # What somebody holds just now.
        Index(
            "ix_task_owner",
            "owner_id",
            sqlite_where=text("state IN ('ready', 'reserved')"),
            postgresql_where=text("state IN ('ready', 'reserved')"),
        ),
        Index("ix_task_case", "case_id", "state"),
        # The announcer's question: about which open tasks must somebody be told by now.
        Index(
            "ix_task_attention",
            "attention_at",
            sqlite_where=text("attention_at IS NOT NULL AND state IN ('ready', 'reserved')"),
            postgresql_where=text("attention_at IS NOT NULL AND state IN ('ready', 'reserved')"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"))
    ref: Mapped[str] = mapped_column(String(120))
    element: Mapped[str] = mapped_column(String(100))
    occurrence: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    group: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    form_key: Mapped[str | None] = mapped_column(String(100))
    # none | leader | member | chairman: whose act completes the task.
    signer: Mapped[str] = mapped_column(String(20), default="none")
    completed_by_round: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12), default=TaskState.READY.value)
    stage: Mapped[str] = mapped_column(String(12), default="preparing")
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    # Who had it before handing it to the owner for a while (WS-HumanTask: delegate), and gets it back.
    delegated_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    # WS-HumanTask: 0 is the most pressing, 5 the usual.
    priority: Mapped[int] = mapped_column(default=5, server_default="5")
    # A day chosen by those who work on it, to look at it again; changes no deadline.
    follow_up_on: Mapped[date | None]
    prepared_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    # Why the leader gave it back to the officer; why a case came back stands in the return itself.
    note: Mapped[str] = mapped_column(Text, default="")
    returned: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime]
    due_on: Mapped[date | None]
    # In one line for lists; `due_why` derives it in full: which days were counted, which not, since when.
    due_reason: Mapped[str] = mapped_column(String(300), default="")
    due_why: Mapped[str] = mapped_column(Text, default="", server_default="")
    # When somebody must next be told about it: at once when it opens, then before and after its due date.
    attention_at: Mapped[datetime | None]
    # What of: opened | signing | sent_back | planned (what its due date plans).
    attention_why: Mapped[str] = mapped_column(String(10), server_default="opened")
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))

    case: Mapped[Case] = relationship()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class Draft(Base):
    """What has been typed into an open task. `rev` lets two people notice each other."""

    __tablename__ = "draft"

    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    rev: Mapped[int]
    answers: Mapped[dict[str, Any]]
    saved_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    saved_at: Mapped[datetime]
    # {path of a field: [rev at which it last changed, by whom, seconds since 1970]}: see draft_fields.
    changed_at: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class RowAssignment(Base):
    """Which colleague looks after a row of an open task's criteria table; they may fill in that row."""

    __tablename__ = "row_assignment"

    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(String(10), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    assigned_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    assigned_at: Mapped[datetime]


class Submission(Base):
    """What a completed task handed over: immutable, hashed. `content` is canonical JSON."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    seq: Mapped[int]
    element: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(30))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    digest: Mapped[str] = mapped_column(String(64))
    prepared_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    signed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]


class Timer(Base):
    """A BPMN timer as a row found by its due time. Redis may wake, this decides.

    `set_at` is the moment its due time was computed from; one whose firing failed rests until `retry_at`.
    """

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("case_id", "ref"), Index("ix_timer_due", "state", "due_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"))
    ref: Mapped[str] = mapped_column(String(120))
    element: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[datetime]
    # set | fired | cleared
    state: Mapped[str] = mapped_column(String(10), default="set")
    set_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="", server_default="")
