"""Tasks: what goes in, what comes out."""

from __future__ import annotations

from marshmallow import Schema, fields

from service.api.fields import Choice, Day, Flag, Id, Input, Object, Part, Text, Whole
from service.api.schemas import Page, PageQuery, SignatureInput, told
from service.tasks.handling import LONGEST_NOTE
from service.tasks.wanted import FLAGS, HOLDERS, SORTS, TABS

ANSWERS_EXAMPLE = {
    "action": "complete",
    "criteria": {"2.6": {"raw": "54,4%", "decision": None, "reason": "", "evidence": []}},
    "report_summary": "Kết quả chuyển đổi số năm 2023 của phường.",
}


class TaskQuery(PageQuery):
    tab = Choice(*TABS, load_default="open", metadata=told("Which part of the worklist.", "open"))
    search = Text(
        longest=200,
        load_default="",
        metadata=told("Commune, code, step or words of its content, diacritics ignored."),
    )
    year = Whole(
        least=2000,
        most=2999,
        in_query=True,
        load_default=None,
        metadata=told("Only this year's cases.", 2023),
    )
    district = Id(load_default=None, metadata=told("Only cases of this district (its id)."))
    element = Text(longest=100, load_default="", metadata=told("Only this step.", "district_appraise"))
    mine = Flag(load_default=False, metadata=told("Only what you have claimed."))
    holder = Choice(
        "",
        *HOLDERS,
        load_default="",
        metadata=told(
            "mine, unassigned, handed: put into your hands by a colleague, or rows: some rows are yours.",
            "unassigned",
        ),
    )
    flag = Choice(
        "",
        *FLAGS,
        load_default="",
        metadata=told("Only returned ones, ones that wait for a signature, urgent ones, …", "urgent"),
    )
    sort = Choice(*SORTS, load_default="due", metadata=told("The order of the list.", "due"))


class TaskSummary(Schema):
    """A line of *Việc cần xử lý*."""

    id = fields.UUID()
    case_id = fields.UUID()
    code = fields.String(metadata=told("The case's code.", "CN-2023-000123"))
    year = fields.Integer()
    commune = fields.String()
    basis = fields.String()
    element = fields.String(metadata=told("Id of the step in the diagram.", "self_assess"))
    name = fields.String(metadata=told("Name of the step."))
    group = fields.String(metadata=told("commune | district | province_member | department | chairman"))
    state = fields.String(metadata=told("ready | reserved | completed | exited", "ready"))
    stage = fields.String(metadata=told("preparing | signing", "preparing"))
    signer = fields.String(metadata=told("Whose act completes it: none | leader | member | chairman."))
    completed_by_round = fields.Boolean(metadata=told("Completed by a round's act, not one by one."))
    returned = fields.Boolean(metadata=told("The case was returned to this step."))
    note = fields.String(metadata=told("Why the officer has it again."))
    owner_name = fields.String(allow_none=True)
    delegated_by = fields.UUID(
        allow_none=True, metadata=told("Who asked the owner to work on it for a while, and gets it back.")
    )
    priority = fields.Integer(metadata=told("WS-HumanTask: 5 is the usual, 2 urgent.", 5))
    follow_up_on = fields.Date(
        allow_none=True, metadata=told("When to look at it again; no deadline.", "2023-11-27")
    )
    received_at = fields.AwareDateTime()
    due_on = fields.Date(allow_none=True)
    due_reason = fields.String(
        metadata=told("Why that day, in a line.", "trước ngày 04/12/2023 (Công văn …)")
    )
    due_why = fields.String(
        metadata=told(
            "Why in full: from which day, which days were not counted and by what, days used before."
        )
    )
    completed_at = fields.AwareDateTime(allow_none=True)


class TaskPage(Page):
    items = fields.List(fields.Nested(TaskSummary))


class FormReference(Schema):
    key = fields.String(metadata=told("Form definition; read it at `href`.", "self_assess"))
    title = fields.String()
    href = fields.String(metadata=told("", "/api/v1/processes/recognition/versions/1/forms/self_assess"))
    actions = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata=told("Name and label of each.")
    )


