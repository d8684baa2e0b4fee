"""Rounds: Sở gathers cases under one Tờ trình, the Chairman decides them on one screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.documents.queries import in_my_care
from service.errors import BadInput, DomainError, NotFound, NotLoggedIn
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Seat, Viewer
from service.models import Role, Round
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round, remove_case
from service.rounds.proposal import (
    save_proposal,
    send_round_back,
    sign_submission,
    submit_round_for_signature,
)
from service.rounds.queries import (
    Progress,
    RoundLine,
    acts_of,
    candidates,
    gone_from,
    lines_of,
    list_rounds,
    read_round,
)
from service.web import pages, words
from service.web.errors import error_page
from service.web.signing import signature_from
from service.wording import recorded

PROPOSED = "as_proposed"


@pages.get("/dot")
@policy(LOGGED_IN)
def round_list() -> Any:
    return render_template(
        "rounds.html", rounds=list_rounds(current_viewer()), seat=department_seat(current_viewer())
    )


@pages.post("/dot")
@policy(LOGGED_IN)
def open_new_round() -> Any:
    year = request.form.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise BadInput(
            _("Năm xét phải gồm 4 chữ số, ví dụ 2023."), fields={"year": [_("Ghi năm bằng 4 chữ số.")]}
        )
    round_id = open_round(year=int(year), name=request.form.get("name", ""), by=current_viewer(), now=now())
    flash(_("Đã mở đợt xét."), "success")
    return redirect(url_for("pages.round_page", round_id=round_id), 303)


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
        flash(STEPS[step](round_id), "success")
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
    _store_text(round_id)
    return _("Đã lưu nội dung Tờ trình.")


def _submit(round_id: uuid.UUID) -> str:
    _store_text(round_id)
    submit_round_for_signature(round_id=round_id, by=current_viewer(), now=now())
    return _("Đã trình ký Tờ trình.")


def _sign(round_id: uuid.UUID) -> str:
    sign_submission(
        round_id=round_id,
        signature=signature_from(request.form),
        seen_rev=_seen_rev(),
        by=current_viewer(),
        now=now(),
    )
    return _("Đã ký Tờ trình. Từng hồ sơ đang được chuyển đến Chủ tịch UBND tỉnh.")


def _send_back(round_id: uuid.UUID) -> str:
    send_round_back(round_id=round_id, reason=request.form.get("reason", ""), by=current_viewer(), now=now())
    return _("Đã trả lại người soạn.")


def _decide(round_id: uuid.UUID) -> str:
    lines = lines_of(read_round(round_id, current_viewer()))
    outcomes = {line.item.case_id: chosen_outcome(line) for line in lines}
    signature = signature_from(request.form)
    decide_round(round_id=round_id, outcomes=outcomes, signature=signature, by=current_viewer(), now=now())
    return _("Đã ký Quyết định. Kết quả đang được ghi vào từng hồ sơ.")


STEPS: dict[str, Callable[[uuid.UUID], str]] = {
    "them": _add,
    "bot": _remove,
    "noi-dung": _save,
    "trinh-ky": _submit,
    "ky": _sign,
    "tra-lai": _send_back,
    "quyet-dinh": _decide,
}


def proposal(line: RoundLine) -> tuple[str, str]:
    """(outcome, reason) as Sở's Tờ trình proposes."""
    if line.standing.list != "not_proposed":
        return "recognise", ""
    # The sentence that counts is no reason, whatever opinions it names.
    against = [
        reason
        for reason in line.standing.reasons
        if "chưa" in reason.lower() and "chỉ tiêu được đánh giá năm" not in reason
    ]
    return "refuse", " ".join(against or line.standing.reasons)[:2000]


def chosen_outcome(line: RoundLine) -> tuple[str, str]:
    chosen = request.form.get(f"outcome.{line.item.case_id}", PROPOSED)
    reason = request.form.get(f"reason.{line.item.case_id}", "")
    if chosen == PROPOSED:
        outcome, why = proposal(line)
        return outcome, "" if outcome == "recognise" else reason or why
    return chosen, reason


