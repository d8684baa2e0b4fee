"""*Tình huống*: a procedure's scenarios on one draft, what is otherwise, and what none of them tries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.engine.diagram import Diagram
from service.engine.errors import InvalidDiagram
from service.engine.reading import read_diagram
from service.errors import BadInput, DomainError
from service.http.access import current_viewer, now, policy
from service.identity.queries import names_of
from service.models import ProcessDraft
from service.studio.play.coverage import run_scenarios
from service.studio.queries import read_draft
from service.studio.record import histories_of_scenarios
from service.studio.scenarios import accept_outcome, delete_scenario, list_scenarios, rename_scenario
from service.web import pages, today
from service.web.studio.drafts import OWNERS, seen_rev
from service.web.studio.play_words import uncovered_marks

_SCENARIOS = "/quy-trinh/ban-thao/<uuid:draft_id>/tinh-huong"


@pages.get(_SCENARIOS, endpoint="scenarios_page")
@policy(OWNERS)
def show(draft_id: uuid.UUID) -> Any:
    return _page(read_draft(draft_id))


@pages.post(f"{_SCENARIOS}/<uuid:scenario_id>/ten", endpoint="rename_scenario_now")
@policy(OWNERS)
def rename(draft_id: uuid.UUID, scenario_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    return _done(
        draft,
        lambda: rename_scenario(
            key=draft.key,
            scenario_id=scenario_id,
            rev=seen_rev(),
            name=request.form.get("name", ""),
            by=current_viewer(),
            now=now(),
        ),
        _("Đã đổi tên tình huống."),
        scenario_id,
    )


@pages.post(f"{_SCENARIOS}/<uuid:scenario_id>/ky-vong", endpoint="accept_scenario_now")
@policy(OWNERS)
def accept(draft_id: uuid.UUID, scenario_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    return _done(
        draft,
        lambda: accept_outcome(
            source=draft, scenario_id=scenario_id, rev=seen_rev(), by=current_viewer(), now=now()
        ),
        _("Từ nay tình huống mong đợi diễn biến như trên bản thảo này."),
        scenario_id,
    )


@pages.post(f"{_SCENARIOS}/<uuid:scenario_id>/xoa", endpoint="delete_scenario_now")
@policy(OWNERS)
def remove(draft_id: uuid.UUID, scenario_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    if request.form.get("sure") != "1":
        said = _("Đánh dấu ô xác nhận rồi bấm Xóa.")
        return _page(draft, BadInput(said, fields={"sure": [said]}), scenario_id), 422
    return _done(
        draft,
        lambda: delete_scenario(
            key=draft.key, scenario_id=scenario_id, rev=seen_rev(), by=current_viewer(), now=now()
        ),
        _("Đã xóa tình huống. Việc xóa được ghi vào nhật ký."),
        scenario_id,
    )


def _done(draft: ProcessDraft, act: Callable[[], None], told: str, scenario_id: uuid.UUID) -> Any:
    try:
        act()
    except BadInput as error:
        return _page(draft, error, scenario_id), error.status
    flash(told, "success")
    return redirect(url_for("pages.scenarios_page", draft_id=draft.id), 303)


def _page(draft: ProcessDraft, error: DomainError | None = None, about: uuid.UUID | None = None) -> str:
    report = run_scenarios(draft, list_scenarios(draft.key), day=today())
    drawn = _drawn(draft)
    return render_template(
        "studio/scenarios.html",
        draft=draft,
        report=report,
        who=names_of({run.scenario.changed_by for run in report.runs}),
        histories=histories_of_scenarios(draft.key),
        error=error,
        about=about,
        typed=request.form.get("name", ""),
        errors=error.fields if isinstance(error, BadInput) else {},
        marks=uncovered_marks(report.never_passed),
        flows=[
            (flow.name, drawn.label(flow.source), drawn.label(flow.target))
            for flow in drawn.flows
            if flow.id not in report.passed
        ]
        if drawn
        else [],
    )


def _drawn(draft: ProcessDraft) -> Diagram | None:
    try:
        return read_diagram(draft.diagram)
    except InvalidDiagram:
        return None
