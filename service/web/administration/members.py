"""*Thành viên phụ trách*: each district with its member, those without one first."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes
from service.administration.members import (
    assign_member,
    end_assignment,
    list_districts_with_members,
    member_positions,
)
from service.administration.prolonging import prolong_assignment
from service.administration.typed import a_day, perhaps_a_day
from service.administration.units import units_left_behind
from service.errors import DomainError
from service.http.access import current_viewer, now, policy
from service.models import UnitKind
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    LEADER,
    keeps_assignments,
    must_read_assignments,
    page,
    sent,
    tried,
)
from service.web.administration.units import id_of

MEMBER_KINDS = ("member_assigned", "member_assignment_ended", "member_assignment_prolonged")


@pages.get("/quan-tri/thanh-vien", endpoint="member_list")
@policy(ADMINISTRATOR, AUDITOR, LEADER)
def show_members() -> Any:
    must_read_assignments()
    return _page()


@pages.post("/quan-tri/thanh-vien/giao", endpoint="member_assign")
@policy(ADMINISTRATOR, LEADER)
def assign() -> Any:
    must_read_assignments()

    def act() -> None:
        assign_member(
            district_code=sent("district"),
            position_id=id_of(sent("position"), "position", _("vị trí Thành viên")),
            first=a_day(sent("first"), "first", _("ngày đầu")),
            last=perhaps_a_day(sent("last"), "last", _("ngày cuối")),
            legal_basis=sent("legal_basis"),
            by=current_viewer(),
            now=now(),
        )

    refusal = tried(act, _page)
    return refusal if refusal is not None else _back(_("Đã giao huyện cho thành viên."))


@pages.post("/quan-tri/thanh-vien/<uuid:assignment_id>/ket-thuc", endpoint="member_end")
@policy(ADMINISTRATOR, LEADER)
def end_one(assignment_id: uuid.UUID) -> Any:
    must_read_assignments()

    def act() -> None:
        last = a_day(sent("end"), "end", _("ngày cuối phụ trách"))
        end_assignment(assignment_id=assignment_id, last=last, by=current_viewer(), now=now())

    refusal = tried(act, _page)
    return refusal if refusal is not None else _back(_("Đã ghi ngày cuối phụ trách."))


@pages.post("/quan-tri/thanh-vien/<uuid:assignment_id>/tiep", endpoint="member_prolong")
@policy(ADMINISTRATOR, LEADER)
def go_on(assignment_id: uuid.UUID) -> Any:
    must_read_assignments()

    def act() -> None:
        last = perhaps_a_day(sent("until"), "until", _("ngày cuối mới"))
        prolong_assignment(assignment_id=assignment_id, last=last, by=current_viewer(), now=now())

    refusal = tried(act, _page)
    return refusal if refusal is not None else _back(_("Đã đổi ngày cuối phụ trách."))


def _page(error: DomainError | None = None) -> str:
    day = today()
    return page(
        "members.html",
        error,
        districts=list_districts_with_members(day),
        positions=member_positions(),
        day=day,
        left_behind=[unit for unit in units_left_behind(day) if unit.kind == UnitKind.COMMUNE],
        changes=list_changes(kinds=MEMBER_KINDS, size=5)[0],
        may_act=keeps_assignments(),
    )


def _back(done: str) -> Any:
    flash(done, "success")
    return redirect(url_for("pages.member_list"), 303)