class DraftOutput(Schema):
    rev = fields.Integer(metadata=told("Send it back with the next save; 0 where nothing is saved yet."))
    answers = fields.Dict()
    saved_at = fields.AwareDateTime(allow_none=True)


class ReturnOutput(Schema):
    """The return that opened this task."""

    element = fields.String(metadata=told("The step that returned the case.", "district_appraise"))
    reason = fields.String()
    criteria_reasons = fields.Dict(keys=fields.String(), values=fields.String())
    due_on = fields.String(allow_none=True)
    at = fields.AwareDateTime()


class TaskOutput(TaskSummary):
    """A task with everything needed to work on it."""

    ref = fields.String(metadata=told("Step and occurrence.", "self_assess:2"))
    form = fields.Nested(FormReference, allow_none=True)
    allowed_actions = fields.List(
        fields.String(),
        metadata=told("What you may do now.", ["claim", "save_draft", "submit_for_signature"]),
    )
    draft = fields.Nested(
        DraftOutput, allow_none=True, metadata=told("For those who prepare or sign; else null.")
    )
    former_answers = fields.Dict(
        allow_none=True, metadata=told("What this step handed over the last time, to start from.")
    )
    return_reasons = fields.Nested(ReturnOutput, allow_none=True)


class DraftInput(Input):
    rev = Whole(required=True, metadata=told("The draft's `rev` that you started from; 0 for none.", 0))
    answers = Object(required=True, metadata=told("See the task's form.", ANSWERS_EXAMPLE))


class DraftSaved(Schema):
    rev = fields.Integer(metadata=told("The draft's new rev.", 1))


class SubmitInput(Input):
    answers = Object(
        load_default=None, allow_none=True, metadata=told("None: what was saved as draft.", ANSWERS_EXAMPLE)
    )
    rev = Whole(
        load_default=None, allow_none=True, metadata=told("With `answers`: the rev you started from.")
    )


class SignedInput(Input):
    signature = Part(SignatureInput, load_default=None, allow_none=True)


class SignInput(SignedInput):
    rev = Whole(
        load_default=None,
        allow_none=True,
        metadata=told(
            "The `rev` of the draft you have read: `draft-changed` when it is no longer that one.", 1
        ),
    )


class CompleteInput(SignInput):
    answers = Object(
        load_default=None, allow_none=True, metadata=told("None: what was saved as draft.", ANSWERS_EXAMPLE)
    )


class ReturnInput(SignedInput):
    reason = Text(longest=10_000, load_default="", metadata=told("Why the dossier goes back."))
    criteria_reasons = Object(
        load_default=dict, metadata=told("By criterion.", {"2.6": "Thiếu minh chứng kỳ báo cáo."})
    )
    due_on = Day(load_default=None, allow_none=True, metadata=told("The new last day.", "2023-12-05"))


NOTE = Text(
    longest=LONGEST_NOTE,
    load_default="",
    metadata=told("A word for who gets it; read on the task's page, within its unit only."),
)


class ToInput(Input):
    to = Id(required=True, metadata=told("The colleague's id; see `colleagues`."))
    note = NOTE


class NoteInput(Input):
    note = NOTE


class PriorityInput(Input):
    priority = Whole(least=0, most=10, required=True, metadata=told("5 usual, 2 urgent.", 2))


class FollowUpInput(Input):
    day = Day(required=True, allow_none=True, metadata=told("From today on; null for none.", "2023-11-27"))


class ColleagueOutput(Schema):
    id = fields.UUID()
    name = fields.String()
    title = fields.String(metadata=told("The seat from which this person would work on it."))


class ColleagueList(Schema):
    items = fields.List(fields.Nested(ColleagueOutput))


class MovedCase(Schema):
    id = fields.UUID()
    code = fields.String()
    status = fields.String()
    outcome = fields.String(allow_none=True)


class OpenedOutput(Schema):
    element = fields.String()
    name = fields.String()


class MovedOutput(Schema):
    """Where the act has moved the case."""

    task_id = fields.UUID()
    case = fields.Nested(MovedCase)
    opened = fields.List(fields.Nested(OpenedOutput), metadata=told("Steps that are open because of it."))
