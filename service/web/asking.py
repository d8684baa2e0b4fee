"""What is asked before somebody hands up, sends or signs: what is missing, what is signed, where it goes.

The page comes back with the question and a button that goes on, so that it needs no script; nothing is asked
before the form is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from service.cases.levels import criteria_at_all_levels
from service.models import Task
from service.processes.queries import procedure
from service.tasks.completion import NOBODY_SIGNS
from service.tasks.ready import Missing, missing_in, unanswered_in
from service.web.review_hints import opinion_in
from service.web.task_page import CONSOLIDATE, TaskPage

# What a button that goes on says after its colon: “submit:anyway”.
ANYWAY = "anyway"


@dataclass(frozen=True)
class Question:
    """`button` goes on: it sends `name`=`value` with the form `form`."""

    heading: str
    lines: tuple[str, ...]
    button: str
    name: str
    value: str
    form: str


def missing_now(task: Task, answers: Mapping[str, Any]) -> Missing:
    if task.element == CONSOLIDATE:
        opinion = opinion_in(task.case, criteria_at_all_levels(task.case))
        lines = opinion.lines if opinion is not None else ()
        return unanswered_in(answers, [line.criterion.id for line in lines if line.otherwise])
    bundle = procedure(task.case.process_version_id)
    return missing_in(bundle.form_of(task.element), bundle, task.case.year, answers)


def missing_lines(missing: Missing) -> tuple[str, ...]:
    """“Còn 24 chỉ tiêu chưa có kết quả: 1.2, 1.3, …”; nothing where nothing is missing."""
    lines = []
    if missing.results:
        lines.append(
            _(
                "Còn %(count)s chỉ tiêu chưa có kết quả: %(criteria)s.",
                count=len(missing.results),
                criteria=", ".join(missing.results),
            )
        )
    if missing.results and missing.evidence:
        lines.append(
            _(
                "%(count)s chỉ tiêu đã có kết quả nhưng chưa kèm minh chứng: %(criteria)s.",
                count=len(missing.evidence),
                criteria=", ".join(missing.evidence),
            )
        )
    if missing.silent:
        lines.append(
            _(
                "Chưa chọn ý kiến chung và còn %(count)s chỉ tiêu để trống: để trống không phải là đồng ý, "
                "các chỉ tiêu này sẽ phải đưa ra Hội nghị trao đổi, làm rõ (%(criteria)s).",
                count=len(missing.silent),
                criteria=", ".join(missing.silent),
            )
        )
    if missing.unanswered:
        lines.append(
            _(
                "Bảng tiếp thu, giải trình chưa có dòng nào về chỉ tiêu mà Thành viên có ý kiến: "
                "%(criteria)s.",
                criteria=", ".join(missing.unanswered),
            )
        )
    return tuple(lines)


def before_handing_up(missing: Missing) -> Question:
    return Question(
        _("Hồ sơ còn thiếu. Bản nháp đã lưu; ông/bà có thể ghi tiếp hoặc vẫn trình ký."),
        missing_lines(missing),
        _("Vẫn trình ký"),
        "do",
        f"submit:{ANYWAY}",
        "work-form",
    )


def before_signing(page: TaskPage, missing: Missing) -> Question:
    return Question(
        _("Hồ sơ còn thiếu. Ông/bà có thể trả lại người soạn hoặc vẫn ký."),
        (*missing_lines(missing), *what_is_signed(page)),
        _("Vẫn ký – %(action)s", action=page.action_label("complete")),
        ANYWAY,
        "1",
        "sign-form",
    )


def before_sending(page: TaskPage, missing: Missing) -> Question:
    """Where the one who fills it in signs it too: a member."""
    action = page.action_label(str(page.answers.get("action") or "complete"))
    return Question(
        _("Nội dung đã đủ để gửi và đã lưu nháp. %(action)s?", action=action),
        (*missing_lines(missing), *what_is_signed(page)),
        action,
        "do",
        f"complete:{ANYWAY}",
        "work-form",
    )


def what_is_signed(page: TaskPage) -> tuple[str, str]:
    """What one puts one's name to, of whom, and what becomes of it."""
    action = str(page.answers.get("action") or "complete")
    if page.task.signer == NOBODY_SIGNS:
        signed = _(
            "Ông/bà hoàn thành bước “%(step)s”, hồ sơ %(code)s của %(commune)s, năm %(year)s.",
            step=page.task.name,
            code=page.case.code,
            commune=page.case.commune.name,
            year=page.case.year,
        )
        return signed, _("Sau khi gửi không sửa được nữa.")
    signed = _(
        "Ông/bà ký “%(document)s”, hồ sơ %(code)s của %(commune)s, năm %(year)s.",
        document=page.bundle.document_title(page.task.element, action),
        code=page.case.code,
        commune=page.case.commune.name,
        year=page.case.year,
    )
    then = _returned_to(page) if action == "return" else _goes_to(page)
    return signed, then + " " + _("Ký rồi thì không rút lại và không sửa được nữa.")


