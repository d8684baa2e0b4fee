"""*Lưu trữ*: periods, holds, what is past its time, lists for decision, transfers to the archive."""

from __future__ import annotations

import uuid
from itertools import count
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from service.administration.history import list_changes
from service.administration.sentences import GROUPS
from service.administration.typed import a_day, refused
from service.audit.erased import KIND_NAMES
from service.errors import BadInput, DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.http.extensions import settings
from service.identity.viewer import Viewer
from service.models import Case
from service.questions.files import CSV, XLSX, as_csv, as_xlsx
from service.retention.carrying_out import carry_out
from service.retention.due import due_for_erasure, due_for_transfer
from service.retention.holds import Held, lift_hold, list_holds, set_hold, units_to_choose
from service.retention.lists import decide_erasure, lists, propose_erasure, propose_redaction, read_list
from service.retention.periods import (
    COUNTED_FROM,
    Period,
    all_rules,
    import_suggested,
    period_text,
    rules_on,
    set_period,
)
from service.retention.redactable import Redactable, redactable, target_of
from service.retention.rights import decider_seat, keeper_seat, may_read_retention
from service.retention.transfers import (
    ArchiveReceipt,
    erasure_list,
    list_transfers,
    record_transfer,
    transfer_list,
)
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIRMAN,
    CLERK,
    LEADER,
    asked,
    page,
    sent,
    tried,
)
from service.wording import Words, marked

EVERYBODY = (ADMINISTRATOR, AUDITOR, LEADER, CHAIRMAN, CLERK)
KEEPERS, DECIDERS = (ADMINISTRATOR, CLERK), (LEADER, CHAIRMAN)
PARTS = Words(
    {
        "": marked("Thời hạn bảo quản"),
        "tam-dung": marked("Tạm dừng hủy"),
        "het-han": marked("Hết thời hạn"),
        "danh-muc": marked("Danh mục hủy"),
        "nop-luu": marked("Nộp lưu"),
    }
)
STATES = Words(
    {
        "proposed": marked("chờ quyết định"),
        "approved": marked("đã duyệt, đang thực hiện"),
        "refused": marked("không duyệt"),
        "done": marked("đã thực hiện"),
        "waiting": marked("chờ thực hiện"),
        "held": marked("tạm dừng hủy, giữ nguyên"),
    }
)
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# So many cases are erased while somebody waits for the page; the rest is done by the hourly pass.
AT_ONCE = 50


def _reader() -> Viewer:
    """Raises NotFound for leaders and clerks of other units, whom the policy lets this far."""
    viewer = current_viewer()
    if not may_read_retention(viewer):
        raise NotFound()
    return viewer


@pages.get("/quan-tri/luu-tru", endpoint="retention")
@policy(*EVERYBODY)
def show() -> Any:
    _reader()
    return _page(asked("muc"))


def _page(part: str, error: DomainError | None = None) -> str:
    viewer = current_viewer()
    part = part if part in PARTS else ""
    content: dict[str, Any] = {}
    if part == "":
        content = {
            "rules": all_rules(),
            "in_force": rules_on(today()),
            "changes": list_changes(kinds=("retention_period_set",), size=5)[0],
        }
    elif part == "tam-dung":
        content = {"holds": list_holds(), "units": units_to_choose() if keeper_seat(viewer) else []}
    elif part == "het-han":
        content = {"due": due_for_erasure(now()), "any_confirmed": _any_confirmed()}
    elif part == "danh-muc":
        content = {"lists": lists()}
    else:
        content = {"due": due_for_transfer(now()), "transfers": list_transfers()}
    return page(
        "retention.html",
        error,
        parts=PARTS,
        part=part,
        kinds=KIND_NAMES,
        counted_from=COUNTED_FROM,
        states=STATES,
        period_text=period_text,
        keeps=keeper_seat(viewer) is not None,
        decides=decider_seat(viewer) is not None,
        log_group=list(GROUPS).index(marked("Lưu trữ")),
        **content,
    )


def _any_confirmed() -> bool:
    return any(rule.confirmed and rule.years is not None for rule in rules_on(today()).values())


def _back(part: str) -> Any:
    return redirect(url_for("pages.retention", muc=part or None), 303)


def _done(part: str, act: Any, said: str) -> Any:
    refusal = tried(act, lambda error: _page(part, error))
    if refusal is not None:
        return refusal
    flash(said, "success")
    return _back(part)


