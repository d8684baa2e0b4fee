"""/cases/…/comments: what the people of a case say to each other about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import Choice, Input, Text
from service.api.schemas import Page, PageQuery, told
from service.cases.queries import read_case
from service.comments.operations import LONGEST_BODY, add_comment, withdraw_comment
from service.comments.queries import list_comments
from service.comments.rights import AUDIENCES, TO_CASE
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.idempotency import idempotent

bp = ApiBlueprint("comments", "Trao đổi về hồ sơ, về từng chỉ tiêu.")


class CommentQuery(PageQuery):
    criterion = Text(longest=10, load_default=None, metadata=told("Only those about it.", "2.6"))


class CommentInput(Input):
    body = Text(longest=LONGEST_BODY, shortest=1, required=True, metadata=told("What is said; plain text."))
    criterion = Text(
        longest=10,
        load_default=None,
        allow_none=True,
        metadata=told("The criterion that it is about; none: the case as a whole.", "2.6"),
    )
    audience = Choice(
        *AUDIENCES,
        load_default=TO_CASE,
        metadata=told("case: whoever sees the case | unit: those of the author's unit only."),
    )


class CommentOutput(Schema):
    """One comment. It is never changed; its author may withdraw it, which leaves `body` empty."""

    id = fields.UUID()
    criterion = fields.String(allow_none=True)
    author = fields.String(metadata=told("Who said it."))
    title = fields.String(metadata=told("From which seat.", "Chuyên viên phòng Văn hóa – Thông tin"))
    unit = fields.String(metadata=told("Of which unit.", "UBND thị xã Bỉm Sơn"))
    audience = fields.String(metadata=told("case | unit"))
    body = fields.String(metadata=told("Empty once withdrawn."))
    created_at = fields.AwareDateTime()
    withdrawn_at = fields.AwareDateTime(allow_none=True)
    mine = fields.Boolean(metadata=told("You wrote it, and may withdraw it."))


class CommentPage(Page):
    items = fields.List(fields.Nested(CommentOutput))


class CommentAdded(Schema):
    id = fields.UUID()


@bp.get("/cases/<uuid:case_id>/comments")
@policy(LOGGED_IN)
@bp.arguments(CommentQuery, location="query")
@bp.response(200, CommentPage)
def read_comments(query: dict[str, Any], case_id: UUID) -> Any:
    """What was said about the case, newest first.

    Sở hears the responsible member only after it has recorded its own results.
    """
    case = read_case(case_id, current_viewer())
    return list_comments(case.id, current_viewer(), **query)


@bp.post("/cases/<uuid:case_id>/comments")
@policy(LOGGED_IN)
@bp.arguments(CommentInput)
@idempotent
@bp.response(201, CommentAdded)
def say(body: dict[str, Any], case_id: UUID) -> Any:
    """Say something about the case or one criterion, from the seat that you hold in one of its units."""
    return {"id": add_comment(case_id=case_id, **body, by=current_viewer(), now=now())}


@bp.post("/cases/<uuid:case_id>/comments/<uuid:comment_id>/withdraw")
@policy(LOGGED_IN)
@idempotent
@bp.response(204)
def take_back(case_id: UUID, comment_id: UUID) -> None:
    """Withdraw what you said yourself: that you said it stays, the text is shown to nobody."""
    read_case(case_id, current_viewer())
    withdraw_comment(case_id=case_id, comment_id=comment_id, by=current_viewer(), now=now())
