"""The page of a task and what is done there: fill in, hand up, sign, send back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for

from service.audit.operations import Actor, record_access
from service.cases.queries import holders
from service.database import transaction
from service.dossiers.operations import add_evidence
from service.dossiers.queries import read_file
from service.errors import BadInput, DomainError, DraftChanged, NotFound, NotLoggedIn, TaskNotOpen
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.models import Task
from service.processes.queries import procedure
from service.tasks.operations import (
    complete_task,
    current_rev,
    return_case,
    save_draft,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from service.tasks.queries import read_draft, read_task
from service.web import pages, words
from service.web.forms_rendering import answers_from, error_list, uploads_in, with_file
from service.web.signing import signature_from
from service.web.task_page import copied_from, task_page


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
    answers = _typed(task)
    seen_rev = _seen_rev()
    what, _, detail = request.form.get("do", "save").partition(":")
    try:
        _store_uploads(task, answers)
        if what == "mode":
            answers["action"] = detail
        if what == "copy":
            return _copy(task, answers, seen_rev)
        if what == "submit":
            submit_for_signature(task_id=task_id, answers=answers, seen_rev=seen_rev, by=current_viewer(), now=now())
            flash("Đã trình ký. Việc chuyển sang lãnh đạo đơn vị.", "success")
            return redirect(url_for("pages.worklist"), 303)
        if what == "complete":
            _expect_rev(task_id, seen_rev)
            complete_task(task_id=task_id, answers=answers, signature=signature_from(request.form), by=current_viewer(), now=now())
            return _moved_on(task)
        save_draft(task_id=task_id, answers=answers, seen_rev=seen_rev, by=current_viewer(), now=now())
    except DomainError as error:
        return _again(task_id, error, answers)
    if what == "save":
        flash(f"Đã lưu nháp lúc {words.clock_time(now())}.", "success")
    return redirect(url_for("pages.task_page", task_id=task_id), 303)


@pages.post("/viec/<uuid:task_id>/nhap")
@policy(LOGGED_IN)
def autosave(task_id: uuid.UUID) -> Any:
    """What the page saves by itself every few seconds; answers JSON for the page's script."""
    task = read_task(task_id, current_viewer())
    answers = _typed(task)
    bundle = procedure(task.case.process_version_id)
    form = bundle.form_of(task.element)
    try:
        rev = save_draft(task_id=task_id, answers=answers, seen_rev=_seen_rev(), by=current_viewer(), now=now())
    except DomainError as error:
        fields = error.fields if isinstance(error, BadInput) else {}
        first = next((messages[0] for messages in fields.values()), str(error))
        return jsonify({"code": error.code, "sentence": first}), error.status
    visible = sorted(form.visible(answers)) if form else []
    return jsonify({"rev": rev, "saved": f"Đã lưu lúc {words.clock_time(now())}", "visible": visible})


@pages.post("/viec/<uuid:task_id>/tep")
@policy(LOGGED_IN)
def upload(task_id: uuid.UUID) -> Any:
    """One file dropped on a row: answers the line that shows it."""
    task = read_task(task_id, current_viewer())
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput("Hãy chọn tệp.", fields={"file": ["Hãy chọn tệp."]})
    criterion = request.form.get("criterion") or None
    file_id = _store(task, criterion, file)
    name = f"criteria.{criterion}.evidence" if criterion else request.form.get("field", "")
    return render_template("_file.html", file=read_file(file_id, current_viewer()), name=name)


@pages.post("/viec/<uuid:task_id>/ky")
@policy(LOGGED_IN)
def sign(task_id: uuid.UUID) -> Any:
    task = read_task(task_id, current_viewer())

    def sign_it() -> None:
        _expect_rev(task_id, _seen_rev())
        sign_task(task_id=task_id, signature=signature_from(request.form), by=current_viewer(), now=now())

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
    flash("Đã trả lại người soạn.", "success")
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
    typed = {key: value for key, value in _typed(task).items() if key in ("reason", "criteria_reasons", "due_on")}
    try:
        return_case(task_id=task_id, answers=typed, signature=signature_from(request.form), by=current_viewer(), now=now())
    except DomainError as error:
        _let_pass(error)
        task = read_task(task_id, current_viewer())
        fields = error.fields if isinstance(error, BadInput) else {}
        page = task_page(task, current_viewer())
        shown = {**typed, "action": "return"}
        summary = error_list(fields, page.form) if page.form else []
        body = render_template("return.html", page=page, answers=shown, errors=fields, summary=summary, error=error)
        return body, error.status
    return _moved_on(task)


