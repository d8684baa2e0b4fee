"""The list of cases and one case: overview, criteria, dossier, history; and what ends or moves it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from service.audit.operations import Actor, record_access
from service.cases.course import holders, step_line
from service.cases.levels import criteria_at_all_levels, hidden_levels
from service.cases.operations import Consent, dissolve_commune, go_on_without_opinion, withdraw_case
from service.cases.opinions import stale_opinions
from service.cases.papers import documents_of, files_of
from service.cases.queries import list_cases, read_case
from service.cases.timeline import timeline
from service.database import transaction
from service.documents.operations import number_document
from service.errors import BadInput, DomainError, NotFound
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.viewer import Viewer
from service.models import Case
from service.processes.queries import procedure
from service.rounds.queries import documents_for_case
from service.web import pages, words
from service.web.addresses import local_address
from service.web.criteria_grid import by_id
from service.web.dossier import dossier_parts
from service.web.errors import wants_fragment

TABS = {"": "Tổng quan", "chi-tieu": "Chỉ tiêu", "ho-so": "Hồ sơ", "qua-trinh": "Quá trình xử lý"}
STATUSES = {"": "Tất cả", "open": "Đang xử lý", "finished": "Đã kết thúc", "stuck": "Dừng bất thường"}

# action in the address: (heading, who is asked what, operation, what is said afterwards)
ACTIONS: dict[str, tuple[str, str, Any, str]] = {
    "rut": (
        "Rút hồ sơ",
        "Xã rút hồ sơ thì hồ sơ kết thúc và không mở lại. Năm sau xã có thể đăng ký lại.",
        withdraw_case,
        "Đã rút hồ sơ.",
    ),
    "cham-dut": (
        "Đơn vị chấm dứt hoạt động",
        "Dùng khi đơn vị hành chính đã sáp nhập hoặc giải thể. Hồ sơ kết thúc và không mở lại.",
        dissolve_commune,
        "Đã kết thúc hồ sơ vì đơn vị chấm dứt hoạt động.",
    ),
    "di-tiep": (
        "Đi tiếp khi chưa có ý kiến của Thành viên",
        (
            "Ý kiến của Thành viên là thành phần bắt buộc. Chỉ ghi nhận khi Chủ tịch UBND tỉnh đã đồng ý "
            "bằng văn bản; im lặng không phải là đồng ý."
        ),
        go_on_without_opinion,
        "Đã ghi nhận; hồ sơ chuyển về huyện để hoàn thiện, tổng hợp.",
    ),
}
AWAITED = {"rut": "withdrawal_requested", "cham-dut": "commune_dissolved", "di-tiep": "opinion_waived"}


@pages.get("/ho-so")
@policy(LOGGED_IN)
def case_list() -> Any:
    year, status = request.args.get("nam", ""), request.args.get("tinh-trang", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise BadInput("Năm xét phải gồm 4 chữ số, ví dụ 2023.")
    if status not in STATUSES:
        raise BadInput("Không có tình trạng này.")
    search = request.args.get("tim", "")[:100]
    page = list_cases(
        current_viewer(),
        year=int(year) if year else None,
        status=status,
        search=search,
        cursor=request.args.get("sau"),
    )
    steps = {}
    for row in page.items:
        bundle = procedure(row.process_version_id)
        steps[row.id] = [
            bundle.element_name(step) for step in words.waiting_steps(bundle.definition, row.active)
        ]
    return render_template(
        "cases.html", page=page, year=year, status=status, statuses=STATUSES, search=search, steps=steps
    )


@pages.get("/ho-so/<uuid:case_id>", endpoint="case_page")
@policy(LOGGED_IN)
def show(case_id: uuid.UUID) -> Any:
    tab = request.args.get("tab", "")
    if tab not in TABS:
        raise NotFound()
    viewer = current_viewer()
    read_case(case_id, viewer)
    _record_view(case_id, viewer, tab or "tong-quan")
    return _page(read_case(case_id, viewer), viewer, tab)


@pages.route("/ho-so/<uuid:case_id>/<action>", methods=["GET", "POST"])
@policy(LOGGED_IN)
def case_action(case_id: uuid.UUID, action: str) -> Any:
    """One page asks for the reason, and does what can't be undone only then."""
    case = read_case(case_id, current_viewer())
    if action not in ACTIONS or action not in allowed_actions(case, current_viewer()):
        raise NotFound()
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
            flash(done, "success")
            return redirect(url_for("pages.case_page", case_id=case_id), 303)
    case = read_case(case_id, current_viewer())
    body = render_template(
        "case_action.html",
        case=case,
        heading=heading,
        warning=warning,
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


@pages.post("/van-ban/<uuid:document_id>/cap-so")
@policy(LOGGED_IN)
def give_number(document_id: uuid.UUID) -> Any:
    """Văn thư cấp số, from the dossier's list of documents or from a round's page."""
    text = request.form.get("issued_on", "")
    try:
        issued_on = date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            "Hãy ghi ngày văn bản.", fields={"issued_on": ["Ngày văn bản chưa đúng, hãy chọn ngày."]}
        ) from error
    number = request.form.get("number", "")
    number_document(
        document_id=document_id, number=number, issued_on=issued_on, by=current_viewer(), now=now()
    )
    flash(f"Đã cấp số {number.strip()}.", "success")
    return redirect(local_address(request.form.get("back", "")), 303)


def allowed_actions(case: Case, viewer: Viewer) -> list[str]:
    """What this person may do to the case outside its tasks, now."""
    allowed: list[str] = []
    if case.status == "finished":
        return allowed
    if viewer.seat_for_signing("commune", case.commune_id, "leader"):
        allowed.append("rut")
    if viewer.seat_for_signing("department", case.department_id, "leader"):
        allowed += ["cham-dut", "di-tiep"]
    return [action for action in allowed if AWAITED[action] in case.awaited]


def _page(case: Case, viewer: Viewer, tab: str) -> str:
    hide = hidden_levels(case, viewer)
    bundle = procedure(case.process_version_id)
    shown: dict[str, Any] = {}
    if tab == "":
        shown = {"steps": step_line(case), "parts": dossier_parts(case)}
    elif tab == "chi-tieu":
        rows = criteria_at_all_levels(case, hide=hide)
        spoken = {level for row in rows for level in row.values}
        shown = {
            "rows": rows,
            "levels": [level for level in words.LEVELS if level in spoken],
            "stale": stale_opinions(case) if not hide else frozenset(),
            "files": by_id(files_of(case.id, viewer)),
            "groups": bundle.catalogue.groups,
        }
    elif tab == "ho-so":
        shown = {
            "parts": dossier_parts(case),
            "files": files_of(case.id, viewer),
            "documents": [*documents_of(case.id), *documents_for_case(case.id)],
        }
    else:
        shown = {"entries": timeline(case, hide=hide)}
    return render_template(
        f"_case_{tab or 'overview'}.html" if wants_fragment() else "case.html",
        case=case,
        tab=tab,
        tabs=TABS,
        bundle=bundle,
        holders=holders(case.id),
        hidden=hide,
        actions=[(name, ACTIONS[name][0]) for name in allowed_actions(case, viewer)],
        **shown,
    )


def _record_view(case_id: uuid.UUID, viewer: Viewer, what: str) -> None:
    with transaction() as session:
        record_access(
            session.connection(),
            "case_viewed",
            {"part": what},
            case_id=case_id,
            by=Actor(viewer.id),
            at=now(),
        )
