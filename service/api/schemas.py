"""Schemas that every noun uses: pages, problems, units, signatures."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from service.api.fields import Choice, Day, Input, Text, Whole

CAPACITIES = ("", "TM.", "KT.", "TL.", "TUQ.")
LARGEST_PAGE = 200


def told(description: str, example: Any = None, **more: Any) -> dict[str, Any]:
    """Metadata of a field for the OpenAPI document."""
    return {"description": description, **({"example": example} if example is not None else {}), **more}


class ProblemField(Schema):
    field = fields.String(metadata=told("Path of the field.", "answers.criteria.2.6.raw"))
    messages = fields.List(fields.String(), metadata=told("What is wrong, in Vietnamese."))


class Problem(Schema):
    """RFC 9457 problem document."""

    type = fields.String(
        metadata=told("Stable reference of the kind of problem.", "/api/v1/problems/task-not-open")
    )
    title = fields.String()
    status = fields.Integer(metadata=told("The HTTP status.", 409))
    code = fields.String(metadata=told("Stable code for programs.", "task-not-open"))
    detail = fields.String(metadata=told("What happened and what to do next, in Vietnamese."))
    errors = fields.List(fields.Nested(ProblemField), metadata=told("Bad input: the fields concerned."))
    incident = fields.String(metadata=told("Unexpected errors: the id under which it was logged."))


class PageQuery(Input):
    cursor = Text(
        longest=300, load_default=None, metadata=told("`next_cursor` of the page before; none for the first.")
    )
    size = Whole(
        least=1, most=LARGEST_PAGE, in_query=True, load_default=50, metadata=told("Items per page.", 50)
    )


class Page(Schema):
    next_cursor = fields.String(allow_none=True, metadata=told("Null on the last page."))


class AfterQuery(Input):
    after = Whole(in_query=True, load_default=0, metadata=told("Only what follows this `seq`.", 0))
    size = Whole(
        least=1, most=LARGEST_PAGE, in_query=True, load_default=100, metadata=told("At most so many.")
    )


class Reason(Input):
    reason = Text(longest=2000, required=True, metadata=told("Why, with its legal basis where there is one."))


class SignatureInput(Input):
    """How the signer signs. Number and date may come later, from the clerk; without `number` they are those
    that the officer wrote into the form of what is signed."""

    number = Text(longest=60, load_default=None, metadata=told("Number and symbol.", "145/BC-UBND"))
    issued_on = Day(load_default=None, allow_none=True, metadata=told("Date of issue.", "2023-12-01"))
    capacity = Choice(
        *CAPACITIES,
        load_default=None,
        allow_none=True,
        metadata=told("Default: that of the signer's seat.", "KT."),
    )


class Reference(Schema):
    """A thing by its id and name."""

    id = fields.UUID()
    name = fields.String()


class SignedCopyOutput(Schema):
    """The signed PDF that came back from the document system."""

    name = fields.String(metadata=told("File name.", "bao-cao-da-ky.pdf"))
    size = fields.Integer(metadata=told("Bytes."))
    sha256 = fields.String()
    filed_at = fields.AwareDateTime()


class DocumentOutput(Schema):
    """A signed document: number, date, signer and capacity."""

    id = fields.UUID()
    title = fields.String(metadata=told("What was signed.", "Báo cáo tự đánh giá"))
    number = fields.String(metadata=told("Empty until the clerk has given it.", "145/BC-UBND"))
    issued_on = fields.Date(allow_none=True)
    signer_name = fields.String()
    signer_title = fields.String()
    capacity = fields.String(metadata=told("TM., KT., TL., TUQ. or empty.", "KT."))
    signed_at = fields.AwareDateTime()
    for_round = fields.Boolean(metadata=told("A Tờ trình or Decision given once for many cases."))
    signed_copy = fields.Nested(
        SignedCopyOutput,
        allow_none=True,
        metadata=told("Null until it came back, or while it must not be read yet."),
    )


class NumberInput(Input):
    number = Text(longest=60, shortest=1, required=True, metadata=told("Number and symbol.", "145/BC-UBND"))
    issued_on = Day(required=True, metadata=told("Date of issue.", "2023-12-01"))


class IdOutput(Schema):
    id = fields.UUID()


PROBLEM_STATUSES = {
    400: "Not JSON, or not valid UTF-8 (`not-json`).",
    401: "No valid token or session (`not-logged-in`).",
    403: "Seen, but not allowed (`not-allowed`, `separation-of-duties`).",
    404: "Does not exist, or may not be seen (`not-found`).",
    409: "Not in this state (`task-not-open`, `task-taken`, `draft-changed`, `case-exists`, `wrong-state`…).",
    413: "Too large (`too-large`).",
    415: "Not the media type expected (`unsupported-media-type`, `unsupported-file`).",
    422: "Bad input, fields named (`bad-input`, `idempotency-key-reused`, …).",
    429: "Too many requests (`too-many-requests`).",
    503: "A passing shortage, nothing was changed (`busy`, `storage-full`); see `Retry-After`.",
}
