"""*Chỉ tiêu được giao*: communes of a year by district; one added or removed; a file tried, then taken in."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.administration.history import latest_data, list_changes
from service.administration.quota_files import FIRST_YEAR, LAST_YEAR, read_quotas
from service.administration.quotas import (
    communes_by_name,
    import_quotas,
    list_assigned,
    plan_import,
    remove_quota,
    years_assigned,
)
from service.administration.sentences import GROUPS
from service.administration.typed import refused
from service.calendars.tables import write_csv
from service.errors import BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    LEADER,
    asked,
    handed_in,
    keeps_assignments,
    must_read_assignments,
    page,
    sent,
    tried,
)
from service.wording import marked, recorded


@pages.get("/quan-tri/chi-tieu", endpoint="quota_list")
@policy(ADMINISTRATOR, AUDITOR, LEADER)
def show() -> Any:
    must_read_assignments()
    return _page(_year_asked())


@pages.post("/quan-tri/chi-tieu/them", endpoint="quota_add")
@policy(ADMINISTRATOR, LEADER)
def add_one() -> Any:
    must_read_assignments()
    year = sent("year").strip()

    def act() -> None:
        if not sent("commune"):
            raise refused("commune", _("Hãy chọn xã."))
        try:
            lines = read_quotas(
                write_csv([recorded("Năm"), recorded("Mã xã")], [[year, sent("commune")]]), "mot-xa.csv"
            )
        except BadInput as error:
            told = " ".join(sentence for said in error.fields.values() for sentence in said) or str(error)
            raise refused(
                "year" if "năm" in told.lower() else "commune", told[:1].upper() + told[1:]
            ) from error
        added = import_quotas(lines=lines, source=sent("source"), by=current_viewer(), now=now())
        if added:
            flash(
                _("Đã thêm %(commune)s vào chỉ tiêu năm %(year)s.", commune=lines[0].commune, year=year),
                "success",
            )
        else:
            flash(
                _("%(commune)s đã có trong chỉ tiêu năm %(year)s.", commune=lines[0].commune, year=year),
                "info",
            )

    refusal = tried(act, lambda error: _page(_year_asked(), error))
    return refusal if refusal is not None else redirect(url_for("pages.quota_list", nam=year), 303)


@pages.post("/quan-tri/chi-tieu/bo", endpoint="quota_remove")
@policy(ADMINISTRATOR, LEADER)
def remove_one() -> Any:
    must_read_assignments()
    year = _year(sent("year")) or 0

    def act() -> None:
        name = remove_quota(code=sent("code"), year=year, by=current_viewer(), now=now())
        flash(_("Đã bỏ %(name)s khỏi chỉ tiêu năm %(year)s.", name=name, year=year), "success")

    refusal = tried(act, lambda error: _page(year, error))
    return (
        refusal
        if refusal is not None
        else redirect(url_for("pages.quota_list", nam=year, vua_bo=sent("code")), 303)
    )


@pages.post("/quan-tri/chi-tieu/tep", endpoint="quota_import")
@policy(ADMINISTRATOR, LEADER)
def take_in_a_file() -> Any:
    """First what it would do, without writing; with the field `apply` it is done, all of it or nothing."""
    must_read_assignments()
    shown: list[str] = []

    def act() -> None:
        content, name = _list_handed_in()
        lines = read_quotas(content, name)
        if request.form.get("apply") != "1":
            text = content.decode("utf-8-sig")
            shown.append(_page(None, plan=plan_import(lines), content=text, file_name=name))
            return
        added = import_quotas(lines=lines, source=sent("source"), by=current_viewer(), now=now())
        flash(
            _("Đã nhập %(added)s xã.", added=added)
            if added
            else _("Mọi xã trong tệp đã có trong danh sách; không có gì thay đổi."),
            "success" if added else "info",
        )

    refusal = tried(act, lambda error: _page(None, error))
    if refusal is not None:
        return refusal
    return shown[0] if shown else redirect(url_for("pages.quota_list"), 303)


def _list_handed_in() -> tuple[bytes, str]:
    """(CSV, its name); the decision it comes from is asked for together with a new file."""
    if "content" not in request.form and not sent("source").strip():
        raise refused("source", _("Hãy ghi văn bản giao chỉ tiêu."))
    return handed_in()


def _year(text: str) -> int | None:
    known = text.isascii() and text.isdigit() and len(text) == 4
    return int(text) if known and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def _year_asked() -> int | None:
    return _year(asked("nam") or sent("year"))


def _taken_off(year: int) -> dict[str, Any] | None:
    """The commune just taken off the list of this year, and the document by which it was on it."""
    code = asked("vua_bo")
    if not code:
        return None
    on_it = {one.code for rows in list_assigned(year).values() for one in rows}
    found = (one for one in latest_data("quota_removed") if (one["commune"], one["year"]) == (code, year))
    return next(found, None) if code not in on_it else None


def _page(year: int | None, error: DomainError | None = None, **preview: Any) -> str:
    years = years_assigned()
    shown = year or (today().year if today().year in years or not years else max(years))
    return page(
        "quotas.html",
        error,
        years=years if shown in years else {**years, shown: 0},
        year=shown,
        districts=list_assigned(shown),
        communes=communes_by_name() if keeps_assignments() else [],
        undo=_taken_off(shown) if keeps_assignments() else None,
        changes=list_changes(kinds=("quotas_added", "quota_removed"), size=5)[0],
        may_act=keeps_assignments(),
        log_group=list(GROUPS).index(marked("Phân công")),
        plan=preview.get("plan"),
        content=preview.get("content", ""),
        file_name=preview.get("file_name", ""),
    )
