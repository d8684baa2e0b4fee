"""The criteria table of a task outside the page: as an Excel file out and in, and on paper."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.audit.operations import Actor, record_access
from service.clock import local_day
from service.database import transaction
from service.dossiers.annex_books import AnnexBook, annex_book
from service.dossiers.annex_files import AnnexTable, read_annex_file
from service.dossiers.result_files import MAX_BYTES, Problem, ResultFileError
from service.errors import BadInput, DraftChanged, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.tasks.operations import save_draft
from service.tasks.queries import read_task
from service.web import pages, words
from service.web.criteria_grid import Grid
from service.web.grid_changes import (
    Values,
    changes,
    fillable_columns,
    merged,
    require_fillable,
    require_rows_of,
    values_of,
)
from service.web.posted import seen_rev
from service.web.task_page import TaskPage, task_page
from service.wording import recorded

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_PROBLEMS = 60


@pages.get("/viec/<uuid:task_id>/phu-luc")
@policy(LOGGED_IN)
def annex(task_id: uuid.UUID) -> Any:
    """Phụ lục 01 with what the task's page shows, as it is printed."""
    page = _page(task_id)
    if page.grid is None or not page.grid.groups:
        raise NotFound()
    return render_template("annex.html", page=page, grid=page.grid, document=_catalogue_document(page))


@pages.get("/viec/<uuid:task_id>/phu-luc.xlsx")
@policy(LOGGED_IN)
def annex_sheet(task_id: uuid.UUID) -> Any:
    """The same as a file to fill in; its download is logged first."""
    page = _page(task_id)
    columns = fillable_columns(page)
    if not columns or page.grid is None:
        raise NotFound()
    document = _catalogue_document(page)
    issued = words.day(document.date)
    code, commune, element = page.case.code, page.case.commune.name, page.task.element
    content = annex_book(
        AnnexBook(
            heading=f"{document.annex}. {document.annex_title}",
            source=recorded(
                f"(Kèm theo Quyết định số {document.number} ngày {issued} của {document.issuer})"
            ),
            dossier=recorded(f"{commune} – hồ sơ {code} – {page.task.name}"),
            year=page.case.year,
            columns=columns,
            criteria=[row.criterion for group in page.grid.groups for row in group.rows],
            values=page.answers.get(page.grid.component.key) or {},
            levels=_levels(page.grid) if "agreed" in columns else None,
        )
    )
    _record(page, "annex_downloaded", {"element": element})
    name = recorded(f"{code} Phụ lục 01 – {commune}.xlsx")
    response = Response(content, mimetype=XLSX)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{code}-phu-luc-01.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/viec/<uuid:task_id>/bang-tinh")
@policy(LOGGED_IN)
def sheet_page(task_id: uuid.UUID) -> Any:
    page = _page(task_id)
    require_fillable(page)
    return _sheet_page(page)


@pages.post("/viec/<uuid:task_id>/bang-tinh")
@policy(LOGGED_IN)
def read_sheet_file(task_id: uuid.UUID) -> Any:
    """A filled-in file: what it would change, or what is to be mended in it. Nothing is stored."""
    page = _page(task_id)
    columns = require_fillable(page)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _sheet_page(page, error=_("Hãy chọn tệp đã điền rồi bấm “Kiểm tra tệp”.")), 422
    name = file.filename
    # One byte more than is taken tells that it is too large; no more of it is read.
    data = file.stream.read(MAX_BYTES + 1)
    try:
        table = read_annex_file(data, name, page.bundle.catalogue.year(page.case.year), columns)
        _require_this_case(page, table, name)
        require_rows_of(page, table.rows, name)
        values = values_of(page, table.rows, name, today=_today())
    except ResultFileError as error:
        shown = error.problems[:SHOWN_PROBLEMS]
        more = len(error.problems) - len(shown)
        return _sheet_page(page, filename=name, problems=shown, more=more), 422
    return _preview(page, values, columns, name)


@pages.post("/viec/<uuid:task_id>/bang-tinh/nhan")
@policy(LOGGED_IN)
def take_sheet(task_id: uuid.UUID) -> Any:
    """What the preview showed goes into the draft that it was compared with, or nothing does."""
    page = _page(task_id)
    columns = require_fillable(page)
    values = _posted(page, columns)
    taken = sum(len(row.cells) for row in changes(page, values, columns))
    try:
        save_draft(
            task_id=task_id, answers=merged(page, values), seen_rev=seen_rev(), by=current_viewer(), now=now()
        )
    except DraftChanged:
        # Shown again beside what is there now: the colleague's work is seen before it is touched.
        return _preview(_page(task_id), values, columns, request.form.get("filename", ""), changed=True), 409
    except BadInput as error:
        sentence = next((one for messages in error.fields.values() for one in messages), str(error))
        return _sheet_page(_page(task_id), error=_("Chưa nhập được: %(reason)s", reason=sentence)), 422
    flash(_("Đã nhập %(taken)s ô từ bảng tính vào bản nháp.", taken=taken), "success")
    return redirect(url_for("pages.task_page", task_id=task_id, _anchor="criteria-grid"), 303)


def _page(task_id: uuid.UUID) -> TaskPage:
    return task_page(read_task(task_id, current_viewer()), current_viewer(), whole=True)


def _sheet_page(page: TaskPage, **more: Any) -> str:
    return render_template("annex_sheet.html", page=page, **more)


def _preview(
    page: TaskPage, values: Values, columns: tuple[str, ...], filename: str, *, changed: bool = False
) -> str:
    rows = changes(page, values, columns)
    return _sheet_page(
        page,
        filename=filename,
        rows=rows,
        cells=sum(len(row.cells) for row in rows),
        cleared=sum(not cell.after for row in rows for cell in row.cells),
        was={cell.name: cell.was for row in rows for cell in row.cells},
        values=values,
        changed=changed,
    )


def _posted(page: TaskPage, columns: tuple[str, ...]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for criterion in page.assessed:
        names = {key: f"criteria.{criterion.id}.{key}" for key in columns}
        given = {key: request.form[name] for key, name in names.items() if name in request.form}
        if given:
            values[criterion.id] = given
    return values


def _levels(grid: Grid) -> dict[str, str]:
    """What each earlier level found, a line each: what the meeting talks about."""
    return {
        row.criterion.id: "\n".join(
            recorded(f"{one.level}: {one.value.raw or '–'} ({words.VERDICTS[one.value.verdict]})")
            for one in row.earlier
        )
        for group in grid.groups
        for row in group.rows
    }


def _require_this_case(page: TaskPage, table: AnnexTable, filename: str) -> None:
    if table.case_code in ("", page.case.code):
        return
    wrong = _(
        "tệp này là mẫu của hồ sơ %(case_code)s, hồ sơ đang mở là %(code)s; nếu đúng là muốn dùng, hãy xóa "
        "dòng ghi mã hồ sơ ở đầu bảng rồi gửi lại",
        case_code=table.case_code,
        code=page.case.code,
    )
    raise ResultFileError(filename, (Problem(wrong),))


def _catalogue_document(page: TaskPage) -> Any:
    return page.bundle.catalogue.document


def _record(page: TaskPage, kind: str, data: dict[str, Any]) -> None:
    case_id = page.case.id
    with transaction() as session:
        by = Actor(current_viewer().id)
        record_access(session.connection(), kind, data, case_id=case_id, by=by, at=now())


def _today() -> date:
    return local_day(now())
