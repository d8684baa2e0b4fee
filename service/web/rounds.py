"""Rounds: Sở gathers cases under one Tờ trình, the Chairman decides them on one screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.documents.queries import in_my_care
from service.errors import BadInput, DomainError, NotFound, NotLoggedIn
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Seat, Viewer
from service.models import Role, Round
from service.paper_dates import refuse_half_numbered, refuse_wrong_issued_day
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, remove_case
from service.rounds.proposal import (
    restore_standard_text,
    save_proposal,
    send_round_back,
    sign_submission,
    submit_round_for_signature,
    text_of,
)
from service.rounds.queries import (
    Progress,
    acts_of,
    candidates,
    gone_from,
    lines_of,
    read_round,
)
from service.rounds.set_aside import set_asides
from service.rounds.standard_text import is_standard
from service.tasks.completion import Signature
from service.web import pages, round_asking, words
from service.web.errors import error_page
from service.web.round_asking import RoundQuestion
from service.web.round_lines import PROPOSED, chosen_outcome, finder, kinds, place_of, proposal
from service.web.signing import signature_from


@pages.get("/dot/<uuid:round_id>", endpoint="round_page")
@policy(LOGGED_IN)
def show(round_id: uuid.UUID) -> Any:
    return _page(read_round(round_id, current_viewer()))


@pages.get("/dot/<uuid:round_id>/tien-do")
@policy(LOGGED_IN)
def round_progress(round_id: uuid.UUID) -> Any:
    """How far the acts have reached the cases; the page asks again by itself while some are missing."""
    round_ = read_round(round_id, current_viewer())
    acts = acts_of(round_)
    return render_template("_round_progress.html", round=round_, acts=acts, unfinished=unfinished(acts))


@pages.post("/dot/<uuid:round_id>/<step>")
@policy(LOGGED_IN)
def act_on_round(round_id: uuid.UUID, step: str) -> Any:
    read_round(round_id, current_viewer())
    if step not in STEPS:
        raise NotFound()
    try:
        done = STEPS[step](round_id)
        if isinstance(done, RoundQuestion):
            return _page(read_round(round_id, current_viewer()), question=done)
        flash(done, "success")
    except DomainError as error:
        if isinstance(error, (NotFound, NotLoggedIn)):
            raise
        fields = error.fields if isinstance(error, BadInput) else {}
        try:
            page = _page(read_round(round_id, current_viewer()), error=error, errors=fields)
        except NotFound:
            page = error_page(error.status, str(error))
        return page, error.status
    return redirect(url_for("pages.round_page", round_id=round_id), 303)


def _add(round_id: uuid.UUID) -> str:
    chosen = [_id(text) for text in request.form.getlist("case")]
    if not chosen:
        raise BadInput(_("Hãy chọn ít nhất một hồ sơ."))
    added = add_cases(round_id=round_id, case_ids=chosen, by=current_viewer(), now=now())
    return _("Đã đưa %(added)s hồ sơ vào đợt.", added=added)


def _remove(round_id: uuid.UUID) -> str:
    remove_case(round_id=round_id, case_id=_id(request.form.get("case", "")), by=current_viewer(), now=now())
    return _("Đã bỏ hồ sơ khỏi đợt.")


def _save(round_id: uuid.UUID) -> str:
    save_proposal(
        round_id=round_id,
        text=request.form.get("text", ""),
        seen_rev=_seen_rev(),
        by=current_viewer(),
        now=now(),
    )
    return _("Đã lưu nội dung Tờ trình.")


def _restore(round_id: uuid.UUID) -> str:
    restore_standard_text(round_id=round_id, seen_rev=_seen_rev(), by=current_viewer(), now=now())
    return _("Đã lấy lại nội dung mẫu của Tờ trình.")


def _submit(round_id: uuid.UUID) -> str | RoundQuestion:
    text, round_ = request.form.get("text", ""), read_round(round_id, current_viewer())
    if round_.state == "gathering":
        asked = round_asking.before_handing_up(text, round_.year, lines_of(round_))
        if asked is not None:
            return asked
    submit_round_for_signature(
        round_id=round_id, text=text, seen_rev=_seen_rev(), by=current_viewer(), now=now()
    )
    return _("Đã trình ký Tờ trình.")


def _sign(round_id: uuid.UUID) -> str | RoundQuestion:
    signature, round_ = checked_signature(), read_round(round_id, current_viewer())
    if round_.state == "signing" and leads_department(current_viewer()):
        asked = round_asking.before_signing(round_.draft.get("text", ""), round_.year, lines_of(round_))
        if asked is not None:
            return asked
    sign_submission(
        round_id=round_id,
        signature=signature,
        seen_rev=_seen_rev(),
        by=current_viewer(),
        now=now(),
    )
    return _("Đã ký Tờ trình. Từng hồ sơ đang được chuyển đến Chủ tịch UBND tỉnh.")


def _send_back(round_id: uuid.UUID) -> str:
    send_round_back(round_id=round_id, reason=request.form.get("reason", ""), by=current_viewer(), now=now())
    return _("Đã trả lại người soạn.")


def _decide(round_id: uuid.UUID) -> str | RoundQuestion:
    round_ = read_round(round_id, current_viewer())
    outcomes = {line.item.case_id: chosen_outcome(line) for line in lines_of(round_)}
    signature = checked_signature()
    asked = round_asking.before_deciding(outcomes)
    if asked is not None and round_.state == "submitted" and chairman_seat(round_, current_viewer()):
        return asked
    decide_round(round_id=round_id, outcomes=outcomes, signature=signature, by=current_viewer(), now=now())
    return _("Đã ký Quyết định. Kết quả đang được ghi vào từng hồ sơ.")


STEPS: dict[str, Callable[[uuid.UUID], str | RoundQuestion]] = {
    "them": _add,
    "bot": _remove,
    "noi-dung": _save,
    "noi-dung-mau": _restore,
    "trinh-ky": _submit,
    "ky": _sign,
    "tra-lai": _send_back,
    "quyet-dinh": _decide,
}


def checked_signature() -> Signature:
    """As it was typed; number and date together, or neither."""
    signature = signature_from(request.form)
    refuse_half_numbered(signature.number or "", signature.issued_on)
    refuse_wrong_issued_day(signature.issued_on, now())
    return signature


def _seen_rev() -> int | None:
    seen = request.form.get("rev", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None


def _page(
    round_: Round,
    error: DomainError | None = None,
    errors: dict[str, list[str]] | None = None,
    question: RoundQuestion | None = None,
    fault: Mapping[str, Any] | None = None,
    form_back: str = "",
) -> str:
    viewer = current_viewer()
    lines, acts = lines_of(round_), acts_of(round_)
    seat = department_seat(viewer)
    chairman = chairman_seat(round_, viewer)
    again = error is not None or question is not None
    typed = request.form.get("text", "") if again else ""
    # Without a case there is nothing to propose yet; a text that was emptied by mistake comes back.
    kept = round_.draft.get("text", "")
    if round_.state in ("gathering", "signing"):
        kept = text_of(round_, [line.standing for line in lines])
    waiting = candidates(round_) if seat and round_.state == "gathering" else []
    shown = [*(line.item.case_id for line in lines), *(row.id for row in waiting)]
    return render_template(
        "round.html",
        round=round_,
        lists=[
            (name, text, [line for line in lines if line.standing.list == name])
            for name, text in words.LISTS.items()
        ],
        lines=lines,
        gone=gone_from(round_),
        acts=acts,
        in_my_care=in_my_care([act.document for act in acts], viewer),
        unfinished=unfinished(acts),
        candidates=waiting,
        set_asides=set_asides(shown, not_in=round_.id) if round_.state != "decided" else {},
        seat=seat,
        chairman=chairman if round_.state == "submitted" else None,
        text=typed if typed.strip() else kept,
        # What was typed belongs to the page that was open then: saved over a newer one it would undo it.
        rev=_seen_rev() if again and _seen_rev() is not None else round_.rev,
        standard=not lines
        or is_standard((typed if typed.strip() else kept).replace("\r\n", "\n"), round_.year),
        question=question,
        place_of=place_of,
        proposal=proposal,
        kinds=kinds,
        finder=finder(lines, deciding=bool(chairman and round_.state == "submitted")),
        as_proposed=PROPOSED,
        error=error,
        errors=errors or {},
        fault=fault,
        form_back=form_back,
    )


def round_with_fault(round_id: uuid.UUID, fault: Mapping[str, Any], form_back: str) -> str:
    """The page with what is wrong at the form of one of its documents: {"document", "form", "sentence"}."""
    return _page(read_round(round_id, current_viewer()), fault=fault, form_back=form_back)


def chairman_seat(round_: Round, viewer: Viewer) -> Seat | None:
    return next(
        (s for s in viewer.seats if s.role == Role.CHAIRMAN and s.unit_id == round_.province_id), None
    )


def leads_department(viewer: Viewer) -> bool:
    seat = department_seat(viewer)
    return seat is not None and seat.role == Role.LEADER


def department_seat(viewer: Viewer) -> Seat | None:
    """The seat from which this person works on rounds at Sở."""
    seats = [s for s in viewer.seats if s.unit_kind == "department" and s.role in (Role.OFFICER, Role.LEADER)]
    return seats[0] if seats else None


def unfinished(acts: list[Progress]) -> bool:
    return any(act.unfinished for act in acts)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise BadInput(_("Mã hồ sơ không hợp lệ. Hãy tải lại trang.")) from error
