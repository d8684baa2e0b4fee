"""*Kiểm tra*: questions about many cases, their answers as pages and files, and those that people keep."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, NotAllowed
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.processes.queries import list_versions, procedure
from service.questions.asked import Asked
from service.questions.asking import record_answer
from service.questions.criterion_table import in_one_sentence, said, signer
from service.questions.decided import decided
from service.questions.files import CSV, XLSX, as_csv, as_xlsx
from service.questions.kinds import LEVELS
from service.questions.ready import DECIDED, KNOWN, QUESTIONS, SEARCH, Question, may_ask_anything, question
from service.questions.saved import (
    delete_question,
    rename_question,
    save_question,
    saved_questions,
    shared_with,
)
from service.questions.scope import the_case
from service.web import pages
from service.web.moments import moment_url
from service.web.question_address import CURSOR, NAMES, arguments, asked_in, kept, query_of, typed
from service.wording import Words, marked, recorded

MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LABELS = Words(
    {
        "year": marked("Năm xét"),
        "since": marked("Từ ngày"),
        "until": marked("Đến hết ngày"),
        "person": marked("Tên người, tài khoản"),
        "part": marked("Người đó là"),
        "unit": marked("Tên đơn vị"),
        "case": marked("Mã hồ sơ"),
        "criterion": marked("Chỉ tiêu (số thứ tự)"),
        "level": marked("Cấp đánh giá"),
        "verdict": marked("Kết luận"),
        "outcome": marked("Kết quả của hồ sơ"),
        "status": marked("Tình trạng hồ sơ"),
        "kind": marked("Loại sự kiện"),
        "version": marked("Phiên bản quy trình"),
        "step": marked("Bước"),
        "minutes": marked("Trong vòng (phút)"),
        "returns": marked("Trả lại hơn (lần)"),
        "event": marked("Sự kiện số"),
    }
)


@pages.get("/kiem-tra", endpoint="question_room")
@policy(LOGGED_IN)
def room() -> Any:
    viewer = current_viewer()
    if not may_ask_anything(viewer):
        raise NotAllowed(_("Ông/bà không có hồ sơ hay nhật ký nào để hỏi."))
    ready = [one for one in QUESTIONS.values() if one.may_ask(viewer) and one.key != SEARCH]
    search = question(SEARCH)
    return render_template(
        "questions/room.html",
        ready=ready,
        search=search if search.may_ask(viewer) else None,
        saved=_saved(),
        **_form(search, {}, {}),
    )


@pages.get("/kiem-tra/<question_key>", endpoint="question_page")
@policy(LOGGED_IN)
def show(question_key: str) -> Any:
    """The question with its answer, or with what is still to be said before there is one."""
    return _page(question(question_key))


def _page(one: Question, status: int = 200) -> Any:
    viewer, errors, answer, found = current_viewer(), {}, None, None
    if not one.may_ask(viewer):
        raise NotAllowed(_("Câu hỏi này dành cho người có quyền kiểm tra."))
    asked = Asked()
    try:
        asked = asked_in(request.args, one)
        if one.is_complete(asked) and one.key == DECIDED:
            found = decided(viewer, the_case(viewer, asked.case), asked.criterion)
        elif one.is_complete(asked):
            answer = one.ask(viewer, asked, now=now(), cursor=request.args.get(CURSOR))
    except BadInput as refusal:
        if "cursor" in refusal.fields:
            raise
        errors, status = refusal.fields, 422
    if found is not None:
        record_answer(question=one, asked=asked, exported="", lines=0, by=viewer, now=now())
    body = render_template(
        "questions/question.html",
        one=one,
        asked=asked,
        answer=answer,
        found=found,
        sentence=in_one_sentence(found) if found else "",
        said=said,
        signer=signer,
        moment_url=moment_url,
        cursor=request.args.get(CURSOR),
        here=arguments(asked),
        query=query_of(asked),
        saved=_saved(one.key),
        units=shared_with(viewer),
        rights=QUESTIONS["quyen-truoc-viec"].may_ask(viewer),
        **_form(one, typed(request.args), errors),
    )
    return body, status


@pages.get("/kiem-tra/<question_key>/tep.<book>", endpoint="answer_file")
@policy(LOGGED_IN)
def export(question_key: str, book: str) -> Any:
    """The whole answer, not only the page; that it was taken away is recorded first."""
    one, viewer = question(question_key), current_viewer()
    if book not in MEDIA_TYPES:
        raise BadInput(_("Xuất được tệp csv hoặc xlsx."))
    asked = asked_in(request.args, one)
    if not one.is_complete(asked):
        raise BadInput(_("Hãy điền đủ các ô của câu hỏi trước khi xuất."))
    answer = one.ask(viewer, asked, now=now(), size=None)
    record_answer(question=one, asked=asked, exported=book, lines=answer.total, by=viewer, now=now())
    told = "; ".join(f"{LABELS[name]}: {value}" for name, value in _said(asked))
    title = _(one.title)
    content = as_csv(answer) if book == CSV else as_xlsx(answer, title=title, asked=told)
    response = Response(content, mimetype=MEDIA_TYPES[book])
    name = quote(recorded(f"kiem-tra-{one.key}.{book}"))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.post("/kiem-tra/<question_key>/luu", endpoint="keep_question")
@policy(LOGGED_IN)
def keep(question_key: str) -> Any:
    """The filters are in the address; the name, and with whom it is shared, are typed."""
    one = question(question_key)
    try:
        save_question(
            name=request.form.get("name", ""),
            key=one.key,
            query=query_of(asked_in(request.args, one)),
            unit_id=_unit(request.form.get("unit", "")),
            by=current_viewer(),
            now=now(),
        )
    except BadInput as refusal:
        flash(str(refusal), "warning")
    else:
        flash(_("Đã lưu câu hỏi “%(name)s”.", name=" ".join(request.form.get("name", "").split())), "success")
    here: dict[str, Any] = {name: request.args[name] for name in NAMES.values() if name in request.args}
    return redirect(url_for("pages.question_page", question_key=one.key, **here), 303)


@pages.post("/kiem-tra/da-luu/<uuid:saved_id>/doi-ten", endpoint="name_question")
@policy(LOGGED_IN)
def rename(saved_id: uuid.UUID) -> Any:
    try:
        rename_question(saved_id=saved_id, name=request.form.get("name", ""), by=current_viewer(), now=now())
    except BadInput as refusal:
        flash(str(refusal), "warning")
    else:
        flash(_("Đã đổi tên câu hỏi."), "success")
    return redirect(url_for("pages.question_room"), 303)


@pages.post("/kiem-tra/da-luu/<uuid:saved_id>/xoa", endpoint="drop_question")
@policy(LOGGED_IN)
def drop(saved_id: uuid.UUID) -> Any:
    delete_question(saved_id=saved_id, by=current_viewer(), now=now())
    flash(_("Đã xóa câu hỏi."), "success")
    return redirect(url_for("pages.question_room"), 303)


def _form(one: Question, values: dict[str, str], errors: dict[str, list[str]]) -> dict[str, Any]:
    """What the filters of a question are made of."""
    choices: dict[str, list[tuple[str, str]]] = {name: list(words.items()) for name, words in KNOWN.items()}
    if "version" in one.fields:
        choices["version"] = [
            (
                f"{row.key}:{row.version}",
                _("%(name)s, phiên bản %(version)s", name=row.name, version=row.version),
            )
            for row in list_versions()
        ]
    if "step" in one.fields:
        choices["step"] = _steps()
    return {
        "form": one,
        "names": NAMES,
        "labels": LABELS,
        "choices": choices,
        "values": values,
        "errors": errors,
        "days": ("since", "until"),
        "numbers": ("year", "minutes", "returns", "event"),
        "defaults": {"minutes": Asked().minutes, "returns": Asked().returns},
    }


def _steps() -> list[tuple[str, str]]:
    """Steps of every version, under the name that the newest gives them."""
    found: dict[str, str] = {}
    for row in list_versions():
        for task in procedure(row.id).definition.tasks.values():
            found.setdefault(task.id, task.name)
    return list(found.items())


def _said(asked: Asked) -> list[tuple[str, str]]:
    shown = {name: dict(words.items()) for name, words in KNOWN.items()} | {"level": dict(LEVELS.items())}
    given = {name: getattr(asked, name) for name in NAMES if getattr(asked, name) != getattr(Asked(), name)}
    return [(name, shown.get(name, {}).get(str(value), str(value))) for name, value in given.items()]


def _saved(key: str = "") -> list[tuple[Any, dict[str, Any] | None]]:
    return [
        (one, kept(one.query, question(one.question)))
        for one in saved_questions(current_viewer())
        if not key or one.question == key
    ]


def _unit(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadInput(_("Không có đơn vị này. Hãy chọn trong danh sách.")) from None
