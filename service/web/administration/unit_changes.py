"""*Sửa đơn vị*: a unit added or changed, its successors; its positions and last days put right."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.history import changes_about
from service.administration.positions import change_position, remove_position
from service.administration.prolonging import prolong_appointment
from service.administration.sentences import GROUPS
from service.administration.successions import add_succession, remove_succession
from service.administration.typed import LONGEST_BASIS, a_day, perhaps_a_day, text
from service.administration.unit_changes import (
    PARENTS,
    StillNeeded,
    UnitValues,
    add_unit,
    change_unit,
    checked,
    values_of,
)
from service.administration.units import list_parents, read_unit
from service.errors import DomainError
from service.http.access import current_viewer, now, policy
from service.web import pages
from service.web.administration import units
from service.web.administration.room import ADMINISTRATOR, page, sent, tried
from service.wording import marked

OF_UNITS = marked("Đơn vị")


@pages.get("/quan-tri/don-vi-moi", endpoint="unit_new")
@policy(ADMINISTRATOR)
def new_form() -> Any:
    return _new()


@pages.post("/quan-tri/don-vi-moi", endpoint="unit_add")
@policy(ADMINISTRATOR)
def add() -> Any:
    refusal = tried(
        lambda: add_unit(
            code=sent("code"), kind=sent("kind"), values=_values(), by=current_viewer(), now=now()
        ),
        _new,
    )
    return refusal if refusal is not None else _back(sent("code").strip().lower(), _("Đã thêm đơn vị."))


@pages.get("/quan-tri/don-vi/<code>/sua", endpoint="unit_edit")
@policy(ADMINISTRATOR)
def edit_form(code: str) -> Any:
    return _edit(code)


@pages.post("/quan-tri/don-vi/<code>/sua", endpoint="unit_change")
@policy(ADMINISTRATOR)
def change(code: str) -> Any:
    refusal = tried(
        lambda: change_unit(
            code=code,
            values=_values(),
            seen=sent("seen"),
            accepted=sent("accepted") if sent("confirmed") == "1" else "",
            by=current_viewer(),
            now=now(),
        ),
        lambda error: _edit(code, error),
    )
    return refusal if refusal is not None else _back(code, _("Đã lưu đơn vị."))


@pages.post("/quan-tri/don-vi/<code>/ke-tiep", endpoint="unit_add_succession")
@policy(ADMINISTRATOR)
def link(code: str) -> Any:
    other = sent("other").strip()

    def act() -> None:
        former, later = (other, code) if sent("direction") == "before" else (code, other)
        add_succession(
            predecessor=former,
            successor=later,
            since=a_day(sent("since"), "since", _("ngày kế tiếp")),
            legal_basis=text(sent("link_basis"), "link_basis", _("căn cứ (số, ngày văn bản)"), LONGEST_BASIS),
            by=current_viewer(),
            now=now(),
        )

    return _acted(code, act, _("Đã ghi đơn vị kế tiếp."))


@pages.post("/quan-tri/don-vi/<code>/ke-tiep/bo", endpoint="unit_remove_succession")
@policy(ADMINISTRATOR)
def unlink(code: str) -> Any:
    other = sent("other").strip()
    former, later = (other, code) if sent("direction") == "before" else (code, other)
    return _acted(
        code,
        lambda: remove_succession(predecessor=former, successor=later, by=current_viewer(), now=now()),
        _("Đã bỏ liên kết; nhật ký vẫn ghi lại việc này."),
    )


@pages.post("/quan-tri/don-vi/<code>/vi-tri/<uuid:position_id>", endpoint="unit_change_position")
@policy(ADMINISTRATOR)
def retitle(code: str, position_id: uuid.UUID) -> Any:
    def act() -> None:
        change_position(
            position_id=position_id,
            title=sent("new_title"),
            capacity=sent("new_capacity"),
            by=current_viewer(),
            now=now(),
        )

    return _acted(code, act, _("Đã sửa vị trí. Văn bản đã ký giữ chức danh lúc ký."))


@pages.post("/quan-tri/don-vi/<code>/vi-tri/<uuid:position_id>/xoa", endpoint="unit_remove_position")
@policy(ADMINISTRATOR)
def remove(code: str, position_id: uuid.UUID) -> Any:
    return _acted(
        code,
        lambda: remove_position(position_id=position_id, by=current_viewer(), now=now()),
        _("Đã xóa vị trí."),
    )


@pages.post("/quan-tri/don-vi/<code>/giu-tiep/<uuid:appointment_id>", endpoint="unit_prolong_appointment")
@policy(ADMINISTRATOR)
def hold_on(code: str, appointment_id: uuid.UUID) -> Any:
    def act() -> None:
        last = perhaps_a_day(sent("until"), "until", _("ngày cuối mới"))
        prolong_appointment(appointment_id=appointment_id, last=last, by=current_viewer(), now=now())

    return _acted(code, act, _("Đã đổi ngày cuối giữ vị trí."))


def _acted(code: str, act: Callable[[], Any], done: str) -> Any:
    refusal = tried(act, lambda error: units.show(code, error))
    return refusal if refusal is not None else _back(code, done)


def _values() -> UnitValues:
    return checked(
        sent("name"),
        sent("parent"),
        a_day(sent("first"), "first", _("ngày bắt đầu hoạt động")),
        perhaps_a_day(sent("last"), "last", _("ngày cuối hoạt động")),
        sent("source"),
    )


def _new(error: DomainError | None = None) -> str:
    return page("unit_form.html", error, unit=None, kind_words=units.KIND_WORDS, parents=list_parents())


def _edit(code: str, error: DomainError | None = None) -> str:
    found = read_unit(code)
    unit = found.unit
    allowed = PARENTS[unit.kind]
    return page(
        "unit_form.html",
        error,
        unit=unit,
        seen=values_of(unit).seal,
        still=error.found if isinstance(error, StillNeeded) else None,
        kind_words=units.KIND_WORDS,
        parents=[one for one in list_parents() if one.kind in allowed],
        successors=found.successors,
        changes=changes_about({unit.id}, list(GROUPS[OF_UNITS]), 10),
    )


def _back(code: str, done: str) -> Any:
    flash(done, "success")
    return redirect(url_for("pages.unit_page", code=code), 303)
