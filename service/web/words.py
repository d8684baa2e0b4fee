"""How things are said on screens: dates, days left, verdicts, who holds what. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from service.calendars.working_days import NO_CALENDAR, WorkingCalendar
from service.clock import LOCAL
from service.questions import kinds
from service.tasks.narrowing import DUE_SOON
from service.wording import Words, marked

# As service.calendars.holidays_vn names what computed the days.
PACKAGE = re.compile(r"\bholidays \d[\w.]*")
VERDICTS: Mapping[str, str] = Words(
    {
        "met": marked("Đạt"),
        "not_met": marked("Chưa đạt"),
        "undecided": marked("Chưa kết luận"),
        "missing": marked("Thiếu số liệu"),
        "not_applicable": marked("Không áp dụng"),
        "not_assessed": marked("Không đánh giá"),
    }
)
DECISIONS: Mapping[str, str] = Words(
    {
        "met": marked("Kết luận: đạt"),
        "not_met": marked("Kết luận: chưa đạt"),
        "not_applicable": marked("Kết luận: không áp dụng"),
    }
)
# Steps whose acts give values per criterion, as column headings.
LEVELS = kinds.LEVELS
CAPACITIES: Mapping[str, str] = Words(
    {
        "": marked("Ký trực tiếp (người đứng đầu)"),
        "TM.": marked("TM. (thay mặt)"),
        "KT.": marked("KT. (ký thay)"),
        "TL.": marked("TL. (thừa lệnh)"),
        "TUQ.": marked("TUQ. (thừa ủy quyền)"),
    }
)
ROLES: Mapping[str, str] = Words(
    {
        "officer": marked("Chuyên viên"),
        "leader": marked("Lãnh đạo"),
        "member": marked("Thành viên BCĐ tỉnh"),
        "chairman": marked("Chủ tịch/Phó Chủ tịch UBND tỉnh"),
        "clerk": marked("Văn thư"),
        "process_owner": marked("Chủ quy trình"),
        "auditor": marked("Kiểm tra (chỉ đọc)"),
        "administrator": marked("Quản trị"),
    }
)
ELIGIBLE: Mapping[str, str] = Words(
    {
        "yes": marked("Đủ điều kiện"),
        "no": marked("Không đủ điều kiện"),
        "undecided": marked("Chưa kết luận được"),
    }
)
# The responsible member's opinion as a whole (rounds.standing).
OPINIONS: Mapping[str, str] = Words(
    {
        "yes": marked("xã đã hoàn thành các tiêu chí"),
        "no": marked("xã chưa hoàn thành các tiêu chí"),
        "criteria": marked("chỉ theo từng chỉ tiêu, không có ý kiến chung"),
        "none": marked("chưa có ý kiến"),
    }
)
ELIGIBLE_VERDICT: Mapping[str, str] = {"yes": "met", "no": "not_met", "undecided": "undecided"}
LISTS: Mapping[str, str] = Words(
    {
        "assigned": marked("Đề nghị công nhận – thuộc chỉ tiêu được giao (QĐ 969)"),
        "registered": marked("Đề nghị công nhận – xã tự nguyện đăng ký"),
        "not_proposed": marked("Không đề nghị công nhận"),
    }
)
BASES: Mapping[str, str] = Words(
    {"assigned": marked("chỉ tiêu được giao"), "registered": marked("tự nguyện đăng ký")}
)
OUTCOMES: Mapping[str, str] = Words(
    {
        "recognise": marked("Công nhận"),
        "refuse": marked("Không công nhận"),
        "return": marked("Chuyển lại Sở"),
        "set_aside": marked("Để lại đợt sau"),
    }
)
# What becomes of a case after the Decision, beside its outcome.
AFTERWARDS: Mapping[str, str] = Words(
    {
        "recognise": marked("Kết quả ghi vào hồ sơ; hồ sơ kết thúc."),
        "refuse": marked("Kết quả ghi vào hồ sơ; hồ sơ kết thúc."),
        "return": marked("Hồ sơ về Sở TTTT để thẩm tra lại."),
        "set_aside": marked("Hồ sơ chờ đợt sau; xã và Sở TTTT đã được báo."),
    }
)
ROUND_STATES: Mapping[str, str] = Words(
    {
        "gathering": marked("Sở đang tổng hợp, soạn Tờ trình"),
        "signing": marked("Chờ lãnh đạo Sở ký Tờ trình"),
        "submitted": marked("Chờ Chủ tịch UBND tỉnh quyết định"),
        "decided": marked("Đã quyết định"),
    }
)
TOPICS: Mapping[str, str] = Words(
    {
        "step": marked("Chuyển bước"),
        "return": marked("Trả lại"),
        "work": marked("Phân công, trình ký"),
        "document": marked("Văn bản"),
        "deadline": marked("Thời hạn"),
        "system": marked("Tự động"),
    }
)
# End events: what the badge says and which of the badge's looks it has.
ENDS: Mapping[str, tuple[str, str]] = {
    "commune_recognised": (marked("Đã công nhận"), "recognised"),
    "commune_not_recognised": (marked("Không công nhận"), "refused"),
    "dossier_withdrawn": (marked("Xã rút hồ sơ"), "withdrawn"),
    "unit_dissolved": (marked("Đơn vị chấm dứt hoạt động"), "withdrawn"),
}


def day(value: date | datetime | str | None) -> str:
    """dd/MM/yyyy in Thanh Hóa; "" for nothing. ISO text is read."""
    if not value:
        return ""
    if isinstance(value, str):
        try:
            return day(datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value))
        except ValueError:
            return value
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL)
    # A list says hundreds of days; `strftime` takes four times as long.
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


def moment(value: datetime | None) -> str:
    """14:05 ngày 20/11/2023."""
    return _("%(time)s ngày %(day)s", time=clock_time(value), day=day(value)) if value else ""


def clock_time(value: datetime) -> str:
    local = value.astimezone(LOCAL)
    return f"{local.hour:02}:{local.minute:02}"


# Beyond a year nobody counts working days.
LONGEST_OVERDUE = timedelta(days=366)


@dataclass(frozen=True)
class Due:
    """`look` is ok | soon | overdue | none; `text` says the same in words."""

    look: str
    text: str


def due(last_day: date | None, today: date, calendar: Callable[[], WorkingCalendar] | None = None) -> Due:
    """A due date with the days left in words; the last day itself still counts.

    What is near or past is counted in working days where `calendar`, asked only then, knows the years.
    """
    if last_day is None:
        return Due("none", _("không có thời hạn"))
    left = (last_day - today).days
    if left == 0:
        return Due("soon", _("%(day)s, hết hạn hôm nay", day=day(last_day)))
    if left > DUE_SOON.days:
        return Due("ok", _("%(day)s, còn %(left)s ngày", day=day(last_day), left=left))
    known = calendar() if calendar is not None and -left <= LONGEST_OVERDUE.days else NO_CALENDAR
    working = known.working_days_between(today, last_day) if known.knows(today, last_day) else None
    if left < 0:
        late = _("%(working)s ngày làm việc", working=-working) if working else _("%(left)s ngày", left=-left)
        return Due("overdue", _("%(day)s, quá hạn %(late)s", day=day(last_day), late=late))
    if working is None:
        return Due("soon", _("%(day)s, còn %(left)s ngày", day=day(last_day), left=left))
    words = (
        _("còn %(working)s ngày làm việc", working=working)
        if working
        else _("còn %(left)s ngày, đều là ngày nghỉ", left=left)
    )
    return Due("soon", f"{day(last_day)}, {words}")


def number(value: object) -> str:
    """A decimal string or number with the decimal comma."""
    if value is None or value == "":
        return ""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.replace(".", ",")


def file_size(size: int) -> str:
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / (1024 * 1024):.1f} MB".replace(".", ",")


def waiting_steps(definition: Any, active: Any) -> list[str]:
    """The human steps that hold a token; other waiting elements only where no person is waited for."""
    return [element for element in active if element in definition.tasks] or list(active)


def case_status(case: Any) -> tuple[str, str]:
    """(text, look) of a case's badge: how it ended, or that it is on its way."""
    if case.status == "finished":
        text, look = ENDS.get(case.outcome or "", (marked("Đã kết thúc"), "withdrawn"))
        return _(text), look
    if case.status == "stuck":
        return (_("Dừng bất thường"), "returned")
    return (_("Đang xử lý"), "running")


