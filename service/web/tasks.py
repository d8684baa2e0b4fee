"""The page of a task and what is done there: fill in, hand up, sign, send back."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.audit.operations import Actor, record_access
from service.cases.course import holders
from service.database import transaction
from service.errors import BadInput, DomainError, DraftChanged, NotFound, NotLoggedIn
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.models import Task
from service.paper_dates import refuse_wrong_issued_day
from service.tasks.draft_reading import beside_stored, whole_answers
from service.tasks.draft_saving import Typed
from service.tasks.operations import (
    complete_task,
    current_rev,
    return_case,
    save_fields,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from service.tasks.queries import read_draft, read_task
from service.tasks.ready import Missing, check_filled_in
from service.web import pages, words
from service.web.asking import ANYWAY, before_handing_up, before_sending, before_signing, missing_now
from service.web.copying import copy_former_level, copy_former_year
from service.web.field_words import shown_clashes
from service.web.file_stories import choosing_files
from service.web.forms_rendering import error_list
from service.web.posted import seen_rev, store_uploads, typed_answers
from service.web.signing import signature_from
from service.web.task_page import TaskPage, task_page
from service.web.typed_drafts import typed_draft, with_answers

RETURN_KEYS = frozenset({"reason", "criteria_reasons", "due_on"})


@pages.get("/viec/<uuid:task_id>", endpoint="task_page")
@policy(LOGGED_IN)
def show(task_id: uuid.UUID) -> Any:
    task = read_task(task_id, current_viewer())
    if not task.is_open or task.stage == "signing":
        _record_view(task)
        task = read_task(task_id, current_viewer())
    return _page(task)


@pages.post("/viec/<uuid:task_id>")
@policy(LOGGED_IN)
def act(task_id: uuid.UUID) -> Any:
    """Every button of the work form: `do` says which; the whole form always comes along."""
    task = read_task(task_id, current_viewer())
    typed = typed_draft(task)
    answers = copy.deepcopy(dict(typed.answers))
    what, _colon, detail = request.form.get("do", "save").partition(":")
    try:
        store_uploads(task, answers)
        if what == "mode":
            answers["action"] = detail
        if what == "copy":
            return copy_former_level(task, answers, typed)
        if what == "copy-year":
            return copy_former_year(task, answers, typed)
        typed = with_answers(typed, answers)
        if what in ("submit", "complete"):
            return _hand_on(task, what, typed, asks=detail != ANYWAY)
        save_fields(task_id=task_id, typed=typed, by=current_viewer(), now=now())
    except DomainError as error:
        return _again(task_id, error, with_answers(typed, answers))
    if what == "save":
        flash(_("Đã lưu nháp lúc %(now)s.", now=words.clock_time(now())), "success")
    where = choosing_files(detail) if what == "files" else {}
    return redirect(url_for("pages.task_page", task_id=task_id, **where), 303)


def _hand_on(task: Task, what: str, typed: Typed, *, asks: bool) -> Any:
    """*Trình ký* (submit), or for who signs their own work sending it (complete)."""
    answers = whole_answers(task, current_viewer(), typed)
    question = _question(task, what, answers, typed) if asks else None
    if question is not None:
        return question
    given: dict[str, Any] = {"task_id": task.id, "answers": answers, "seen_rev": typed.seen_rev}
    if what == "submit":
        submit_for_signature(**given, by=current_viewer(), now=now())
        flash(_("Đã trình ký. Việc chuyển sang lãnh đạo đơn vị."), "success")
        return redirect(url_for("pages.worklist"), 303)
    complete_task(**given, signature=signature_from(request.form), by=current_viewer(), now=now())
    return _moved_on(task)


@pages.post("/viec/<uuid:task_id>/ky")
@policy(LOGGED_IN)
def sign(task_id: uuid.UUID) -> Any:
    """What is signed although something is missing is asked about once; the page comes back with it."""
    task = read_task(task_id, current_viewer())

    def sign_it() -> None:
        sign_task(
            task_id=task_id,
            signature=signature_from(request.form),
            seen_rev=seen_rev(),
            by=current_viewer(),
            now=now(),
        )

    if ANYWAY not in request.form and current_rev(task_id) == seen_rev():
        page = task_page(task, current_viewer())
        missing = missing_now(task, page.answers) if page.mode == "sign" else None
        if missing:
            return _asked_to_sign(task, page, missing)
    return _attempt(task, sign_it)


@pages.post("/viec/<uuid:task_id>/tra-nguoi-soan")
@policy(LOGGED_IN)
def send_back(task_id: uuid.UUID) -> Any:
    read_task(task_id, current_viewer())
    reason = request.form.get("back_reason", "")
    try:
        send_back_to_officer(task_id=task_id, reason=reason, by=current_viewer(), now=now())
    except DomainError as error:
        return _again(task_id, error, None)
    flash(_("Đã trả lại người soạn."), "success")
    return redirect(url_for("pages.worklist"), 303)


@pages.route("/viec/<uuid:task_id>/tra-lai", methods=["GET", "POST"])
@policy(LOGGED_IN)
def return_to_former(task_id: uuid.UUID) -> Any:
    """*Trả lại bổ sung* as the signer's own act, with reasons per criterion and a new due date."""
    task = read_task(task_id, current_viewer())
    page = task_page(task, current_viewer())
    if page.signing_seat is None or not page.can_return or not task.is_open:
        raise NotFound()
    if request.method == "GET":
        return render_template("return.html", page=page, answers={"action": "return"}, errors={}, summary=[])
    typed = {
        key: value
        for key, value in typed_answers(task).items()
        if key in ("reason", "criteria_reasons", "due_on")
    }
    try:
        return_case(
            task_id=task_id,
            answers=typed,
            signature=signature_from(request.form),
            by=current_viewer(),
            now=now(),
        )
    except DomainError as error:
        _let_pass(error)
        task = read_task(task_id, current_viewer())
        fields = error.fields if isinstance(error, BadInput) else {}
        page = task_page(task, current_viewer())
        shown = {**typed, "action": "return"}
        summary = error_list(fields, page.form) if page.form else []
        body = render_template(
            "return.html", page=page, answers=shown, errors=fields, summary=summary, error=error
        )
        return body, error.status
    return _moved_on(task)


