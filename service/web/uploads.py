"""Files on their way, as the task's page sends them: begun, in parts, finished. JSON for its script."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from flask import jsonify, render_template, request
from flask_babel import gettext as _

from service.dossiers.finishing import finish_upload
from service.dossiers.queries import read_file
from service.dossiers.uploads import PART, Place, append_part, cancel_upload, received, start_upload
from service.errors import BadInput, DomainError, NotFound, TooLarge
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.http.extensions import settings
from service.http.problems import headers_of
from service.models import Task
from service.processes.queries import procedure
from service.tasks.queries import read_task
from service.web import pages
from service.web.posted import seen_rev


def in_json(view: Callable[..., Any]) -> Callable[..., Any]:
    """Domain errors as {code, sentence} and what else the script needs to know: `received`, `file`."""

    @functools.wraps(view)
    def answered(*args: Any, **kwargs: Any) -> Any:
        try:
            return jsonify(view(*args, **kwargs))
        except DomainError as error:
            body: dict[str, Any] = {"code": error.code, "sentence": str(error)}
            body |= {key: error.details[key] for key in ("received", "file") if key in error.details}
            return jsonify(body), error.status, headers_of(error)

    return answered


@pages.post("/viec/<uuid:task_id>/tep")
@policy(LOGGED_IN)
@in_json
def upload(task_id: uuid.UUID) -> Any:
    """Begin: name, size and place of a file; answers the upload's id and how long its parts are."""
    task = read_task(task_id, current_viewer())
    replaces = request.form.get("replaces") or None
    upload_id = start_upload(
        task_id=task.id,
        place=Place(
            criterion=request.form.get("criterion") or None,
            field=request.form.get("field", ""),
            replaces=_id(replaces) if replaces else None,
        ),
        name=request.form.get("name", ""),
        size=_number(request.form.get("size", "")),
        root=settings().files_dir,
        largest=settings().largest_file,
        by=current_viewer(),
        now=now(),
    )
    return {"id": str(upload_id), "received": 0, "part": PART}


@pages.get("/viec/<uuid:task_id>/tep/<uuid:upload_id>")
@policy(LOGGED_IN)
@in_json
def upload_state(task_id: uuid.UUID, upload_id: uuid.UUID) -> Any:
    """How much has come, for who goes on after an interruption."""
    read_task(task_id, current_viewer())
    there = received(upload_id=upload_id, root=settings().files_dir, by=current_viewer(), now=now())
    return {"received": there, "part": PART}


@pages.post("/viec/<uuid:task_id>/tep/<uuid:upload_id>")
@policy(LOGGED_IN)
@in_json
def upload_part(task_id: uuid.UUID, upload_id: uuid.UUID) -> Any:
    """The next bytes, from `tu` on, as the request's body."""
    read_task(task_id, current_viewer())
    if (request.content_length or 0) > PART:
        raise TooLarge(_("Mỗi phần gửi lên dài tối đa %(part)s KB.", part=PART // 1024))
    there = append_part(
        upload_id=upload_id,
        offset=_number(request.args.get("tu", "")),
        data=request.stream.read(PART + 1),
        root=settings().files_dir,
        by=current_viewer(),
        now=now(),
    )
    return {"received": there}


@pages.post("/viec/<uuid:task_id>/tep/<uuid:upload_id>/xong")
@policy(LOGGED_IN)
@in_json
def upload_end(task_id: uuid.UUID, upload_id: uuid.UUID) -> Any:
    """All has come: answers the line that shows the file, and the draft's rev once it names a new version."""
    task = read_task(task_id, current_viewer())
    made = finish_upload(
        upload_id=upload_id,
        root=settings().files_dir,
        largest=settings().largest_file,
        by=current_viewer(),
        now=now(),
        again=request.form.get("again") == "1",
        seen_rev=seen_rev() if request.form.get("rev") else None,
    )
    return {"html": _line(task, made.file_id), "rev": made.rev}


@pages.post("/viec/<uuid:task_id>/tep/<uuid:upload_id>/huy")
@policy(LOGGED_IN)
@in_json
def upload_cancel(task_id: uuid.UUID, upload_id: uuid.UUID) -> Any:
    read_task(task_id, current_viewer())
    cancel_upload(upload_id=upload_id, root=settings().files_dir, by=current_viewer(), now=now())
    return {}


@pages.get("/viec/<uuid:task_id>/tep-da-co")
@policy(LOGGED_IN)
def files_there(task_id: uuid.UUID) -> Any:
    """The dossier's files to choose from, for the place `cho`; one line each, or only the line of `tep`."""
    task = read_task(task_id, current_viewer())
    if (one := request.args.get("tep")) is not None:
        return _line(task, _id(one))
    place = request.args.get("cho", "")
    return render_template("files/_choose.html", task=task, place=place, name=name_of_place(task, place))


def name_of_place(task: Task, place: str) -> str:
    """The name under which a form sends the files of a criterion ("2.6") or of a field ("report_files")."""
    form = procedure(task.case.process_version_id).form_of(task.element)
    if form is not None:
        table = next((component.key for component in form.fields if component.type == "criteria"), None)
        if table is not None and place[:1].isdigit():
            return f"{table}.{place}.evidence"
        if place in {component.key for component in form.fields if component.type == "filepicker"}:
            return place
    raise NotFound()


def _line(task: Task, file_id: uuid.UUID) -> str:
    file = read_file(file_id, current_viewer())
    if file.case_id != task.case_id:
        raise NotFound()
    place = request.values.get("criterion") or request.values.get("field") or ""
    return render_template("_file.html", file=file, task=task, name=name_of_place(task, place))


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound() from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadInput(_("Yêu cầu không hợp lệ. Hãy tải lại trang rồi chọn lại tệp."))
    return int(text)