def _store_text(round_id: uuid.UUID) -> None:
    save_proposal(
        round_id=round_id,
        text=request.form.get("text", ""),
        seen_rev=_seen_rev(),
        by=current_viewer(),
        now=now(),
    )


def _seen_rev() -> int | None:
    seen = request.form.get("rev", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None


def kinds(line: RoundLine) -> str:
    """What a case may be looked for by, beside its name: the names of `finder`."""
    standing = line.standing
    found = {
        "not_proposed": standing.list == "not_proposed",
        "open": standing.open_disagreements or standing.left_to_chairman,
        "differs": standing.disagreements,
        "not_applicable": standing.not_applicable,
        "warning": standing.warnings,
    }
    return " ".join(name for name, holds in found.items() if holds)


def finder(lines: list[RoundLine], *, deciding: bool) -> list[tuple[str, str]]:
    """The filters above a round's cases: (name, text) of those that find any."""
    filters = {
        "not_proposed": _("Không đề nghị công nhận"),
        "open": _("Còn ý kiến khác nhau"),
        "differs": _("Sở và Thành viên từng khác nhau"),
        "not_applicable": _("Có chỉ tiêu không áp dụng"),
        "warning": _("Khác thẩm định của huyện"),
    }
    there = {name for line in lines for name in kinds(line).split()}
    return [
        ("all", _("Tất cả")),
        *((name, text) for name, text in filters.items() if name in there),
        *([("otherwise", _("Quyết định khác đề nghị"))] if deciding else []),
    ]


def _page(round_: Round, error: DomainError | None = None, errors: dict[str, list[str]] | None = None) -> str:
    viewer = current_viewer()
    lines, acts = lines_of(round_), acts_of(round_)
    seat = department_seat(viewer)
    chairman = next(
        (s for s in viewer.seats if s.role == Role.CHAIRMAN and s.unit_id == round_.province_id), None
    )
    typed = request.form.get("text") if error else None
    return render_template(
        "round.html",
        round=round_,
        lists=[
            (name, text, [line for line in lines if line.item.list == name])
            for name, text in words.LISTS.items()
        ],
        lines=lines,
        gone=gone_from(round_),
        acts=acts,
        in_my_care=in_my_care([act.document for act in acts], viewer),
        unfinished=unfinished(acts),
        candidates=candidates(round_) if seat and round_.state == "gathering" else [],
        seat=seat,
        chairman=chairman if round_.state == "submitted" else None,
        text=typed
        if typed is not None
        else round_.draft.get("text", "") or (draft_text(round_, lines) if seat and lines else ""),
        proposal=proposal,
        kinds=kinds,
        finder=finder(lines, deciding=bool(chairman and round_.state == "submitted")),
        as_proposed=PROPOSED,
        error=error,
        errors=errors or {},
    )


def draft_text(round_: Round, lines: list[RoundLine]) -> str:
    """A beginning for the Tờ trình, to be rewritten by the officer."""
    counts = {name: sum(line.item.list == name for line in lines) for name in words.LISTS}
    still_open = sum(bool(line.standing.open_disagreements) for line in lines)
    disputed = recorded(
        f" Sau Hội nghị, {still_open} đơn vị còn nội dung Sở và Thành viên có ý kiến khác nhau; danh sách "
        "nêu rõ hai ý kiến."
    )
    return recorded(
        "Thực hiện Quyết định số 1829/QĐ-UBND ngày 30/5/2023 của UBND tỉnh, Sở Thông tin và Truyền thông đã "
        "thẩm tra hồ sơ đề nghị công nhận xã, phường, thị trấn hoàn thành các tiêu chí chuyển đổi số năm "
        f"{round_.year}.\n\nĐề nghị Chủ tịch UBND tỉnh công nhận "
        f"{counts['assigned'] + counts['registered']} đơn vị ({counts['assigned']} thuộc chỉ tiêu được giao, "
        f"{counts['registered']} tự nguyện đăng ký); không đề nghị công nhận {counts['not_proposed']} đơn "
        f"vị. Danh sách và lý do kèm theo.{disputed if still_open else ''}"
    )


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
