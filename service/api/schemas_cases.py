"""Cases: what goes in, what comes out."""

from __future__ import annotations

from marshmallow import Schema, fields

from service.api.fields import Choice, Day, Id, Input, Text, Whole
from service.api.schemas import DocumentOutput, Page, PageQuery, Reason, Reference, told

STATUSES = ("open", "finished", "stuck")


class CaseQuery(PageQuery):
    year = Whole(in_query=True, load_default=None, metadata=told("The year assessed.", 2023))
    status = Choice("", *STATUSES, load_default="", metadata=told("Only cases in this status.", "open"))
    search = Text(
        longest=200, load_default="", metadata=told("Commune or code, diacritics ignored.", "minh hoa")
    )


class OpenCaseInput(Input):
    commune_id = Id(required=True, metadata=told("The commune; see GET /communes."))
    year = Whole(least=1900, most=9999, required=True, metadata=told("The year assessed.", 2023))


class WaiverInput(Reason):
    """The Chairman's document that lets a case go on without the member's opinion."""

    number = Text(longest=60, shortest=1, required=True, metadata=told("Number and symbol.", "15/UBND-CNTT"))
    issued_on = Day(required=True, metadata=told("Its date, not after today.", "2023-11-20"))


class CaseSummary(Schema):
    """A case in a list."""

    id = fields.UUID()
    code = fields.String(metadata=told("Public code.", "CN-2023-000123"))
    year = fields.Integer(metadata=told("The year assessed.", 2023))
    commune = fields.String(metadata=told("Name of the commune.", "phường Minh Họa"))
    basis = fields.String(metadata=told("assigned (QĐ 969) | registered", "assigned"))
    status = fields.String(metadata=told("open | finished | stuck", "open"))
    outcome = fields.String(allow_none=True, metadata=told("End event once finished.", "commune_recognised"))
    active = fields.List(
        fields.String(), metadata=told("Diagram elements that hold a token.", ["self_assess"])
    )
    opened_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    last_event_at = fields.AwareDateTime()


class CasePage(Page):
    items = fields.List(fields.Nested(CaseSummary))


class HolderOutput(Schema):
    """Who has the case now (*hồ sơ đang ở*)."""

    task_id = fields.UUID()
    element = fields.String(metadata=told("Id in the diagram.", "district_appraise"))
    step = fields.String(metadata=told("Its name.", "Thẩm định, đánh giá, gửi lấy ý kiến"))
    unit = fields.String(metadata=told("Who holds it.", "UBND thị xã Bỉm Sơn"))
    stage = fields.String(metadata=told("preparing | signing"))
    due_on = fields.Date(allow_none=True)
    due_reason = fields.String(metadata=told("Why that day, in a line."))
    due_why = fields.String(metadata=told("Why in full, line by line."))


class StepOutput(Schema):
    element = fields.String()
    name = fields.String()
    lane = fields.String()
    state = fields.String(metadata=told("done | now | former (done before the dossier went back) | ahead"))
    at = fields.AwareDateTime(allow_none=True, metadata=told("When it was last completed."))


class ProcedureReference(Schema):
    key = fields.String(metadata=told("Process id.", "recognition"))
    version = fields.Integer(metadata=told("Version the case runs on.", 1))


class CaseOutput(Schema):
    """A case: where it stands, who holds it, what it has passed."""

    id = fields.UUID()
    code = fields.String(metadata=told("Public code.", "CN-2023-000123"))
    year = fields.Integer(metadata=told("The year assessed.", 2023))
    commune = fields.Nested(Reference)
    district = fields.Nested(Reference, allow_none=True)
    basis = fields.String()
    basis_source = fields.String(metadata=told("The document that assigns the commune to the year."))
    procedure = fields.Nested(ProcedureReference)
    status = fields.String()
    outcome = fields.String(allow_none=True)
    rev = fields.Integer(metadata=told("Number of the last command."))
    active = fields.List(fields.String())
    awaited = fields.List(fields.String(), metadata=told("Messages that the case would accept now."))
    opened_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    last_event_at = fields.AwareDateTime()
    holders = fields.List(fields.Nested(HolderOutput))
    steps = fields.List(fields.Nested(StepOutput))