def _years(name: str) -> int | None:
    typed = sent(name).strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise refused(name, _("Hãy ghi số năm, hoặc để trống."))
    return int(typed)


@pages.post("/quan-tri/luu-tru/thoi-han", endpoint="retention_period")
@policy(*KEEPERS)
def change_period() -> Any:
    viewer = _reader()

    def act() -> None:
        period = Period(
            sent("kind"),
            _years("years"),
            sent("counted_from"),
            _years("transfer_years"),
            sent("legal_basis"),
            sent("confirmed") == "1",
        )
        valid_from = a_day(sent("valid_from"), "valid_from", _("ngày hiệu lực"))
        set_period(period=period, valid_from=valid_from, by=viewer, now=now())

    return _done("", act, _("Đã đặt thời hạn bảo quản."))


@pages.post("/quan-tri/luu-tru/goi-y", endpoint="retention_suggested")
@policy(*KEEPERS)
def take_suggested() -> Any:
    viewer = _reader()
    return _done(
        "",
        lambda: import_suggested(by=viewer, now=now()),
        _("Đã nạp các thời hạn gợi ý. Khi chưa xác nhận, không nội dung nào bị hủy theo chúng."),
    )


@pages.post("/quan-tri/luu-tru/tam-dung", endpoint="retention_hold")
@policy(*KEEPERS)
def hold() -> Any:
    viewer = _reader()

    def act() -> None:
        year = sent("year").strip()
        if year and not (year.isascii() and year.isdigit() and len(year) == 4):
            raise refused("year", _("Năm gồm bốn chữ số, ví dụ 2023."))
        held = Held(sent("code"), int(year) if year else None, "", sent("unit"))
        if not (held.code.strip() or year or held.unit_code) and sent("everything") != "1":
            raise refused("code", _("Hãy ghi mã hồ sơ, năm hoặc đơn vị; hay đánh dấu “Mọi hồ sơ”."))
        set_hold(held=held, reason=sent("reason"), legal_basis=sent("legal_basis"), by=viewer, now=now())

    return _done("tam-dung", act, _("Đã tạm dừng hủy."))


@pages.post("/quan-tri/luu-tru/tam-dung/<uuid:hold_id>/bo", endpoint="retention_lift")
@policy(*KEEPERS)
def lift(hold_id: uuid.UUID) -> Any:
    viewer = _reader()
    return _done(
        "tam-dung",
        lambda: lift_hold(hold_id=hold_id, reason=sent("lifted_reason"), by=viewer, now=now()),
        _("Đã bỏ tạm dừng hủy."),
    )


@pages.get("/quan-tri/luu-tru/tep/<kind>.<book>", endpoint="retention_file")
@policy(*EVERYBODY)
def take_away(kind: str, book: str) -> Any:
    _reader()
    if book not in MEDIA_TYPES or kind not in ("het-han", "nop-luu"):
        raise NotFound()
    if kind == "nop-luu":
        answer, title = transfer_list(due_for_transfer(now()), now()), _("Danh mục hồ sơ nộp lưu")
    else:
        answer, title = erasure_list(due_for_erasure(now())), _("Danh mục tài liệu hết thời hạn bảo quản")
    content = as_csv(answer) if book == CSV else as_xlsx(answer, title=title, asked="")
    response = Response(content, mimetype=MEDIA_TYPES[book])
    response.headers["Content-Disposition"] = f'attachment; filename="luu-tru-{kind}.{book}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _cases_sent() -> list[uuid.UUID]:
    try:
        return [uuid.UUID(one) for one in request.form.getlist("case")[:1000]]
    except ValueError:
        raise BadInput(_("Hồ sơ đã chọn không có trong danh mục.")) from None


@pages.post("/quan-tri/luu-tru/de-nghi", endpoint="retention_propose")
@policy(*KEEPERS)
def propose() -> Any:
    viewer = _reader()
    made: list[uuid.UUID] = []

    def act() -> None:
        made.append(propose_erasure(case_ids=_cases_sent(), reason=sent("reason"), by=viewer, now=now()))

    refusal = tried(act, lambda error: _page("het-han", error))
    if refusal is not None:
        return refusal
    flash(_("Đã lập danh mục đề nghị hủy; người có thẩm quyền sẽ quyết định."), "success")
    return redirect(url_for("pages.retention_list", erasure_id=made[0]), 303)