def _page(task: Task, **more: Any) -> str:
    return render_template("task.html", page=task_page(task, current_viewer()), summary=[], **more)


def _attempt(task: Task, what: Callable[[], Any]) -> Any:
    try:
        what()
    except DomainError as error:
        return _again(task.id, error, None)
    return _moved_on(task)


def _again(task_id: uuid.UUID, error: DomainError, typed: dict[str, Any] | None) -> Any:
    """The page once more, with what was typed and why it could not be done."""
    _let_pass(error)
    task = read_task(task_id, current_viewer())
    fields = error.fields if isinstance(error, BadInput) else {}
    page = task_page(task, current_viewer(), typed=typed, errors=fields)
    stranded = typed is not None and not isinstance(error, (BadInput, DraftChanged))
    summary = error_list(fields, page.form) if page.form else []
    body = render_template("task.html", page=page, error=error, stranded=stranded, summary=summary)
    return body, error.status


def _let_pass(error: DomainError) -> None:
    """Errors that are not about this page's content have pages of their own."""
    if isinstance(error, (NotFound, NotLoggedIn)):
        raise error


def _typed(task: Task) -> dict[str, Any]:
    bundle = procedure(task.case.process_version_id)
    form = bundle.form_of(task.element)
    if form is None:
        return {"action": request.form.get("action", "complete")}
    ids = [criterion.id for criterion in bundle.catalogue.year(task.case.year).assessed]
    answers = answers_from(form, request.form, ids)
    answers["action"] = answers["action"] or form.actions[0].name
    return answers


def _store_uploads(task: Task, answers: dict[str, Any]) -> None:
    form = procedure(task.case.process_version_id).form_of(task.element)
    for one in uploads_in(form, request.files) if form else ():
        with_file(answers, one, str(_store(task, one.criterion, one.file)))


def _store(task: Task, criterion: str | None, file: Any) -> uuid.UUID:
    if not task.is_open:
        raise TaskNotOpen()
    return add_evidence(
        task_id=task.id,
        criterion=criterion,
        name=file.filename or "",
        stream=file.stream,
        root=settings().files_dir,
        largest=settings().largest_file,
        by=current_viewer(),
        now=now(),
    )


def _copy(task: Task, answers: dict[str, Any], seen_rev: int) -> Any:
    bundle = procedure(task.case.process_version_id)
    filled, taken, left = copied_from(task, task.case, bundle, answers)
    save_draft(task_id=task.id, answers=filled, seen_rev=seen_rev, by=current_viewer(), now=now())
    rest = f" {left} chỉ tiêu định tính không lấy theo, phải tự đánh giá." if left else ""
    flash(f"Đã lấy kết quả cấp trước cho {taken} chỉ tiêu đang để trống.{rest} Hãy kiểm tra trước khi trình.", "info")
    return redirect(url_for("pages.task_page", task_id=task.id), 303)


def _seen_rev() -> int:
    text = request.form.get("rev", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _expect_rev(task_id: uuid.UUID, seen: int) -> None:
    """Nobody signs or sends what they have not seen."""
    task = read_task(task_id, current_viewer())
    if not task.is_open:
        raise TaskNotOpen()
    if read_draft(task, current_viewer()) is not None and current_rev(task_id) != seen:
        raise DraftChanged()


def _moved_on(task: Task) -> Any:
    name, case_id = task.name, task.case_id
    found = holders(case_id)
    where = "; ".join(f"{one.unit} – {one.step}" for one in found)
    flash(f"Đã hoàn thành bước “{name}”. " + (f"Hồ sơ đang ở: {where}." if where else "Hồ sơ đã kết thúc."), "success")
    return redirect(url_for("pages.worklist"), 303)


def _record_view(task: Task) -> None:
    case_id, element, viewer = task.case_id, task.element, current_viewer()
    with transaction() as session:
        record_access(
            session.connection(), "task_viewed", {"element": element}, case_id=case_id, by=Actor(viewer.id), at=now()
        )