def stage(task: Any) -> str:
    """What the task waits for, in two or three words."""
    return stage_of(task.completed_by_round, task.stage, task.state)


def stage_of(completed_by_round: bool, stage: str, state: str) -> str:
    if completed_by_round:
        return _("chờ đợt xét")
    if stage == "signing":
        return _("chờ ký")
    return _("đang soạn") if state == "reserved" else _("chưa ai nhận")


def document_heading(document: Any) -> str:
    """Số 12/BC-UBND ngày 04/12/2023, or that the number is still to come."""
    if not document.number:
        return _("chưa cấp số")
    if not document.issued_on:
        return _("số %(number)s", number=document.number)
    return _("số %(number)s ngày %(day)s", number=document.number, day=day(document.issued_on))


def calendar_source(source: str) -> str:
    """What a day of the calendar rests on; the record names the computing package with its version."""
    parts = sorted(source.split("; "), key=lambda part: bool(PACKAGE.fullmatch(part)))
    told = without_packages("; ".join(parts))
    return told[:1].upper() + told[1:]


def without_packages(text: str) -> str:
    """A recorded reason as officials read it."""
    return PACKAGE.sub(_("dữ liệu ngày lễ tính sẵn của phần mềm"), text)


def signer(document: Any) -> str:
    """Phó Giám đốc Sở, KT. (ký thay): Nguyễn Văn A. “KT. Phó Giám đốc” would sign for the deputy."""
    capacity = f", {CAPACITIES.get(document.capacity, document.capacity)}" if document.capacity else ""
    return f"{document.signer_title}{capacity}: {document.signer_name}"
