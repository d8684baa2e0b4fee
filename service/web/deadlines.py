"""*Thời hạn* of each step, year and district: tried out, then applied; taken in and given out as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes, loaded_at
from service.administration.step_names import newest_procedures, procedure_name, step_name
from service.calendars.pending import pending_scopes
from service.deadlines.files import read_deadlines, to_csv, to_yaml
from service.deadlines.operations import (
    check_known,
    checked_deadline,
    remove_deadline,
    set_deadlines,
    trial_of,
)
from service.deadlines.queries import (
    DeadlineKey,
    DeadlineRow,
    list_deadlines,
    list_districts,
    read_deadline,
    years_with_deadlines,
)
from service.errors import BadInput, DomainError, NotFound
from service.http.access import LOGGED_IN, now, policy
from service.processes.differences import Trial, differences
from service.processes.queries import Procedure
from service.web import pages, today
from service.web.administration.room import group_number, sections_beside
from service.web.trying_out import (
    KEEPER_POLICIES,
    MOST_SHOWN,
    Preview,
    Steps,
    applying,
    go_on,
    is_keeper,
    keeper,
    step_taken,
    told_of_recomputing,
    uploaded,
)
from service.wording import marked, recorded

OF_TIME = marked("Lịch và thời hạn")
TYPED = ("procedure", "year", "district", "element", "wording", "source")


@pages.get("/thoi-han", endpoint="deadline_page")
@policy(LOGGED_IN)
def show() -> Any:
    return _page()


@pages.get("/thoi-han/xuat/<form>")
@policy(LOGGED_IN)
def export_deadlines(form: str) -> Response:
    """The deadlines of the year shown, to be opened in a spreadsheet or kept; importing takes them back."""
    if form not in ("csv", "yaml"):
        raise NotFound()
    rows = list_deadlines(year=_year())
    name = f"thoi-han-{_year() or 'tat-ca'}.{form}"
    content, kind = (to_csv(rows), "text/csv") if form == "csv" else (to_yaml(rows), "application/yaml")
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.post("/thoi-han/<step>")
@policy(*KEEPER_POLICIES)
def change_deadlines(step: str) -> Any:
    """Try a change out, or with the field `apply` make it."""
    return step_taken(STEPS, step, _page) or redirect(
        url_for("pages.deadline_page", nam=request.form.get("year") or None), 303
    )


def _one() -> Preview | None:
    cells = {name: " ".join(request.form.get(name, "").split()) for name in TYPED}
    if chosen := request.form.get("step", ""):
        cells["procedure"], _slash, cells["element"] = chosen[:200].partition("/")
    row = checked_deadline(cells)
    if not applying():
        return _tried(_("Ghi thời hạn"), "mot", cells, [row])
    set_deadlines(rows=[row], by=keeper(), now=now())
    told_of_recomputing(
        _("Đã ghi thời hạn."),
        recorded(f"Thời hạn mới: {row.wording} ({row.source})."),
    )
    return None


def _remove() -> Preview | None:
    year = request.form.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise BadInput(_("Không rõ thời hạn nào. Hãy tải lại trang."))
    key = DeadlineKey(
        request.form.get("procedure", "")[:100],
        int(year),
        request.form.get("district", "")[:100],
        request.form.get("element", "")[:100],
    )
    row = read_deadline(key)
    if row is None:
        raise BadInput(_("Không có thời hạn này; có thể người khác vừa xóa."))
    if not applying():
        fields = {name: request.form.get(name, "") for name in TYPED[:4]}
        scopes, tried = trial_of([], removed=[key])
        changes = list(differences(scopes, Trial(deadlines=tried)))
        return Preview(_("Xóa thời hạn “%(wording)s”", wording=row.wording), "xoa", fields, [], changes)
    remove_deadline(key=key, by=keeper(), now=now())
    told_of_recomputing(
        _("Đã xóa thời hạn."),
        recorded(f"Bỏ thời hạn: {row.wording} ({row.source})."),
    )
    return None


def _file() -> Preview | None:
    name, content = uploaded()
    rows = read_deadlines(content, name)
    if not applying():
        check_known(rows)
        return _tried(
            _("Nhập %(count)s thời hạn từ tệp %(name)s", count=len(rows), name=name),
            "tep",
            {"name": name, "content": content.decode("utf-8-sig")},
            rows,
        )
    changed = set_deadlines(rows=rows, by=keeper(), now=now())
    told_of_recomputing(
        _(
            "Đã nhập %(count)s thời hạn, %(changed)s mới hoặc thay đổi.",
            count=len(rows),
            changed=len(changed),
        ),
        recorded("Thời hạn của thủ tục thay đổi."),
    )
    return None


STEPS: Steps = {
    "mot": _one,
    "xoa": _remove,
    "tep": _file,
    "tinh-lai": go_on,
}


def _tried(title: str, step: str, fields: dict[str, str], rows: list[DeadlineRow]) -> Preview:
    scopes, tried = trial_of(rows)
    bundles, districts = newest_procedures(), {one.code: one.name for one in list_districts()}
    told = [
        _(
            "%(place)s: “%(wording)s” nghĩa là %(meaning)s.",
            place=_place(row, bundles, districts),
            wording=row.wording,
            meaning=meaning(row),
        )
        for row in rows
    ]
    return Preview(title, step, fields, told, list(differences(scopes, Trial(deadlines=tried))))


def meaning(row: DeadlineRow) -> str:
    """What the words of a deadline come to."""
    if row.last_day is not None:
        return _("ngày cuối cùng là %(last_day)s", last_day=f"{row.last_day:%d/%m/%Y}")
    return _("%(period)s, tính từ ngày sau ngày nhận hồ sơ", period=row.period)


def _choices(
    rows: list[DeadlineRow], bundles: Mapping[str, Procedure]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per procedure its steps as (procedure/step, name): as drawn, or those that have deadlines already."""
    steps = {key: list(bundle.definition.tasks) for key, bundle in bundles.items()}
    for row in rows:
        if row.key.procedure not in bundles:
            known = steps.setdefault(row.key.procedure, [])
            if row.key.element not in known:
                known.append(row.key.element)
    return [
        (
            procedure_name(key, bundles),
            [(f"{key}/{element}", step_name(key, element, bundles)) for element in elements],
        )
        for key, elements in steps.items()
    ]


