"""A draft's way to a version: submitted, approved or returned by somebody else, published, given up."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.calendars.tables import read_day
from service.errors import BadDefinition, BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.identity.queries import names_of
from service.models import DraftState, ProcessDraft
from service.studio.approval import (
    approve_draft,
    publish_draft,
    return_draft,
    submit_draft,
    take_draft_back,
)
from service.studio.checking import examined_draft, problems_of, publishable
from service.studio.guards import LegalBasis, rights_of, why_not_own
from service.studio.operations import withdraw_draft
from service.studio.queries import STATES, read_draft, version_of, version_replaced
from service.studio.rights import owner_seat
from service.studio.scenarios import report_of
from service.web import pages, today
from service.web.studio.drafts import OWNERS, seen_rev, to_draft
from service.web.studio.words import KINDS_OF_RIGHT, WAYS


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/trinh", endpoint="submit_page")
@policy(OWNERS)
def show_submission(draft_id: uuid.UUID) -> Any:
    return _submission(read_draft(draft_id))


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/trinh", endpoint="submit_draft_now")
@policy(OWNERS)
def submit(draft_id: uuid.UUID) -> Any:
    try:
        submit_draft(draft_id=draft_id, rev=seen_rev(), basis=_basis(), by=current_viewer(), now=now())
    except BadInput as error:
        return _submission(read_draft(draft_id), error), error.status
    flash(_("Đã trình phê duyệt. Người phê duyệt phải là người khác, thuộc đơn vị khác."), "success")
    return to_draft(draft_id)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/phe-duyet", endpoint="approval_page")
@policy(OWNERS)
def show_approval(draft_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    return _approval(draft) if draft.state == DraftState.SUBMITTED else to_draft(draft_id)


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/phe-duyet", endpoint="approve_draft_now")
@policy(OWNERS)
def approve(draft_id: uuid.UUID) -> Any:
    try:
        approve_draft(
            draft_id=draft_id,
            rev=seen_rev(),
            content_hash=request.form.get("content_hash", ""),
            note=_note(),
            by=current_viewer(),
            now=now(),
        )
    except BadInput as error:
        return _approval(read_draft(draft_id), error), error.status
    flash(_("Đã phê duyệt. Bản thảo ban hành được từ bây giờ."), "success")
    return to_draft(draft_id)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/tra-lai", endpoint="return_page")
@policy(OWNERS)
def show_return(draft_id: uuid.UUID) -> Any:
    return _plain(read_draft(draft_id), "return")


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/tra-lai", endpoint="return_draft_now")
@policy(OWNERS)
def send_back(draft_id: uuid.UUID) -> Any:
    try:
        return_draft(draft_id=draft_id, rev=seen_rev(), note=_note(), by=current_viewer(), now=now())
    except BadInput as error:
        return _plain(read_draft(draft_id), "return", error), error.status
    flash(_("Đã trả lại người soạn."), "success")
    return to_draft(draft_id)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/ban-hanh", endpoint="publish_page")
@policy(OWNERS)
def show_publication(draft_id: uuid.UUID) -> Any:
    return _plain(read_draft(draft_id), "publish")


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/ban-hanh", endpoint="publish_draft_now")
@policy(OWNERS)
def publish(draft_id: uuid.UUID) -> Any:
    publish_draft(draft_id=draft_id, rev=seen_rev(), by=current_viewer(), now=now())
    draft = read_draft(draft_id)
    version = version_of(draft.version_id)
    assert version is not None
    told = _(
        "Đã ban hành phiên bản %(version)s, hiệu lực từ %(day)s.",
        version=version.version,
        day=f"{version.effective_on:%d/%m/%Y}",
    )
    flash(told, "success")
    shown: dict[str, Any] = {"phien-ban": version.version}
    return redirect(url_for("pages.process_page", key=draft.key, **shown), 303)


@pages.get("/quy-trinh/ban-thao/<uuid:draft_id>/rut", endpoint="withdraw_page")
@policy(OWNERS)
def show_withdrawal(draft_id: uuid.UUID) -> Any:
    return _plain(read_draft(draft_id), "withdraw")


@pages.post("/quy-trinh/ban-thao/<uuid:draft_id>/rut", endpoint="withdraw_draft_now")
@policy(OWNERS)
def withdraw(draft_id: uuid.UUID) -> Any:
    """What is submitted comes back to be drawn on; what is being drawn is given up."""
    if read_draft(draft_id).state in (DraftState.SUBMITTED, DraftState.APPROVED):
        take_draft_back(draft_id=draft_id, rev=seen_rev(), by=current_viewer(), now=now())
        flash(_("Đã lấy lại bản thảo để sửa tiếp."), "success")
    else:
        withdraw_draft(draft_id=draft_id, rev=seen_rev(), by=current_viewer(), now=now())
        flash(_("Đã bỏ bản thảo. Nội dung vẫn xem được."), "success")
    return to_draft(draft_id)


def _submission(draft: ProcessDraft, error: DomainError | None = None) -> Any:
    if draft.state != DraftState.DRAFT:
        return to_draft(draft.id)
    problems = problems_of(draft, now=now())
    return render_template(
        "studio/submit.html",
        draft=draft,
        problems=problems,
        publishable=publishable(problems),
        error=None if isinstance(error, BadDefinition) else error,
        errors=error.fields if isinstance(error, BadInput) else {},
        typed=request.form,
        tomorrow=today().isoformat(),
        scenarios=report_of(draft, today()),
    )


def _approval(draft: ProcessDraft, error: DomainError | None = None) -> str:
    viewer = current_viewer()
    replaced = version_replaced(draft.key, draft.effective_on)
    return render_template(
        "studio/approve.html",
        draft=draft,
        rights=rights_of(draft, examined_draft(draft, now=now())),
        replaced=replaced,
        names=names_of({one for one in (draft.submitted_by, draft.changed_by) if one}),
        ways=WAYS,
        kinds=KINDS_OF_RIGHT,
        why_not=why_not_own(draft, viewer, owner_seat(viewer)),
        scenarios=report_of(draft, today()),
        error=error,
        errors=error.fields if isinstance(error, BadInput) else {},
    )


def _plain(draft: ProcessDraft, act: str, error: DomainError | None = None) -> Any:
    """The page that asks once more, or for a reason; the draft itself where the act is out of place."""
    waits = draft.state in (DraftState.SUBMITTED, DraftState.APPROVED)
    fits = {
        "return": waits,
        "publish": draft.state == DraftState.APPROVED,
        "withdraw": waits or draft.state == DraftState.DRAFT,
    }
    if not fits[act]:
        return to_draft(draft.id)
    return render_template(
        f"studio/{act}.html",
        draft=draft,
        state=STATES[draft.state],
        waits=waits,
        error=error,
        errors=error.fields if isinstance(error, BadInput) else {},
    )


def _basis() -> LegalBasis:
    """What was typed; raises BadInput naming the fields that hold no day."""
    fields, days = dict[str, list[str]](), dict[str, date]()
    for name in ("legal_date", "effective_on"):
        day = read_day(request.form.get(name, ""))
        if day is None:
            fields[name] = [_("Ghi ngày, ví dụ 04/05/2024.")]
        else:
            days[name] = day
    if fields:
        raise BadInput(fields=fields)
    number = " ".join(request.form.get("legal_number", "").split())
    return LegalBasis(number, days["legal_date"], days["effective_on"], _note())


def _note() -> str:
    return request.form.get("note", "").replace("\r\n", "\n").strip()