class EventOutput(Schema):
    """One event of the append-only log."""

    seq = fields.Integer()
    type = fields.String(metadata=told("Subject and past tense.", "task_completed"))
    at = fields.AwareDateTime()
    actor_id = fields.UUID(allow_none=True, metadata=told("Null: the system itself."))
    data = fields.Dict(metadata=told("What was recorded; depends on the type."))
    digests = fields.Dict(metadata=told("Salted digests of parts that lie beside the log."))
    hash = fields.String(metadata=told("SHA-256 over this event and the hash before it."))


class EventPage(Schema):
    items = fields.List(fields.Nested(EventOutput))
    next_after = fields.Integer(allow_none=True, metadata=told("Ask with `after=` this; null at the end."))


class TimelineEntry(Schema):
    """One line of *quá trình xử lý*."""

    seq = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.String()
    sentence = fields.String()
    details = fields.List(fields.String(), metadata=told("Reasons and gateways, in words."))
    kind = fields.String()


class TimelinePage(Schema):
    items = fields.List(fields.Nested(TimelineEntry))
    next_after = fields.Integer(allow_none=True)


class LevelValueOutput(Schema):
    raw = fields.String(metadata=told("As it was written.", "54,4%"))
    verdict = fields.String(
        metadata=told("met | not_met | undecided | missing | not_applicable | not_assessed")
    )
    why = fields.String(metadata=told("The verdict in a sentence.", "54,4% < 55%: chưa đạt"))
    decision = fields.String(allow_none=True, metadata=told("A person's decision, where one was taken."))
    reason = fields.String()
    difficulty = fields.String()
    evidence = fields.List(fields.String(), metadata=told("Ids of files."))
    current = fields.Boolean(metadata=told("False: superseded by a return; kept for the record."))


class CriterionOutput(Schema):
    """One row of Phụ lục 01 with the value of each level, by the step that gave it."""

    id = fields.String(metadata=told("Criterion; text, since 1.10 is not 1.1.", "2.6"))
    group = fields.String()
    name = fields.String()
    target = fields.String(metadata=told("What must be reached in the year.", "55%"))
    assessed = fields.Boolean(metadata=told("False: not assessed in this year."))
    differs = fields.Boolean(metadata=told("Levels came to different verdicts."))
    values = fields.Dict(keys=fields.String(), values=fields.Nested(LevelValueOutput))


class CriteriaOutput(Schema):
    year = fields.Integer()
    hidden = fields.List(
        fields.String(), metadata=told("Steps whose values this person must not see yet (independence).")
    )
    stale_opinions = fields.List(
        fields.String(), metadata=told("Criteria whose value or evidence changed since the member read it.")
    )
    criteria = fields.List(fields.Nested(CriterionOutput))


class FileOutput(Schema):
    id = fields.UUID()
    case_id = fields.UUID()
    task_id = fields.UUID()
    criterion = fields.String(allow_none=True, metadata=told("Null: for the dossier as a whole.", "2.6"))
    name = fields.String(metadata=told("File name.", "bao-cao.pdf"))
    media_type = fields.String(metadata=told("By content, not by name.", "application/pdf"))
    size = fields.Integer(metadata=told("Bytes."))
    sha256 = fields.String()
    uploaded_at = fields.AwareDateTime()
    replaces_id = fields.UUID(allow_none=True, metadata=told("The earlier file whose place it took."))


class FileList(Schema):
    items = fields.List(fields.Nested(FileOutput))


class DocumentList(Schema):
    items = fields.List(fields.Nested(DocumentOutput))


class CommuneQuery(Input):
    year = Whole(
        least=1900, most=9999, in_query=True, required=True, metadata=told("The year to be assessed.", 2023)
    )


class CommuneOutput(Schema):
    id = fields.UUID()
    name = fields.String()
    assigned = fields.Boolean(metadata=told("On the year's list (QĐ 969)."))
    case_id = fields.UUID(allow_none=True, metadata=told("Its case of the year, if there is one."))


class CommuneList(Schema):
    items = fields.List(fields.Nested(CommuneOutput))
