"""What the law demands of the recognition procedure: steps that may be neither left out nor passed by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from service.engine.errors import Problem
from service.engine.outline import Outline
from service.processes.ways import Ways

RECOGNITION, DECISION = "recognition", "chairman_decide"
# On 1/7/2025 the district level was abolished; members are assigned by district.
LAST_DAY_OF_DISTRICTS = date(2025, 6, 30)


@dataclass(frozen=True)
class Duty:
    """`step` is the element by which rules and pages know it, `group` whose it is ("" for a rule's own).

    `always`: no way to the decision passes it by. It is demanded up to `last_day`, for ever where None.
    """

    step: str
    group: str
    what: str
    basis: str
    always: bool = True
    last_day: date | None = None


DUTIES = (
    Duty("self_assess", "commune", "UBND cấp xã tự đánh giá", "Phụ lục 02, mục 2.1"),
    Duty(
        "district_appraise",
        "district",
        "UBND cấp huyện thẩm định",
        "Phụ lục 02, mục 2.2",
        last_day=LAST_DAY_OF_DISTRICTS,
    ),
    Duty(
        "member_opinion",
        "province_member",
        "Thành viên Ban Chỉ đạo tỉnh tham gia ý kiến",
        "Phụ lục 02, mục 2.2 và Điều 4 khoản 2",
        last_day=LAST_DAY_OF_DISTRICTS,
    ),
    Duty(
        "district_consolidate",
        "district",
        "UBND cấp huyện tổng hợp hồ sơ gửi Sở",
        "Phụ lục 02, mục 2.2",
        last_day=LAST_DAY_OF_DISTRICTS,
    ),
    Duty("department_verify", "department", "Sở TTTT thẩm tra, đánh giá độc lập", "Phụ lục 02, mục 2.3"),
    Duty("compare_opinions", "", "đối chiếu kết quả của Sở với ý kiến thành viên", "Phụ lục 02, mục 2.3"),
    Duty(
        "reconciliation_meeting",
        "department",
        "hội nghị trao đổi, làm rõ khi kết quả chưa thống nhất",
        "Phụ lục 02, mục 2.3",
        always=False,
    ),
    Duty("department_submit", "department", "Sở TTTT trình Chủ tịch UBND tỉnh", "Phụ lục 02, mục 2.4"),
    Duty(DECISION, "chairman", "Chủ tịch UBND tỉnh xem xét, công nhận", "Phụ lục 02, mục 2.4"),
)


def duties_on(day: date) -> tuple[Duty, ...]:
    """Those that a version in effect from `day` must keep. The comparison goes with the member's opinion."""
    return tuple(duty for duty in DUTIES if duty.last_day is None or day <= duty.last_day)


def duties_left_out(outline: Outline, ways: Ways | None, effective_on: date) -> Iterator[Problem]:
    """Of the recognition procedure only; what is given to another level is a warning.

    `ways` are None where the drawing does not say yet which way leads where.
    """
    if outline.key != RECOGNITION:
        return
    demanded = duties_on(effective_on)
    compared = any(duty.step == "member_opinion" for duty in demanded) or "member_opinion" in outline.tasks
    for duty in demanded:
        if duty.step in ("compare_opinions", "reconciliation_meeting") and not compared:
            continue  # without a second opinion there is nothing to compare
        basis = f"QĐ 1829/QĐ-UBND, {duty.basis}"
        if duty.step not in outline.elements:
            yield Problem(
                "",
                outline.name,
                "legal-duty",
                "error",
                f"Thiếu việc mà pháp luật bắt buộc: {duty.what} ({basis}).",
                f"Vẽ lại bước có mã {duty.step}, như trong phiên bản trước.",
            )
            continue
        name = outline.label(duty.step)
        if duty.always and ways and duty.step != DECISION and ways.reaches(DECISION, without=duty.step):
            yield Problem(
                duty.step,
                name,
                "legal-duty",
                "error",
                f"Có đường đi tới quyết định của Chủ tịch mà không qua bước này: {duty.what} ({basis}).",
                "Nối lại các luồng để mọi đường đi đều qua bước này.",
            )
        task = outline.tasks.get(duty.step)
        if task is not None and task.groups != (duty.group,):
            yield Problem(
                duty.step,
                name,
                "legal-duty-of-another",
                "warning",
                f"{basis} giao việc này cho cấp khác: {duty.what}.",
                f"Giao bước này cho nhóm {duty.group!r}, hoặc nêu căn cứ mới khi trình phê duyệt.",
            )
