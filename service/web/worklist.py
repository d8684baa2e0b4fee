"""*Việc cần xử lý*: the home page. What is done from it in place: `web.handling`."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.audit.alarms import alarms
from service.cases.communes import anyone_assigned
from service.cases.operations import open_assigned_cases, open_case
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Viewer
from service.models import Role, UnitKind
from service.tasks.colleagues import colleagues, place_of
from service.tasks.facets import Facets
from service.tasks.filters import saved_filters
from service.tasks.pressing import PRIORITIES
from service.tasks.queries import unassigned_member_tasks
from service.tasks.worklist import Page, list_tasks, tally
from service.web import pages, today
from service.web.errors import wants_fragment
from service.web.worklist_address import CURSOR, NAMES, arguments, query_of, wanted_in, wanted_of
from service.web.worklist_rows import Rows
from service.wording import Words, marked

TAB_WORDS = Words(
    {
        "open": marked("Chờ xử lý"),
        "due_soon": marked("Sắp đến hạn"),
        "overdue": marked("Quá hạn"),
        "returned": marked("Bị trả lại"),
        "follow_up": marked("Đến ngày xem lại"),
        "done": marked("Đã xong"),
    }
)
EMPTY_WORDS = Words(
    {
        "open": marked("Hiện không có việc nào chờ ông/bà. Việc mới sẽ hiện ở đây khi hồ sơ chuyển đến."),
        "due_soon": marked("Không có việc nào đến hạn trong 7 ngày tới."),
        "overdue": marked("Không có việc nào quá hạn."),
        "returned": marked("Không có việc nào bị trả lại."),
        "follow_up": marked(
            "Không có việc nào đến ngày xem lại. Ngày xem lại đặt ở nút Điều phối của từng việc."
        ),
        "done": marked("Chưa có việc nào hoàn thành. Việc đã ký và gửi đi sẽ được giữ ở đây."),
    }
)
HOLDER_WORDS = Words(
    {
        "": marked("Mọi người"),
        "mine": marked("Tôi đang giữ"),
        "unassigned": marked("Chưa ai nhận"),
        "handed": marked("Được chuyển cho tôi"),
        "rows": marked("Có chỉ tiêu giao cho tôi"),
    }
)
FLAG_WORDS = Words(
    {
        "returned": marked("Bị trả lại"),
        "signing": marked("Chờ ký"),
        "urgent": marked("Khẩn"),
        "follow_up": marked("Đến ngày xem lại"),
    }
)
SORT_WORDS = Words(
    {
        "due": marked("Hạn xử lý"),
        "received": marked("Mới nhận trước"),
        "commune": marked("Tên xã, phường"),
        "priority": marked("Mức ưu tiên"),
    }
)


@pages.get("/viec")
@policy(LOGGED_IN)
def worklist() -> Any:
    viewer, wanted = current_viewer(), wanted_in(request.args)
    counted = tally(viewer, today())
    facets = Facets(viewer, counted.extent)
    page = list_tasks(viewer, wanted, day=today(), cursor=request.args.get(CURSOR), facets=facets)
    here = {**arguments(wanted), CURSOR: request.args.get(CURSOR)}
    rows = Rows(viewer, today(), done=wanted.tab == "done", here=here)
    shown: dict[str, Any] = {
        "page": page,
        "rows": list(rows.shown(page.items)),
        "wanted": wanted,
        "arguments": arguments,
        "here": here,
        "cursor_name": CURSOR,
        "tabs": [(name, text, counted.tabs[name]) for name, text in TAB_WORDS.items()],
        "empty": EMPTY_WORDS[wanted.tab],
        "now": now(),
        "assignable": _assignable(rows, page),
    }
    if wants_fragment():
        return render_template("_worklist_fresh.html", **shown)
    return render_template(
        "worklist.html",
        **shown,
        names=NAMES,
        choices=facets.choices(),
        holders=HOLDER_WORDS,
        flags=FLAG_WORDS,
        sorts={**SORT_WORDS, **({"due": _("Mới hoàn thành trước")} if rows.done else {})},
        anything=bool(counted.extent.total or wanted.narrows),
        saved=[(one, _arguments_kept(one.query)) for one in saved_filters(viewer)],
        query=query_of(wanted),
        priorities=PRIORITIES,
        unassigned=unassigned_member_tasks(today()) if viewer.departments else [],
        alarms=alarms(now()) if viewer.departments or viewer.has(Role.ADMINISTRATOR) else [],
        opening=_opening(viewer),
    )


@pages.post("/ho-so/mo")
@policy(f"role:{Role.OFFICER}", f"role:{Role.LEADER}")
def open_cases() -> Any:
    """Sở opens the year's assigned communes; a commune registers itself."""
    viewer = current_viewer()
    year = _year(request.form.get("year", ""))
    if viewer.departments:
        opened = open_assigned_cases(year=year, by=viewer, now=now())
        flash(
            _("Đã mở %(count)s hồ sơ theo chỉ tiêu năm %(year)s.", count=len(opened), year=year)
            if opened
            else _nothing_to_open(year),
            "success" if opened else "info",
        )
        return redirect(url_for("pages.case_list", nam=year), 303)
    commune = next((seat for seat in viewer.seats if seat.unit_id in viewer.communes), None)
    if commune is None:
        raise BadInput(_("Chỉ Sở TTTT hoặc UBND cấp xã mở được hồ sơ."))
    case_id = open_case(commune_id=commune.unit_id, year=year, by=viewer, now=now())
    flash(_("Đã mở hồ sơ năm %(year)s của %(unit_name)s.", year=year, unit_name=commune.unit_name), "success")
    return redirect(url_for("pages.case_page", case_id=case_id), 303)


def _nothing_to_open(year: int) -> str:
    if anyone_assigned(year):
        return _("Mọi xã được giao chỉ tiêu năm %(year)s đều đã có hồ sơ; không mở thêm.", year=year)
    return _(
        "Chưa xã nào được giao chỉ tiêu năm %(year)s. Quản trị viên hoặc lãnh đạo Sở TTTT nhập danh sách "
        "xã ở Quản trị, mục Chỉ tiêu được giao.",
        year=year,
    )


def _assignable(rows: Rows, page: Page) -> list[Any]:
    """To whom a leader may give the rows shown here; nobody for anybody else."""
    led = {
        place_of(row)
        for row in page.items
        if not rows.done and not row.completed_by_round and rows.leads(row.group, row.unit_id)
    }
    return list(colleagues(led, now())) if led else []


def _arguments_kept(query: str) -> dict[str, Any] | None:
    """A kept filter's arguments; None where an update of the system knows some of it no longer."""
    try:
        return arguments(wanted_of(query))
    except BadInput:
        return None


def _opening(viewer: Viewer) -> str:
    """Which way of opening cases this person has: department, commune or none."""
    preparing = (Role.OFFICER, Role.LEADER)
    if viewer.units(UnitKind.DEPARTMENT, *preparing):
        return "department"
    return "commune" if viewer.units(UnitKind.COMMUNE, *preparing) else ""


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise BadInput(
            _("Năm xét phải gồm 4 chữ số, ví dụ 2023."), fields={"year": [_("Ghi năm bằng 4 chữ số.")]}
        )
    return int(text)