@pages.get("/quan-tri/luu-tru/danh-muc/<uuid:erasure_id>", endpoint="retention_list")
@policy(*EVERYBODY)
def show_list(erasure_id: uuid.UUID) -> Any:
    _reader()
    return _list_page(erasure_id)


def _list_page(erasure_id: uuid.UUID, error: DomainError | None = None) -> str:
    viewer = current_viewer()
    one, cases = read_list(erasure_id)
    return page(
        "retention_list.html",
        error,
        section="retention",
        one=one,
        rows=cases,
        kinds=KIND_NAMES,
        states=STATES,
        decides=decider_seat(viewer) is not None and one.erasure.proposed_by != viewer.id,
        keeps=keeper_seat(viewer) is not None or decider_seat(viewer) is not None,
    )


@pages.post("/quan-tri/luu-tru/danh-muc/<uuid:erasure_id>/quyet-dinh", endpoint="retention_decide")
@policy(*DECIDERS)
def decide(erasure_id: uuid.UUID) -> Any:
    viewer = _reader()
    approve = sent("approve") == "1"
    refusal = tried(
        lambda: decide_erasure(
            erasure_id=erasure_id, approve=approve, decision=sent("decision"), by=viewer, now=now()
        ),
        lambda error: _list_page(erasure_id, error),
    )
    if refusal is not None:
        return refusal
    flash(_("Đã duyệt.") if approve else _("Đã ghi ý kiến không duyệt."), "success")
    if approve:
        _carry_on()
    return redirect(url_for("pages.retention_list", erasure_id=erasure_id), 303)


@pages.post("/quan-tri/luu-tru/thuc-hien", endpoint="retention_run")
@policy(*KEEPERS, *DECIDERS)
def run() -> Any:
    """Goes on with what was approved and is not done; both may ask, since nothing is decided by it."""
    _reader()
    _carry_on()
    return _back("danh-muc")


def _carry_on() -> None:
    number = count()
    done = carry_out(settings().files_dir, now(), keep_on=lambda: next(number) < AT_ONCE)
    flash(
        _(
            "Đã hủy %(things)s mục của %(cases)s hồ sơ; %(held)s hồ sơ tạm dừng hủy nên giữ nguyên. "
            "Phần còn lại, nếu có, hệ thống làm tiếp mỗi giờ.",
            things=done.things,
            cases=done.cases,
            held=done.held,
        ),
        "info",
    )


@pages.get("/quan-tri/luu-tru/luoc-bo", endpoint="retention_redact")
@policy(*KEEPERS)
def choose_redaction() -> Any:
    _reader()
    return _redaction_page(asked("ma"))


def _redaction_page(code: str, error: DomainError | None = None) -> str:
    case: Case | None = None
    found: list[Redactable] = []
    if code.strip():
        try:
            case, found = redactable(code, current_viewer())
        except NotFound as refusal:
            error = error or refusal
    return page("retention_redact.html", error, section="retention", code=code, case=case, found=found)


@pages.post("/quan-tri/luu-tru/luoc-bo", endpoint="retention_redact_propose")
@policy(*KEEPERS)
def redact() -> Any:
    viewer = _reader()
    made: list[uuid.UUID] = []

    def act() -> None:
        case, found = redactable(sent("code"), viewer)
        target = target_of(sent("target")) if sent("target") else None
        if target is None or target not in [one.target for one in found]:
            raise refused("target", _("Hãy chọn một mục trong danh sách."))
        made.append(
            propose_redaction(
                case_id=case.id,
                target=target,
                reason=sent("reason"),
                legal_basis=sent("legal_basis"),
                by=viewer,
                now=now(),
            )
        )

    refusal = tried(act, lambda error: _redaction_page(sent("code"), error))
    if refusal is not None:
        return refusal
    flash(_("Đã đề nghị lược bỏ; người có thẩm quyền sẽ quyết định."), "success")
    return redirect(url_for("pages.retention_list", erasure_id=made[0]), 303)


@pages.post("/quan-tri/luu-tru/nop-luu", endpoint="retention_transfer")
@policy(*KEEPERS)
def transfer() -> Any:
    viewer = _reader()

    def act() -> None:
        received_on = a_day(sent("received_on"), "received_on", _("ngày giao nhận"))
        receipt = ArchiveReceipt(sent("archive"), sent("number"), received_on, sent("receiver"), sent("note"))
        record_transfer(case_ids=_cases_sent(), receipt=receipt, by=viewer, now=now())

    return _done("nop-luu", act, _("Đã ghi biên bản nộp lưu."))
