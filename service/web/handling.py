"""Done from the worklist in place: take, give back, hand over, priority, follow-up day; one task or many.

Who comes too late is told so above a fresh list: a click is answered, never lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, NotAllowed, TaskNotOpen, TaskTaken, WrongState
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.queries import names_of
from service.models import Task
from service.tasks import handling, pressing
from service.tasks.colleagues import Colleague, colleagues_for, leading_seat
from service.tasks.guarding import once_more
from service.tasks.operations import claim_task, release_task
from service.tasks.pressing import PRIORITIES
from service.tasks.queries import read_task
from service.web import pages
from service.web.errors import wants_fragment
from service.web.worklist_address import CURSOR, NAMES
from service.web.worklist_rows import handles
from service.wording import marked

# Where the page was opened from, to which its acts lead back.
FROM_TASK = "viec"
GIVING: dict[str, tuple[Callable[..., None], str]] = {
    "hand_over": (handling.hand_over_task, marked("Đã chuyển việc cho %(name)s.")),
    "assign": (handling.assign_task, marked("Đã giao việc cho %(name)s.")),
    "delegate": (handling.delegate_task, marked("Đã nhờ %(name)s xử lý; việc sẽ được trả lại cho ông/bà.")),
}


@pages.post("/viec/<uuid:task_id>/nhan")
@policy(LOGGED_IN)
def claim(task_id: uuid.UUID) -> Any:
    return _done(
        task_id, lambda: claim_task(task_id=task_id, by=current_viewer(), now=now()), _("Đã nhận việc.")
    )


@pages.post("/viec/<uuid:task_id>/tra-viec")
@policy(LOGGED_IN)
def release(task_id: uuid.UUID) -> Any:
    sentence = _("Đã trả việc về danh sách chung của đơn vị.")
    return _done(task_id, lambda: release_task(task_id=task_id, by=current_viewer(), now=now()), sentence)


@pages.get("/viec/<uuid:task_id>/dieu-phoi")
@policy(LOGGED_IN)
def handle(task_id: uuid.UUID) -> Any:
    """Everything that may be arranged about one open task; a dialog in the list, else a page."""
    viewer = current_viewer()
    task = read_task(task_id, viewer)
    leads = leading_seat(viewer, task.group, task.unit_id) is not None
    if not leads and not handles(viewer, task):
        raise NotAllowed(
            _("Chỉ người soạn, người ký hoặc lãnh đạo của đơn vị được giao bước mới điều phối được.")
        )
    if not task.is_open:
        raise TaskNotOpen()
    people = {user for user in (task.owner_id, task.delegated_by) if user is not None}
    given = colleagues_for(task, viewer, now())
    return render_template(
        "_handling.html" if wants_fragment() else "handling.html",
        task=task,
        leads=leads,
        handles=handles(viewer, task),
        people=names_of(people),
        colleagues=given,
        # Who hands it on mostly means the one who prepared it; with a single colleague there is no choice.
        suggested=_suggested(task, given),
        priorities=PRIORITIES,
        longest_note=handling.LONGEST_NOTE,
        back=FROM_TASK if request.args.get("tu") == FROM_TASK else "",
        here=place(),
    )


@pages.post("/viec/<uuid:task_id>/giao")
@policy(LOGGED_IN)
def give(task_id: uuid.UUID) -> Any:
    """*Chuyển*, *giao* or *nhờ*, as the pressed button says."""
    task = read_task(task_id, current_viewer())
    act, sentence = GIVING.get(request.form.get("act", ""), (None, ""))
    if act is None:
        raise BadInput(_("Hãy chọn chuyển, giao hoặc nhờ xử lý."))
    to = person_in(request.form.get("to", ""))
    seen = request.form.get("seen")
    given = {"task_id": task.id, "to": to, "by": current_viewer(), "now": now(), "seen_owner": seen}
    given["note"] = request.form.get("note", "")
    return _done(task_id, lambda: act(**given), _(sentence, name=names_of({to}).get(to, _("đồng nghiệp"))))


@pages.post("/viec/<uuid:task_id>/tra-nguoi-nho")
@policy(LOGGED_IN)
def give_back(task_id: uuid.UUID) -> Any:
    return _done(
        task_id,
        lambda: handling.give_back_task(
            task_id=task_id, by=current_viewer(), now=now(), note=request.form.get("note", "")
        ),
        _("Đã trả việc lại cho người nhờ."),
    )


@pages.post("/viec/<uuid:task_id>/uu-tien")
@policy(LOGGED_IN)
def set_priority(task_id: uuid.UUID) -> Any:
    read_task(task_id, current_viewer())
    priority = priority_in(request.form.get("priority", ""))
    return _done(
        task_id,
        lambda: pressing.set_priority(task_id=task_id, priority=priority, by=current_viewer(), now=now()),
        _("Mức ưu tiên: %(priority)s.", priority=PRIORITIES.get(priority, "")),
    )


@pages.post("/viec/<uuid:task_id>/xem-lai")
@policy(LOGGED_IN)
def set_follow_up(task_id: uuid.UUID) -> Any:
    read_task(task_id, current_viewer())
    day = None if request.form.get("act") == "clear" else day_in(request.form.get("follow_up_on", ""))
    return _done(
        task_id,
        lambda: pressing.set_follow_up(task_id=task_id, day=day, by=current_viewer(), now=now()),
        _("Sẽ nhắc xem lại ngày %(day)s; thời hạn không đổi.", day=f"{day:%d/%m/%Y}")
        if day
        else _("Đã bỏ ngày xem lại."),
    )


def _suggested(task: Task, given: list[Colleague]) -> uuid.UUID | None:
    others = [one.id for one in given if one.id != task.owner_id]
    if task.prepared_by in others:
        return task.prepared_by
    return others[0] if len(others) == 1 else None


def priority_in(text: str) -> int:
    return int(text) if text in {str(priority) for priority in PRIORITIES} else -1


def day_in(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        sentence = _("Hãy chọn ngày xem lại, ví dụ 27/11/2023.")
        raise BadInput(sentence, fields={"follow_up_on": [sentence]}) from None


def person_in(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        sentence = _("Hãy chọn một đồng nghiệp trong danh sách.")
        raise BadInput(sentence, fields={"to": [sentence]}) from None


def _done(task_id: uuid.UUID, act: Callable[[], None], sentence: str) -> Any:
    """The list again, saying that it was done, or that and by whom it was done before."""
    try:
        once_more(act)
    except WrongState as refusal:
        task = read_task(task_id, current_viewer())
        flash(
            _(
                "“%(step)s” của %(commune)s: %(reason)s",
                step=task.name,
                commune=task.case.commune.name,
                reason=_why(task, refusal),
            ),
            "warning",
        )
    else:
        flash(sentence, "success")
    if request.form.get("back") == FROM_TASK:
        return redirect(url_for("pages.task_page", task_id=task_id), 303)
    return redirect(url_for("pages.worklist", **place()), 303)


def _why(task: Task, refusal: WrongState) -> str:
    """Named, where a colleague has it now."""
    viewer = current_viewer()
    if isinstance(refusal, TaskTaken) and task.owner_id not in (None, viewer.id):
        name = names_of({task.owner_id}).get(task.owner_id, _("một đồng nghiệp"))  # type: ignore[arg-type]
        return _("%(name)s đang giữ việc này. Trang này vừa được làm mới.", name=name)
    return str(refusal)


def place() -> dict[str, Any]:
    """Where in which list one was: its arguments in the present address."""
    known = {*NAMES.values(), CURSOR}
    return {name: request.args.getlist(name) for name in request.args if name in known}
