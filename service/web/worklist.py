"""*Việc cần xử lý*: the home page, and taking or giving back a task in place."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from service.audit.alarms import alarms
from service.cases.operations import open_assigned_cases, open_case
from service.errors import BadInput
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Viewer
from service.models import Role, UnitKind
from service.tasks.operations import claim_task, release_task
from service.tasks.queries import TABS, count_tabs, list_tasks, unassigned_member_tasks
from service.web import pages, today
from service.web.errors import wants_fragment

TAB_WORDS = {
    "open": "Chờ xử lý",
    "due_soon": "Sắp đến hạn",
    "overdue": "Quá hạn",
    "returned": "Bị trả lại",
    "done": "Đã xong",
}
EMPTY_WORDS = {
    "open": "Hiện không có việc nào chờ ông/bà. Việc mới sẽ hiện ở đây khi hồ sơ chuyển đến.",
    "due_soon": "Không có việc nào đến hạn trong 7 ngày tới.",
    "overdue": "Không có việc nào quá hạn.",
    "returned": "Không có việc nào bị trả lại.",
    "done": "Chưa có việc nào hoàn thành. Việc đã ký và gửi đi sẽ được giữ ở đây.",
}
URL_NAMES = {"tab": "danh-sach", "search": "tim", "mine_only": "cua-toi", "cursor": "sau"}


@pages.get("/viec")
@policy(LOGGED_IN)
def worklist() -> Any:
    viewer = current_viewer()
    tab = request.args.get(URL_NAMES["tab"], "open")
    search = request.args.get(URL_NAMES["search"], "")[:100]
    mine_only = request.args.get(URL_NAMES["mine_only"]) == "1"
    cursor = request.args.get(URL_NAMES["cursor"])
    page = list_tasks(viewer, day=today(), tab=tab, search=search, mine_only=mine_only, cursor=cursor)
    return render_template(
        "_worklist.html" if wants_fragment() else "worklist.html",
        page=page,
        tab=tab,
        tabs=[
            (name, TAB_WORDS[name], count)
            for name, count in count_tabs(viewer, today()).items()
            if name in TABS
        ],
        search=search,
        mine_only=mine_only,
        empty=EMPTY_WORDS[tab],
        unassigned=unassigned_member_tasks(today()) if viewer.departments else [],
        alarms=alarms(now()) if viewer.departments or viewer.has(Role.ADMINISTRATOR) else [],
        opening=_opening(viewer),
        names=URL_NAMES,
        may_take=lambda row: _may_take(viewer, row),
    )


@pages.post("/viec/<uuid:task_id>/nhan")
@policy(LOGGED_IN)
def claim(task_id: uuid.UUID) -> Any:
    claim_task(task_id=task_id, by=current_viewer(), now=now())
    return _back_to_list("Đã nhận việc.")


@pages.post("/viec/<uuid:task_id>/tra-viec")
@policy(LOGGED_IN)
def release(task_id: uuid.UUID) -> Any:
    release_task(task_id=task_id, by=current_viewer(), now=now())
    return _back_to_list("Đã trả việc về danh sách chung của đơn vị.")


@pages.post("/ho-so/mo")
@policy(f"role:{Role.OFFICER}", f"role:{Role.LEADER}")
def open_cases() -> Any:
    """Sở opens the year's assigned communes; a commune registers itself."""
    viewer = current_viewer()
    year = _year(request.form.get("year", ""))
    if viewer.departments:
        opened = open_assigned_cases(year=year, by=viewer, now=now())
        flash(
            f"Đã mở {len(opened)} hồ sơ theo chỉ tiêu năm {year}."
            if opened
            else f"Mọi xã được giao chỉ tiêu năm {year} đều đã có hồ sơ; không mở thêm.",
            "success" if opened else "info",
        )
        return redirect(url_for("pages.case_list", nam=year), 303)
    commune = next((seat for seat in viewer.seats if seat.unit_id in viewer.communes), None)
    if commune is None:
        raise BadInput("Chỉ Sở TTTT hoặc UBND cấp xã mở được hồ sơ.")
    case_id = open_case(commune_id=commune.unit_id, year=year, by=viewer, now=now())
    flash(f"Đã mở hồ sơ năm {year} của {commune.unit_name}.", "success")
    return redirect(url_for("pages.case_page", case_id=case_id), 303)


def _may_take(viewer: Viewer, row: Any) -> bool:
    """Whether this person prepares or signs the task at its present stage (a clerk only looks on)."""
    signs = viewer.seat_for_signing(row.group, row.unit_id, row.signer)
    return bool(signs or (row.stage == "preparing" and viewer.seat_for_preparing(row.group, row.unit_id)))


def _opening(viewer: Viewer) -> str:
    """Which way of opening cases this person has: department, commune or none."""
    preparing = (Role.OFFICER, Role.LEADER)
    if viewer.units(UnitKind.DEPARTMENT, *preparing):
        return "department"
    return "commune" if viewer.units(UnitKind.COMMUNE, *preparing) else ""


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise BadInput("Năm xét phải gồm 4 chữ số, ví dụ 2023.", fields={"year": ["Ghi năm bằng 4 chữ số."]})
    return int(text)


def _back_to_list(sentence: str) -> Any:
    flash(sentence, "success")
    if request.form.get("back") == "task":
        return redirect(url_for("pages.task_page", task_id=request.view_args["task_id"]), 303)  # type: ignore[index]
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in URL_NAMES.values()}
    return redirect(url_for("pages.worklist", **kept), 303)
