"""*Đơn vị*: the list; a unit with its positions and who holds them; *kiện toàn*."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.appointments import (
    CAPACITIES,
    add_position,
    appoint_person,
    end_appointment,
)
from service.administration.history import changes_about
from service.administration.sentences import GROUPS
from service.administration.typed import a_day, perhaps_a_day, refused
from service.administration.units import KINDS, alike, list_units, read_unit, units_left_behind
from service.errors import DomainError
from service.http.access import current_viewer, now, policy
from service.web import pages, today, words
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    asked,
    group_number,
    is_administrator,
    page,
    sent,
    tried,
)
from service.wording import Words, marked

KIND_WORDS = Words(
    {
        "province": marked("Cấp tỉnh"),
        "department": marked("Sở chủ trì thẩm tra"),
        "agency": marked("Sở, ngành được lấy ý kiến"),
        "district": marked("Cấp huyện"),
        "commune": marked("Cấp xã"),
    }
)


@pages.get("/quan-tri/don-vi", endpoint="unit_list")
@policy(ADMINISTRATOR, AUDITOR)
def show_units() -> Any:
    kind = asked("loai") if asked("loai") in KINDS else ""
    old_too = asked("cu") == "1"
    units, following = list_units(
        search=asked("q"), kind=kind, in_force_on=None if old_too else today(), after=asked("sau")
    )
    return page(
        "units.html",
        units=units,
        following=following,
        is_later_page=bool(asked("sau")),
        search=asked("q"),
        kind=kind,
        old_too=old_too,
        may_act=is_administrator(),
        left_behind=units_left_behind(today()),
        log_group=group_number(marked("Đơn vị")),
        kind_words=KIND_WORDS,
    )


@pages.get("/quan-tri/don-vi/<code>", endpoint="unit_page")
@policy(ADMINISTRATOR, AUDITOR)
def show_unit(code: str) -> Any:
    return show(code)


@pages.post("/quan-tri/don-vi/<code>/vi-tri", endpoint="unit_add_position")
@policy(ADMINISTRATOR)
def add_a_position(code: str) -> Any:
    refusal = tried(
        lambda: add_position(
            unit_code=code,
            role=sent("role"),
            title=sent("title"),
            capacity=sent("capacity"),
            by=current_viewer(),
            now=now(),
        ),
        lambda error: show(code, error),
    )
    return refusal if refusal is not None else _back(code, _("Đã thêm vị trí."))


@pages.post("/quan-tri/don-vi/<code>/giao", endpoint="unit_appoint")
@policy(ADMINISTRATOR)
def appoint(code: str) -> Any:
    def act() -> None:
        appoint_person(
            unit_code=code,
            position_id=id_of(sent("position"), "position", _("vị trí")),
            username=sent("username"),
            first=a_day(sent("first"), "first", _("ngày đầu")),
            last=perhaps_a_day(sent("last"), "last", _("ngày cuối")),
            legal_basis=sent("legal_basis"),
            by=current_viewer(),
            now=now(),
        )

    refusal = tried(act, lambda error: show(code, error))
    return (
        refusal
        if refusal is not None
        else _back(code, _("Đã giao vị trí. Việc đang mở của vị trí có người giữ mới."))
    )


@pages.post("/quan-tri/don-vi/<code>/thoi/<uuid:appointment_id>", endpoint="unit_end_appointment")
@policy(ADMINISTRATOR)
def end(code: str, appointment_id: uuid.UUID) -> Any:
    def act() -> None:
        last = a_day(sent("end"), "end", _("ngày cuối giữ vị trí"))
        end_appointment(appointment_id=appointment_id, last=last, by=current_viewer(), now=now())

    refusal = tried(act, lambda error: show(code, error))
    return (
        refusal if refusal is not None else _back(code, _("Đã ghi ngày cuối; việc đang mở ở lại với vị trí."))
    )


def id_of(text: str, field: str, called: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise refused(field, _("Hãy chọn %(called)s.", called=called)) from error


def show(code: str, error: DomainError | None = None) -> str:
    found = read_unit(code)
    about = {found.unit.id, *(one.id for one in found.positions)}
    kinds = [
        *GROUPS[marked("Đơn vị")],
        *GROUPS[marked("Xử lý thay")],
        *GROUPS[marked("Người và vị trí")],
        *GROUPS[marked("Phân công")],
    ]
    day = today()
    return page(
        "unit.html",
        error,
        found=found,
        unit=found.unit,
        current=[one for one in found.held if one.on(day) == "current"],
        coming=[one for one in found.held if one.on(day) == "coming"],
        past=[one for one in found.held if one.on(day) == "past"],
        changes=changes_about(about, kinds),
        kind_words=KIND_WORDS,
        ever_held={one.position_id for one in found.held},
        capacities={key: words.CAPACITIES[key] for key in CAPACITIES},
        may_act=is_administrator(),
        others=[(one.code, one.name) for one in alike(found.unit)] if is_administrator() else [],
    )


def _back(code: str, done: str) -> Any:
    flash(done, "success")
    return redirect(url_for("pages.unit_page", code=code), 303)