def _asked_to_sign(task: Task, page: TaskPage, missing: Missing) -> Any:
    try:
        refuse_wrong_issued_day(signature_from(request.form).issued_on, now())
    except DomainError as error:
        return _again(task.id, error, None)
    return render_template("task.html", page=page, summary=[], question=before_signing(page, missing))


def _question(task: Task, what: str, answers: dict[str, Any], typed: Typed) -> Any:
    """The page asking for confirmation, once the form is right and its draft stored; None for nothing."""
    check_filled_in(task_id=task.id, answers=answers, by=current_viewer(), now=now())
    missing = missing_now(task, answers)
    if what == "submit" and not missing:
        return None
    if what == "complete":
        refuse_wrong_issued_day(signature_from(request.form).issued_on, now())
    save_fields(task_id=task.id, typed=typed, by=current_viewer(), now=now())
    task = read_task(task.id, current_viewer())
    page = task_page(task, current_viewer())
    question = before_handing_up(missing) if what == "submit" else before_sending(page, missing)
    return render_template("task.html", page=page, summary=[], question=question)


def _page(task: Task, **more: Any) -> str:
    return render_template(
        "task.html",
        page=task_page(task, current_viewer(), whole="ca-bang" in request.args),
        summary=[],
        **more,
    )


def _attempt(task: Task, what: Callable[[], Any]) -> Any:
    try:
        what()
    except DomainError as error:
        return _again(task.id, error, None)
    return _moved_on(task)


def work_form_again(task_id: uuid.UUID) -> Any:
    """The work form as it was sent from a page older than this session: nothing is done, nothing is lost."""
    task = read_task(task_id, current_viewer())
    sentence = _(
        "Ông/bà đã đăng nhập lại sau khi mở trang này nên chưa gửi được. Nội dung vừa gõ vẫn ở dưới đây."
    )
    stale = read_draft(task, current_viewer()) is not None and current_rev(task_id) != seen_rev()
    error = DraftChanged() if stale else BadInput(_("%(why)s Hãy bấm lại nút.", why=sentence))
    body, _status = _again(task_id, error, typed_draft(task))
    return body, 400


def _again(task_id: uuid.UUID, error: DomainError, typed: Typed | None) -> Any:
    """The page once more, with what was typed over what is stored by now, and why it could not be done."""
    _let_pass(error)
    task, viewer = read_task(task_id, current_viewer()), current_viewer()
    fields = error.fields if isinstance(error, BadInput) else {}
    beside = beside_stored(task, viewer, typed) if typed is not None else None
    shown = beside.answers if beside else None
    page = task_page(task, viewer, typed=shown, errors=fields, beside=beside)
    stranded = typed is not None and not isinstance(error, (BadInput, DraftChanged))
    summary = error_list(fields, page.form) if page.form else []
    clashes = shown_clashes(beside.clashes, page.form, page.files) if beside and page.form else []
    body = render_template(
        "task.html", page=page, error=error, stranded=stranded, summary=summary, clashes=clashes
    )
    return body, error.status


def _let_pass(error: DomainError) -> None:
    """Errors that are not about this page's content have pages of their own."""
    if isinstance(error, (NotFound, NotLoggedIn)):
        raise error


def _moved_on(task: Task) -> Any:
    name, case_id = task.name, task.case_id
    found = holders(case_id)
    where = "; ".join(f"{one.unit} – {one.step}" for one in found)
    flash(
        _("Đã hoàn thành bước “%(name)s”. ", name=name)
        + (_("Hồ sơ đang ở: %(where)s.", where=where) if where else _("Hồ sơ đã kết thúc.")),
        "success",
    )
    return redirect(url_for("pages.worklist"), 303)


def _record_view(task: Task) -> None:
    case_id, element, viewer = task.case_id, task.element, current_viewer()
    with transaction() as session:
        record_access(
            session.connection(),
            "task_viewed",
            {"element": element},
            case_id=case_id,
            by=Actor(viewer.id),
            at=now(),
        )