def document_typed(page: TaskPage) -> dict[str, Any]:
    """The signer's box begins with what the officer wrote: {"number", "issued_on"}, and whether it asks them.

    Who signs their own form has written them there; a box of its own would ask twice.
    """
    keys = page.form.of_document if page.form is not None and not page.returning else {}
    return {
        "number": request.form.get("number", page.answers.get(keys.get("number", ""), "")),
        "issued_on": request.form.get("issued_on", page.answers.get(keys.get("date", ""), "")),
        "asked": not (keys and page.signs_own_work),
        "typed": bool(keys and any(page.answers.get(key) for key in keys.values())),
    }


def _goes_to(page: TaskPage) -> str:
    """As Phụ lục 02 goes, where the version of the case goes like that; else in general."""
    district = _district(page)
    said = {
        ("self_assess", "district_appraise"): _(
            "Ký xong, hồ sơ chuyển đến %(district)s để thẩm định.", district=district
        ),
        ("district_appraise", "self_assess", "member_opinion"): _(
            "Ký xong, hồ sơ chuyển đến Thành viên Ban Chỉ đạo tỉnh phụ trách để lấy ý kiến."
        ),
        ("member_opinion", "district_appraise", "district_consolidate"): _(
            "Gửi xong, ý kiến đến đồng thời %(district)s và Sở Thông tin và Truyền thông.", district=district
        ),
        ("district_consolidate", "self_assess", "department_verify"): _(
            "Ký xong, hồ sơ chuyển đến Sở Thông tin và Truyền thông để thẩm tra."
        ),
        ("department_verify", "district_consolidate", "reconciliation_meeting", "department_submit"): _(
            "Ký xong, kết quả được đối chiếu với ý kiến của Thành viên: thống nhất thì xét điều kiện công "
            "nhận, chưa thống nhất thì họp trao đổi, làm rõ."
        ),
        ("reconciliation_meeting", "district_consolidate", "department_submit"): _(
            "Ký xong, hồ sơ được xét điều kiện công nhận rồi chờ đưa vào đợt trình Chủ tịch UBND tỉnh."
        ),
    }
    return said.get(
        (page.task.element, *_next_steps(page)), _("Ký xong, hồ sơ chuyển sang bước tiếp theo của quy trình.")
    )


def _returned_to(page: TaskPage) -> str:
    """To the commune, or to the district; in general where the case's version returns elsewhere."""
    leads_to = _next_steps(page)
    if page.task.element in ("district_appraise", "district_consolidate") and "self_assess" in leads_to:
        return _("Ký xong, hồ sơ quay về %(unit)s để bổ sung.", unit=page.case.commune.name)
    if {"district_appraise", "district_consolidate"} & {*leads_to}:
        return _("Ký xong, hồ sơ quay về %(unit)s để bổ sung.", unit=_district(page))
    return _("Ký xong, hồ sơ quay về bước trước để bổ sung.")


def _next_steps(page: TaskPage) -> tuple[str, ...]:
    return page.bundle.definition.leading_to.get(page.task.element, ())


def _district(page: TaskPage) -> str:
    return page.case.district.name if page.case.district is not None else _("UBND cấp huyện")
