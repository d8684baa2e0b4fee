"""*Phân công chỉ tiêu*: giving rows of a table to colleagues and taking them back, on a page of its own."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, DomainError, NotAllowed, NotFound, NotLoggedIn, TaskNotOpen
from service.http.access import LOGGED_IN, current_viewer, now, policy
from service.identity.queries import names_of
from service.models import Task
from service.processes.queries import procedure
from service.tasks.colleagues import Colleague, colleagues, place_of
from service.tasks.queries import read_task
from service.tasks.rows import assign_rows, may_arrange_rows, take_back_rows
from service.web import pages
from service.web.handling import person_in
from service.web.task_page import TaskPage, task_page


@pages.get("/viec/<uuid:task_id>/phan-cong")
@policy(LOGGED_IN)
def rows_page(task_id: uuid.UUID) -> Any:
    """Every assessed row with who looks after it, to be ticked, one by one or by the group."""
    return _page(_arranged(task_id))


@pages.post("/viec/<uuid:task_id>/phan-cong")
@policy(LOGGED_IN)
def arrange_rows(task_id: uuid.UUID) -> Any:
    """*Giao* or *nhận lại*, as the pressed button says; what is ticked comes back where it was refused."""
    task, viewer = _arranged(task_id), current_viewer()
    page = task_page(task, viewer)
    chosen = _chosen(page)
    act = request.form.get("act", "")
    try:
        if act == "take":
            done = take_back_rows(task_id=task_id, criteria=chosen, by=viewer, now=now())
            sentence = (
                _("Đã nhận lại chỉ tiêu %(criteria)s.", criteria=", ".join(done))
                if done
                else _("Các chỉ tiêu đã chọn chưa giao cho ai; không có gì để nhận lại.")
            )
        elif act == "give":
            to = person_in(request.form.get("to", ""))
            done = assign_rows(task_id=task_id, criteria=chosen, to=to, by=viewer, now=now())
            name = names_of({to}).get(to, "")
            sentence = (
                _("Đã giao chỉ tiêu %(criteria)s cho %(name)s.", criteria=", ".join(done), name=name)
                if done
                else _("%(name)s đã được giao các chỉ tiêu này rồi.", name=name)
            )
        else:
            raise BadInput(_("Hãy bấm Giao hoặc Nhận lại."))
    except DomainError as error:
        if isinstance(error, (NotFound, NotLoggedIn)):
            raise
        task = read_task(task_id, viewer)
        return _page(task, chosen=chosen, error=error), error.status
    flash(sentence, "success" if done else "info")
    return redirect(url_for("pages.rows_page", task_id=task_id), 303)


def _arranged(task_id: uuid.UUID) -> Task:
    """The task, for those who may arrange its rows; anybody else is told who may."""
    viewer = current_viewer()
    task = read_task(task_id, viewer)
    form = procedure(task.case.process_version_id).form_of(task.element)
    if not may_arrange_rows(task, viewer, form):
        if viewer.seat_for_preparing(task.group, task.unit_id) is not None and not task.is_open:
            raise TaskNotOpen()
        raise NotAllowed(
            _("Chỉ người giữ việc hoặc lãnh đạo đơn vị phân công chỉ tiêu được, khi việc đang được soạn.")
        )
    return task


def _page(task: Task, *, chosen: list[str] | None = None, error: DomainError | None = None) -> str:
    viewer = current_viewer()
    page = task_page(task, viewer)
    return render_template(
        "rows.html",
        page=page,
        people=_people(task),
        chosen=frozenset(chosen or ()),
        to=request.form.get("to", ""),
        done=_done(page),
        error=error,
    )


def _people(task: Task) -> list[Colleague]:
    """Who may be given rows: whoever may prepare this task, also the one who arranges."""
    return colleagues([place_of(task)], now())


def _done(page: TaskPage) -> dict[uuid.UUID, int]:
    """{colleague: in how many of their rows something stands}"""
    table = page.answers.get(page.grid.component.key) or {} if page.grid else {}
    counts: dict[uuid.UUID, int] = {}
    for criterion, owner in page.rows.owners.items():
        counts[owner.id] = counts.get(owner.id, 0) + bool((table.get(criterion) or {}).get("raw"))
    return counts


def _chosen(page: TaskPage) -> list[str]:
    """What is ticked: rows, and all rows of groups that are ticked as a whole."""
    groups, rows = set(request.form.getlist("groups")), request.form.getlist("criteria")
    of_groups = [criterion.id for criterion in page.assessed if str(criterion.group.id) in groups]
    return list(dict.fromkeys([*of_groups, *rows]))
