"""How things are said on screens: dates, days left, verdicts, who holds what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from service.calendars.working_days import NO_CALENDAR, WorkingCalendar
from service.clock import LOCAL
from service.tasks.worklist import DUE_SOON

VERDICTS: Mapping[str, str] = {
    "met": "Đạt",
    "not_met": "Chưa đạt",
    "undecided": "Chưa kết luận",
    "missing": "Thiếu số liệu",
    "not_applicable": "Không áp dụng",
    "not_assessed": "Không đánh giá",
}
DECISIONS: Mapping[str, str] = {
    "met": "Kết luận: đạt",
    "not_met": "Kết luận: chưa đạt",
    "not_applicable": "Kết luận: không áp dụng",
}
# Steps whose acts give values per criterion, as column headings.
LEVELS: Mapping[str, str] = {
    "self_assess": "Xã tự đánh giá",
    "district_appraise": "Huyện thẩm định",
    "member_opinion": "Ý kiến Thành viên",
    "department_verify": "Sở thẩm tra",
    "reconciliation_meeting": "Hội nghị",
}
CAPACITIES: Mapping[str, str] = {
    "": "Ký trực tiếp (người đứng đầu)",
    "TM.": "TM. (thay mặt)",
    "KT.": "KT. (ký thay)",
    "TL.": "TL. (thừa lệnh)",
    "TUQ.": "TUQ. (thừa ủy quyền)",
}
ROLES: Mapping[str, str] = {
    "officer": "Chuyên viên",
    "leader": "Lãnh đạo",
    "member": "Thành viên BCĐ tỉnh",
    "chairman": "Chủ tịch/Phó Chủ tịch UBND tỉnh",
    "clerk": "Văn thư",
    "process_owner": "Chủ quy trình",
    "auditor": "Kiểm tra (chỉ đọc)",
    "administrator": "Quản trị",
}
ELIGIBLE: Mapping[str, str] = {
    "yes": "Đủ điều kiện",
    "no": "Không đủ điều kiện",
    "undecided": "Chưa kết luận được",
}
ELIGIBLE_VERDICT: Mapping[str, str] = {"yes": "met", "no": "not_met", "undecided": "undecided"}
LISTS: Mapping[str, str] = {
    "assigned": "Đề nghị công nhận – thuộc chỉ tiêu được giao (QĐ 969)",
    "registered": "Đề nghị công nhận – xã tự nguyện đăng ký",
    "not_proposed": "Không đề nghị công nhận",
}
BASES: Mapping[str, str] = {"assigned": "chỉ tiêu được giao", "registered": "tự nguyện đăng ký"}
OUTCOMES: Mapping[str, str] = {
    "recognise": "Công nhận",
    "refuse": "Không công nhận",
    "return": "Chuyển lại Sở",
    "set_aside": "Để lại đợt sau",
}
ROUND_STATES: Mapping[str, str] = {
    "gathering": "Sở đang tổng hợp, soạn Tờ trình",
    "signing": "Chờ lãnh đạo Sở ký Tờ trình",
    "submitted": "Chờ Chủ tịch UBND tỉnh quyết định",
    "decided": "Đã quyết định",
}
TOPICS: Mapping[str, str] = {
    "step": "Chuyển bước",
    "return": "Trả lại",
    "work": "Phân công, trình ký",
    "document": "Văn bản",
    "deadline": "Thời hạn",
    "system": "Tự động",
}
# End events: what the badge says and which of the badge's looks it has.
ENDS: Mapping[str, tuple[str, str]] = {
    "commune_recognised": ("Đã công nhận", "recognised"),
    "commune_not_recognised": ("Không công nhận", "refused"),
    "dossier_withdrawn": ("Xã rút hồ sơ", "withdrawn"),
    "unit_dissolved": ("Đơn vị chấm dứt hoạt động", "withdrawn"),
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
    return f"{value:%d/%m/%Y}"


def moment(value: datetime | None) -> str:
    """14:05 ngày 20/11/2023."""
    return f"{value.astimezone(LOCAL):%H:%M ngày %d/%m/%Y}" if value else ""


def clock_time(value: datetime) -> str:
    return f"{value.astimezone(LOCAL):%H:%M}"


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
        return Due("none", "không có thời hạn")
    left = (last_day - today).days
    if left == 0:
        return Due("soon", f"{day(last_day)}, hết hạn hôm nay")
    if left > DUE_SOON.days:
        return Due("ok", f"{day(last_day)}, còn {left} ngày")
    known = calendar() if calendar is not None and -left <= LONGEST_OVERDUE.days else NO_CALENDAR
    working = known.working_days_between(today, last_day) if known.knows(today, last_day) else None
    if left < 0:
        late = f"{-working} ngày làm việc" if working else f"{-left} ngày"
        return Due("overdue", f"{day(last_day)}, quá hạn {late}")
    if working is None:
        return Due("soon", f"{day(last_day)}, còn {left} ngày")
    words = f"còn {working} ngày làm việc" if working else f"còn {left} ngày, đều là ngày nghỉ"
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
        return ENDS.get(case.outcome or "", ("Đã kết thúc", "withdrawn"))
    if case.status == "stuck":
        return ("Dừng bất thường", "returned")
    return ("Đang xử lý", "running")


def stage(task: Any) -> str:
    """What the task waits for, in two or three words."""
    if task.completed_by_round:
        return "chờ đợt xét"
    if task.stage == "signing":
        return "chờ ký"
    return "đang soạn" if task.state == "reserved" else "chưa ai nhận"


def document_heading(document: Any) -> str:
    """Số 12/BC-UBND ngày 04/12/2023, or that the number is still to come."""
    if not document.number:
        return "chưa cấp số"
    return f"số {document.number}" + (f" ngày {day(document.issued_on)}" if document.issued_on else "")


def signer(document: Any) -> str:
    """Phó Giám đốc Sở, KT. (ký thay): Nguyễn Văn A. “KT. Phó Giám đốc” would sign for the deputy."""
    capacity = f", {CAPACITIES.get(document.capacity, document.capacity)}" if document.capacity else ""
    return f"{document.signer_title}{capacity}: {document.signer_name}"