def _place(row: DeadlineRow, bundles: Mapping[str, Procedure], districts: Mapping[str, str]) -> str:
    return _(
        "%(element)s, %(district)s, năm %(year)s",
        element=step_name(row.key.procedure, row.key.element, bundles),
        district=districts.get(row.key.district) or row.key.district or _("mọi huyện"),
        year=row.key.year,
    )


def _as_drawn(row: DeadlineRow, bundles: Mapping[str, Procedure]) -> tuple[str, int, str, int, str]:
    """Steps in the order of the diagram, those of procedures not yet published last by name."""
    key, bundle = row.key, bundles.get(row.key.procedure)
    tasks = list(bundle.definition.tasks) if bundle is not None else []
    order = tasks.index(key.element) if key.element in tasks else len(tasks)
    return ("" if bundle is not None else key.procedure, key.year, key.district, order, key.element)


def _year() -> int | None:
    """The year to show; None for all."""
    asked = request.args.get("nam", "") or request.form.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None


def _page(preview: Preview | None = None, error: DomainError | None = None) -> str:
    district = request.args.get("huyen")
    bundles = newest_procedures()
    rows = sorted(
        list_deadlines(year=_year(), district=district or None), key=lambda row: _as_drawn(row, bundles)
    )
    return render_template(
        "calendars/deadlines.html",
        rows=rows,
        meaning=meaning,
        bundles=bundles,
        step_name=step_name,
        choices=_choices(list_deadlines(), bundles),
        procedure_name=procedure_name,
        sections=(shown := sections_beside()),
        changes=list_changes(kinds=("deadlines_set",), size=5)[0] if shown else [],
        loaded_at=loaded_at,
        log_group=group_number(OF_TIME),
        years=years_with_deadlines(),
        year=_year(),
        district=district or "",
        districts=list_districts(),
        default_year=_year() or today().year,
        pending=bool(pending_scopes()),
        keeper=is_keeper(),
        preview=preview,
        error=error,
        typed=request.form,
        most=MOST_SHOWN,
    )
