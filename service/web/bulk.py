"""Several rows of the worklist at once: each on its own, and what became of each in sentences."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from service.database import db
from service.errors import BadInput, DomainError, TaskTaken
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.queries import visible_cases
from service.models import Case, Task
from service.tasks import handling, pressing
from service.tasks.bulk import Outcome, for_each
from service.tasks.operations import claim_task, release_task
from service.web import pages
from service.web.handling import day_in, person_in, place

Act = Callable[[uuid.UUID], None]


@pages.post("/viec/hang-loat")
@policy(LOGGED_IN)
def several() -> Any:
    act, done = _act(request.form.get("act", ""))
    outcomes = for_each(_chosen(), act)
    codes = _codes([one.task_id for one in outcomes])
    well = [codes[one.task_id] for one in outcomes if one.refusal is None]
    if well:
        flash(
            _("%(count)s việc %(done)s: %(cases)s.", count=len(well), done=done, cases=", ".join(well)),
            "success",
        )
    for sentence, refused in _refusals(outcomes, codes).items():
        flash(
            _(
                "%(count)s việc %(reason)s: %(cases)s.",
                count=len(refused),
                reason=sentence,
                cases=", ".join(refused),
            ),
            "warning",
        )
    return redirect(url_for("pages.worklist", **place()), 303)


def _act(name: str) -> tuple[Act, str]:
    """What is done to each row, and how that is said of those it was done to."""
    viewer, at = current_viewer(), now()
    if name == "claim":
        return lambda task: claim_task(task_id=task, by=viewer, now=at), _("đã nhận")
    if name == "release":
        return lambda task: release_task(task_id=task, by=viewer, now=at), _("đã trả về danh sách chung")
    if name == "assign":
        to = person_in(request.form.get("to", ""))
        return lambda task: handling.assign_task(task_id=task, to=to, by=viewer, now=at), _("đã giao")
    if name in ("urgent", "usual"):
        priority = pressing.URGENT if name == "urgent" else pressing.USUAL
        words = _("đã đặt mức %(priority)s", priority=pressing.PRIORITIES[priority].lower())
        return lambda task: pressing.set_priority(task_id=task, priority=priority, by=viewer, now=at), words
    if name in ("follow_up", "no_follow_up"):
        day = day_in(request.form.get("follow_up_on", "")) if name == "follow_up" else None
        words = _("sẽ xem lại ngày %(day)s", day=f"{day:%d/%m/%Y}") if day else _("đã bỏ ngày xem lại")
        return lambda task: pressing.set_follow_up(task_id=task, day=day, by=viewer, now=at), words
    raise BadInput(_("Hãy bấm một trong các nút thao tác với việc đã chọn."))


def _chosen() -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in request.form.getlist("tasks")]
    except ValueError:
        raise BadInput(_("Danh sách việc đã chọn không đọc được. Hãy tải lại trang rồi chọn lại.")) from None


def _codes(task_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """{task: its case's code}; a code is shown only to who may see the case."""
    rows = db.session.execute(
        select(Task.id, Case.code)
        .join(Case, Case.id == Task.case_id)
        .where(Task.id.in_(sorted(task_ids)), visible_cases(current_viewer()))
    )
    known = {row.id: row.code for row in rows}
    return {task: known.get(task, _("không có trong danh sách của ông/bà")) for task in task_ids}


def _refusals(outcomes: list[Outcome], codes: dict[uuid.UUID, str]) -> dict[str, list[str]]:
    """{why: codes}, in the order in which the reasons first occur."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in outcomes:
        if one.refusal is not None:
            found[_sentence(one.refusal)].append(codes[one.task_id])
    return found


def _sentence(refusal: DomainError) -> str:
    if isinstance(refusal, TaskTaken):
        return _("đồng nghiệp đã nhận trước")
    return _("chưa thực hiện được (%(reason)s)", reason=str(refusal).rstrip("."))
