"""Beginning a table from other results: those of the level before, or the commune's own of last year."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.cases.former_year import former_self_assessment
from service.errors import WrongState
from service.http.access import current_viewer, now
from service.models import Task
from service.processes.queries import procedure
from service.tasks.draft_saving import Typed
from service.tasks.operations import save_fields
from service.web.task_page import COMMUNE_STEP, copied_from, filled_from
from service.web.typed_drafts import with_answers


def copy_former_level(task: Task, answers: dict[str, Any], typed: Typed) -> Any:
    """The level before's results into empty rows; the page again."""
    bundle = procedure(task.case.process_version_id)
    filled, taken, left = copied_from(task, task.case, bundle, answers)
    save_fields(task_id=task.id, typed=with_answers(typed, filled), by=current_viewer(), now=now())
    rest = _(" %(left)s chỉ tiêu định tính không lấy theo, phải tự đánh giá.", left=left) if left else ""
    flash(
        _(
            "Đã lấy kết quả cấp trước cho %(taken)s chỉ tiêu đang để trống.%(rest)s Hãy kiểm tra trước khi "
            "trình.",
            taken=taken,
            rest=rest,
        ),
        "info",
    )
    return redirect(url_for("pages.task_page", task_id=task.id), 303)


def copy_former_year(task: Task, answers: dict[str, Any], typed: Typed) -> Any:
    """The commune's own results of an earlier year, into empty rows, judged by this year's targets."""
    former = former_self_assessment(task.case, current_viewer()) if task.element == COMMUNE_STEP else None
    if former is None:
        raise WrongState(_("Không có kết quả tự đánh giá năm trước của xã để lấy theo."))
    bundle, year = procedure(task.case.process_version_id), former.year
    filled, taken, left = filled_from(former.results, bundle, task.case.year, answers)
    save_fields(task_id=task.id, typed=with_answers(typed, filled), by=current_viewer(), now=now())
    rest = _(" %(left)s chỉ tiêu định tính không lấy theo, phải tự đánh giá.", left=left) if left else ""
    flash(
        _(
            "Đã lấy kết quả hồ sơ năm %(year)s cho %(taken)s chỉ tiêu đang để trống.%(rest)s Đây chỉ là căn "
            "cứ: hãy thay bằng số liệu năm nay trước khi trình.",
            year=year,
            taken=taken,
            rest=rest,
        ),
        "info",
    )
    return redirect(url_for("pages.task_page", task_id=task.id), 303)
