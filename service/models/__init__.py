"""The tables. Models know their own rules; sessions, the web and time of day are not their business."""

from service.models.cases import Case, Draft, RowAssignment, Submission, Task, TaskState, Timer
from service.models.comments import Comment, SavedFilter, SavedQuestion
from service.models.dossiers import Document, EvidenceFile, Upload
from service.models.log import Event, EventPrivatePart, StreamHead
from service.models.messages import Message
from service.models.notifications import Notification, NotificationPreference, Webhook
from service.models.outbox import IdempotencyKey, OutboxRow, ProcessBeat
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
from service.models.reference import (
    CalendarDay,
    CalendarYear,
    Counter,
    Deadline,
    IndexSet,
    ProcedureDepartment,
    Quota,
    Setting,
)
from service.models.retention import (
    ArchiveTransfer,
    Erasure,
    ErasureCase,
    ErasureSlip,
    ErasureState,
    LegalHold,
    RecordKind,
    RetentionRule,
    TransferredCase,
)
from service.models.rounds import Round, RoundAct, RoundDelivery, RoundItem
from service.models.studio import DraftState, ProcessDraft, ProcessScenario
from service.models.tree import LogCheckpoint, LogCosignature, LogKey, LogLeaf, LogNode
from service.models.units import Unit, UnitKind, UnitSuccession

__all__ = [
    "ApiToken",
    "Appointment",
    "ArchiveTransfer",
    "CalendarDay",
    "CalendarYear",
    "Case",
    "Comment",
    "Counter",
    "Deadline",
    "Document",
    "Draft",
    "DraftState",
    "Erasure",
    "ErasureCase",
    "ErasureSlip",
    "ErasureState",
    "Event",
    "EventPrivatePart",
    "EvidenceFile",
    "IdempotencyKey",
    "IndexSet",
    "LegalHold",
    "LogCheckpoint",
    "LogCosignature",
    "LogKey",
    "LogLeaf",
    "LogNode",
    "LoginSession",
    "MemberAssignment",
    "Message",
    "Notification",
    "NotificationPreference",
    "OutboxRow",
    "Position",
    "ProcedureDepartment",
    "ProcessBeat",
    "ProcessDraft",
    "ProcessScenario",
    "ProcessVersion",
    "Quota",
    "RecordKind",
    "RetentionRule",
    "Role",
    "Round",
    "RoundAct",
    "RoundDelivery",
    "RoundItem",
    "RowAssignment",
    "SavedFilter",
    "SavedQuestion",
    "Setting",
    "StreamHead",
    "Submission",
    "Task",
    "TaskState",
    "Timer",
    "TransferredCase",
    "Unit",
    "UnitKind",
    "UnitSuccession",
    "Upload",
    "User",
    "Webhook",
]
