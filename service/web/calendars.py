"""*Lịch ngày làm việc*: everybody reads it; its keepers try a change out, then apply it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes, loaded_at
from service.calendars.operations import (
    OwnDay,
    check_decisions,
    import_years,
    read_decisions,
    rule_without_decision,
    rules_of,
    set_days,
    try_years,
    unset_day,
)
from service.calendars.pending import CALENDAR, pending_scopes
from service.calendars.queries import list_days, list_years, load_calendar, missing_years
from service.calendars.tables import read_day
from service.calendars.working_days import WEEKDAYS, WorkingCalendar
from service.errors import BadInput, DomainError
from service.http.access import LOGGED_IN, now, policy
from service.processes.differences import Trial, differences
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

CALENDAR_KINDS = ("calendar_imported", "calendar_days_set", "calendar_days_unset")


def calendar_of_request() -> WorkingCalendar:
    """The calendar as this request found it; read once."""
    if "working_calendar" not in g:
        g.working_calendar = load_calendar()
    return g.working_calendar  # type: ignore[no-any-return]


@pages.get("/lich", endpoint="calendar_page")
@policy(LOGGED_IN)
def show() -> Any:
    return _page()


@pages.post("/lich/<step>")
@policy(*KEEPER_POLICIES)
def change_calendar(step: str) -> Any:
    """Try a change out, or with the field `apply` make it; either way the page says what it moves."""
    return step_taken(STEPS, step, _page) or redirect(url_for("pages.calendar_page", nam=_year_shown()), 303)


def _set() -> Preview | None:
    day = read_day(request.form.get("day", ""))
    if day is None:
        raise BadInput(_("Ghi ngày, ví dụ 04/05/2024."), fields={"day": [_("Ghi ngày, ví dụ 04/05/2024.")]})
    working = request.form.get("working", "")
    if working not in ("yes", "no"):
        raise BadInput(_("Chọn ngày làm việc hoặc ngày nghỉ."))
    decision = OwnDay(
        day, working == "yes", request.form.get("name", "").strip(), request.form.get("source", "").strip()
    )
    word = recorded("ngày làm việc" if decision.is_working else "ngày nghỉ")
    what = recorded(f"{day:%d/%m/%Y} ({WEEKDAYS[day.weekday()]}) là {word}: {decision.name}")
    if not applying():
        check_decisions([decision])
        fields = {
            "day": day.isoformat(),
            "working": working,
            "name": decision.name,
            "source": decision.source,
        }
        calendar = load_calendar()
        return _tried(
            what, "ngay", fields, calendar.with_rules(rules_of([decision])), _already(calendar, decision)
        )
    set_days(decisions=[decision], by=keeper(), now=now())
    told_of_recomputing(_("Đã ghi quyết định của tỉnh."), f"{what} ({decision.source}).")
    return None


def _already(calendar: WorkingCalendar, decision: OwnDay) -> list[str]:
    """Says of a day that it is so anyway."""
    day = decision.day
    if not calendar.knows(day) or calendar.is_working(day) != decision.is_working:
        return []
    if decision.is_working:
        return [
            _(
                "%(day)s là %(weekday)s, theo lịch đã là ngày làm việc: quyết định này không đổi gì.",
                day=f"{day:%d/%m/%Y}",
                weekday=_(WEEKDAYS[day.weekday()]),
            )
        ]
    return [
        _(
            "%(day)s là %(weekday)s, theo lịch đã là ngày nghỉ: quyết định này không đổi gì.",
            day=f"{day:%d/%m/%Y}",
            weekday=_(WEEKDAYS[day.weekday()]),
        )
    ]


def _unset() -> Preview | None:
    day = read_day(request.form.get("day", ""))
    if day is None:
        raise BadInput(_("Không rõ ngày nào. Hãy tải lại trang."))
    what = recorded(f"Bỏ quyết định riêng về ngày {day:%d/%m/%Y}")
    if not applying():
        tried = load_calendar().with_rules(rule_without_decision(day))
        return _tried(what, "bo", {"day": day.isoformat()}, tried)
    unset_day(day=day, by=keeper(), now=now())
    told_of_recomputing(_("Đã bỏ quyết định riêng."), f"{what}.")
    return None


def _import() -> Preview | None:
    first, last = (request.form.get(name, "").strip() for name in ("first", "last"))
    if not all(year.isascii() and year.isdigit() and len(year) == 4 for year in (first, last or first)):
        raise BadInput(_("Ghi năm bằng 4 chữ số, ví dụ 2026."))
    years = range(int(first), int(last or first) + 1)
    if not 1 <= len(years) <= 20:
        raise BadInput(_("Ghi từ năm nhỏ đến năm lớn, mỗi lần không quá 20 năm."))
    what = recorded(f"Nhập ngày lễ Việt Nam các năm {years[0]}–{years[-1]}")
    if not applying():
        try:
            tried = try_years(years)
        except ValueError as error:
            raise BadInput(_("Chỉ nhập được các năm từ 2021 đến 2100.")) from error
        return _tried(what, "nhap", {"first": first, "last": last}, tried)
    imported = import_years(years=years, by=keeper(), now=now())
    kept = _(" Giữ %(count)s ngày tỉnh quyết định khác.", count=len(imported.kept)) if imported.kept else ""
    if imported.unannounced:
        named = ", ".join(map(str, imported.unannounced))
        flash(
            _(
                "Ngày nghỉ Tết và Quốc khánh năm %(named)s là dự kiến; hãy nhập lại khi có thông báo.",
                named=named,
            ),
            "warning",
        )
    told_of_recomputing(
        _("Đã nhập %(count)s ngày mới hoặc thay đổi.%(kept)s", count=len(imported.added), kept=kept),
        f"{what}.",
    )
    return None


def _file() -> Preview | None:
    name, content = uploaded()
    decisions = read_decisions(content, name)
    what = recorded(f"Ghi {len(decisions)} ngày từ tệp {name}")
    if not applying():
        check_decisions(decisions)
        fields = {"name": name, "content": content.decode("utf-8-sig")}
        told = [
            f"{one.day:%d/%m/%Y}: {_('làm việc') if one.is_working else _('nghỉ')}, {one.name}"
            for one in decisions
        ]
        return _tried(what, "tep", fields, load_calendar().with_rules(rules_of(decisions)), told)
    changed = set_days(decisions=decisions, by=keeper(), now=now())
    told_of_recomputing(_("Đã ghi %(changed)s ngày.", changed=changed), f"{what}.")
    return None


STEPS: Steps = {
    "ngay": _set,
    "bo": _unset,
    "nhap": _import,
    "tep": _file,
    "tinh-lai": go_on,
}


def _tried(
    title: str, step: str, fields: dict[str, str], calendar: WorkingCalendar, told: list[str] | None = None
) -> Preview:
    changes = list(differences(frozenset({CALENDAR}), Trial(calendar=calendar)))
    return Preview(title, step, fields, told or [], changes)


def _year_shown() -> int:
    """The year of the page: asked for, or of what was changed, else this year."""
    asked = request.args.get("nam", "") or request.form.get("day", "")[:4] or request.form.get("first", "")
    known = asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) > 0
    return int(asked) if known else today().year


def _page(preview: Preview | None = None, error: DomainError | None = None) -> str:
    year = _year_shown()
    years = list_years()
    return render_template(
        "calendars/calendar.html",
        year=year,
        sections=(shown := sections_beside()),
        changes=list_changes(kinds=CALENDAR_KINDS, size=5)[0] if shown else [],
        loaded_at=loaded_at,
        log_group=group_number(marked("Lịch và thời hạn")),
        known=next((row for row in years if row.year == year), None),
        years=[row.year for row in years],
        days=list_days(year),
        weekdays=WEEKDAYS,
        missing=missing_years(today()),
        pending=bool(pending_scopes()),
        keeper=is_keeper(),
        preview=preview,
        error=error,
        typed=request.form,
        most=MOST_SHOWN,
    )
