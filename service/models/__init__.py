"""The tables. Models know their own rules; sessions, the web and time of day are not their business."""

from service.models.cases import Case, Draft, Submission, Task, TaskState, Timer
from service.models.dossiers import Document, EvidenceFile
from service.models.log import Event, EventPrivatePart, StreamHead
from service.models.outbox import IdempotencyKey, OutboxRow
from service.models.people import (
    ApiToken,
    Appointment,
    LoginSession,
    MemberAssignment,
    Position,
    Role,
    User,
)
from service.models.procedures import ProcessVersion
from service.models.reference import Counter, Deadline, IndexSet, ProcedureDepartment, Quota, Setting
from service.models.rounds import Round, RoundAct, RoundDelivery, RoundItem
from service.models.units import Unit, UnitKind, UnitSuccession

__all__ = [
    "ApiToken",
    "Appointment",
    "Case",
    "Counter",
    "Deadline",
    "Document",
    "Draft",
    "Event",
    "EventPrivatePart",
    "EvidenceFile",
    "IdempotencyKey",
    "IndexSet",
    "LoginSession",
    "MemberAssignment",
    "OutboxRow",
    "Position",
    "ProcedureDepartment",
    "ProcessVersion",
    "Quota",
    "Role",
    "Round",
    "RoundAct",
    "RoundDelivery",
    "RoundItem",
    "Setting",
    "StreamHead",
    "Submission",
    "Task",
    "TaskState",
    "Timer",
    "Unit",
    "UnitKind",
    "UnitSuccession",
    "User",
]
