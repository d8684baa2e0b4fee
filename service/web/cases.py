"""The list of cases, and what ends or moves one outside its tasks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from service.cases.operations import Consent, dissolve_commune, go_on_without_opinion, withdraw_case
from service.cases.queries import list_cases, read_case
from service.cases.whereabouts import standing_at
from service.errors import BadInput, DomainError, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Viewer
from service.models import Case
from service.processes.queries import procedure, read_version
from service.web import pages, today, words
from service.wording import Words, marked

STATUSES = Words(
    {
        "": marked("Tất cả"),
        "open": marked("Đang xử lý"),
        "finished": marked("Đã kết thúc"),
        "stuck": marked("Dừng bất thường"),
    }
)

# action in the address: (heading, who is asked what, operation, what is said afterwards)
ACTIONS: dict[str, tuple[str, str, Any, str]] = {
    "rut": (
        marked("Rút hồ sơ"),
        marked("Xã rút hồ sơ thì hồ sơ kết thúc và không mở lại. Năm sau xã có thể đăng ký lại."),
        withdraw_case,
        marked("Đã rút hồ sơ."),
    ),
    "cham-dut": (
        marked("Đơn vị chấm dứt hoạt động"),
        marked("Dùng khi đơn vị hành chính đã sáp nhập hoặc giải thể. Hồ sơ kết thúc và không mở lại."),
        dissolve_commune,
        marked("Đã kết thúc hồ sơ vì đơn vị chấm dứt hoạt động."),
    ),
    "di-tiep": (
        marked("Đi tiếp khi chưa có ý kiến của Thành viên"),
        marked(
            "Ý kiến của Thành viên là thành phần bắt buộc. Chỉ ghi nhận khi Chủ tịch UBND tỉnh đã đồng ý "
            "bằng văn bản; im lặng không phải là đồng ý."
        ),
        go_on_without_opinion,
        marked("Đã ghi nhận; hồ sơ chuyển về huyện để hoàn thiện, tổng hợp."),
    ),
}
AWAITED = {"rut": "withdrawal_requested", "cham-dut": "commune_dissolved", "di-tiep": "opinion_waived"}


@pages.get("/ho-so")
@policy(LOGGED_IN)
def case_list() -> Any:
    year, status = request.args.get("nam", ""), request.args.get("tinh-trang", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise BadInput(_("Năm xét phải gồm 4 chữ số, ví dụ 2023."))
    if status not in STATUSES:
        raise BadInput(_("Không có tình trạng này."))
    search = request.args.get("tim", "")[:100]
    place = _place_wanted()
    page = list_cases(
        current_viewer(),
        year=int(year) if year else None,
        status=status,
        search=search,
        version_id=place.version_id if place else None,
        only=place.condition if place else None,
        cursor=request.args.get("sau"),
    )
    kept = place.address if place else {}
    chosen: dict[str, Any] = {"tim": search or None, "nam": year or None, "tinh-trang": status or None} | kept
    steps = {}
    for row in page.items:
        bundle = procedure(row.process_version_id)
        steps[row.id] = [
            bundle.element_name(step) for step in words.waiting_steps(bundle.definition, row.active)
        ]
    return render_template(
        "cases.html",
        page=page,
        year=year,
        status=status,
        statuses=STATUSES,
        search=search,
        steps=steps,
        place=place,
        kept=kept,
        address=lambda **more: url_for("pages.case_list", **chosen, **more),
    )


@dataclass(frozen=True)
class Place:
    """Cases of one version, or of one of its steps: what the numbers of the live diagram lead to."""

    version_id: uuid.UUID
    condition: ColumnElement[bool] | None
    text: str
    address: dict[str, str]


def _place_wanted() -> Place | None:
    key, number = request.args.get("quy-trinh", ""), request.args.get("phien-ban", "")
    if not key and not number:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise NotFound(_("Không có phiên bản này."))
    bundle = procedure(read_version(key, int(number)).id)
    text = _("%(name)s, phiên bản %(version)s", name=bundle.name, version=bundle.version)
    address = {"quy-trinh": key, "phien-ban": number}
    element, late = request.args.get("buoc", ""), request.args.get("qua-han") == "1"
    if not element:
        return Place(bundle.id, None, text, address)
    if element not in bundle.definition.elements:
        raise NotFound(_("Không có bước này trong phiên bản %(version)s.", version=bundle.version))
    name = bundle.element_name(element)
    told = _("ở bước “%(name)s” (%(place)s)", name=name, place=text)
    if late:
        told = _("quá hạn ở bước “%(name)s” (%(place)s)", name=name, place=text)
    condition = standing_at(element, late_on=today() if late else None)
    return Place(bundle.id, condition, told, address | {"buoc": element} | ({"qua-han": "1"} if late else {}))


@pages.route("/ho-so/<uuid:case_id>/<action>", methods=["GET", "POST"])
@policy(LOGGED_IN)
def case_action(case_id: uuid.UUID, action: str) -> Any:
    """One page asks for the reason, and does what can't be undone only then."""
    case = read_case(case_id, current_viewer())
    if action not in ACTIONS or action not in _actions_of_seat(case, current_viewer()):
        raise NotFound()
    if action not in allowed_actions(case, current_viewer()):
        flash(_too_late(case), "info")
        return redirect(url_for("pages.case_page", case_id=case_id), 303)
    heading, warning, operation, done = ACTIONS[action]
    asks_consent = operation is go_on_without_opinion
    error: DomainError | None = None
    if request.method == "POST":
        try:
            more = {"consent": _consent_typed()} if asks_consent else {}
            reason = request.form.get("reason", "")
            operation(case_id=case_id, reason=reason, by=current_viewer(), now=now(), **more)
        except DomainError as caught:
            error = caught
        else:
            flash(_(done), "success")
            return redirect(url_for("pages.case_page", case_id=case_id), 303)
    case = read_case(case_id, current_viewer())
    body = render_template(
        "case_action.html",
        case=case,
        heading=_(heading),
        warning=_(warning),
        asks_consent=asks_consent,
        error=error,
        errors=error.fields if isinstance(error, BadInput) else {},
    )
    return body, error.status if error else 200


def _consent_typed() -> Consent:
    """The Chairman's document as typed; a date that is none is asked for again at its field."""
    try:
        issued_on = date.fromisoformat(request.form.get("issued_on", ""))
    except ValueError:
        issued_on = None
    return Consent(request.form.get("number", ""), issued_on)


def allowed_actions(case: Case, viewer: Viewer) -> list[str]:
    """What this person may do to the case outside its tasks, now."""
    if case.status == "finished":
        return []
    return [action for action in _actions_of_seat(case, viewer) if AWAITED[action] in case.awaited]


def _actions_of_seat(case: Case, viewer: Viewer) -> list[str]:
    """What this person may do where the case waits for it."""
    allowed: list[str] = []
    if viewer.seat_for_signing("commune", case.commune_id, "leader"):
        allowed.append("rut")
    if viewer.seat_for_signing("department", case.department_id, "leader"):
        allowed += ["cham-dut", "di-tiep"]
    return allowed


def _too_late(case: Case) -> str:
    """To somebody who pressed twice, or whom a colleague forestalled."""
    if case.outcome == "dossier_withdrawn":
        return _("Hồ sơ đã rút.")
    if case.status == "finished":
        return _("Hồ sơ đã kết thúc: %(status)s.", status=words.case_status(case)[0])
    return _("Hồ sơ không ở bước cho phép việc này.")
