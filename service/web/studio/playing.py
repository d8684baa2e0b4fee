"""*Chạy thử*: a draft is played with made-up answers. The course travels in the page; nothing is stored."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.models import ProcessDraft, ProcessScenario
from service.studio.play.acts import Act, read_course, read_text
from service.studio.play.ground import compiled
from service.studio.queries import read_draft
from service.studio.scenarios import read_scenario, record_anew, save_scenario
from service.web import pages, today
from service.web.studio.drafts import OWNERS
from service.web.studio.play_page import play_page
from service.web.studio.play_stage import Stage, press

_PLAY = "/quy-trinh/ban-thao/<uuid:draft_id>/chay-thu"


@pages.get(_PLAY, endpoint="play_page")
@policy(OWNERS)
def show(draft_id: uuid.UUID) -> Any:
    """The beginning, or where a scenario leads on this draft."""
    draft = read_draft(draft_id)
    course: tuple[Act, ...] = ()
    scenario = _scenario(draft, request.args.get("tinh-huong", ""))
    if scenario is not None:
        course = read_course(scenario.course)
    return _answer(draft, course)


@pages.post(_PLAY, endpoint="play_on")
@policy(OWNERS)
def go_on(draft_id: uuid.UUID) -> Any:
    """One more act, one fewer, or a form to fill in; answers the page with the course as it is then."""
    draft = read_draft(draft_id)
    try:
        course = read_text(request.form.get("play-course", "[]") or "[]")
    except BadInput as error:
        return play_page(draft, error=error), error.status
    return _answer(draft, course, act=request.form.get("do", ""))


@pages.post(f"{_PLAY}/luu-tinh-huong", endpoint="save_scenario_now")
@policy(OWNERS)
def keep(draft_id: uuid.UUID) -> Any:
    draft = read_draft(draft_id)
    course: tuple[Act, ...] = ()
    try:
        course = read_text(request.form.get("play-course", "[]") or "[]")
        name = request.form.get("play-name", "")
        save_scenario(source=draft, name=name, acts=course, by=current_viewer(), now=now())
    except BadInput as error:
        # At this page the field has a name that no field of a form can have.
        error.fields = {f"play-{key}": said for key, said in error.fields.items() if key == "name"}
        return _answer(draft, course, error=error)
    flash(
        _("Đã lưu tình huống. Mọi bản thảo sau này của quy trình được chạy lại theo tình huống này."),
        "success",
    )
    return redirect(url_for("pages.scenarios_page", draft_id=draft_id), 303)


@pages.post(f"{_PLAY}/ghi-lai-tinh-huong", endpoint="record_scenario_anew")
@policy(OWNERS)
def record(draft_id: uuid.UUID) -> Any:
    """The course as it is at the page takes the place of the one that the scenario had."""
    draft = read_draft(draft_id)
    scenario = _scenario(draft, request.form.get("play-scenario", ""))
    if scenario is None:
        raise NotFound()
    course: tuple[Act, ...] = ()
    try:
        course = read_text(request.form.get("play-course", "[]") or "[]")
        _refuse_unless_sure()
        rev = _rev(request.form.get("play-rev", ""))
        record_anew(
            source=draft, scenario_id=scenario.id, rev=rev, acts=course, by=current_viewer(), now=now()
        )
    except BadInput as error:
        return _answer(draft, course, error=error)
    flash(_("Đã ghi lại diễn biến của tình huống “%(name)s”.", name=scenario.name), "success")
    return redirect(url_for("pages.scenarios_page", draft_id=draft_id), 303)


def _scenario(draft: ProcessDraft, wanted: str) -> ProcessScenario | None:
    """None where none is asked for; raises NotFound."""
    if not wanted:
        return None
    try:
        return read_scenario(uuid.UUID(wanted), draft.key)
    except ValueError as error:
        raise NotFound() from error


def _refuse_unless_sure() -> None:
    if request.form.get("play-sure") != "1":
        said = _("Đánh dấu ô xác nhận rồi bấm Ghi lại.")
        raise BadInput(said, fields={"play-sure": [said]})


def _rev(text: str) -> int:
    """-1 for what is none: nothing has that."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _answer(
    draft: ProcessDraft, course: tuple[Act, ...], *, act: str = "", error: DomainError | None = None
) -> Any:
    wanted = request.args.get("tinh-huong", "") or request.form.get("play-scenario", "")
    scenario = _scenario(draft, wanted)
    try:
        stage = Stage(draft, compiled(draft, today()))
        stage.put(course)
        if act and stage.refused is None:
            press(stage, act)
    except DomainError as refused:
        if isinstance(refused, NotFound):
            raise
        if error is None:
            error = refused
        try:
            stage = Stage(draft, compiled(draft, today()))
            stage.put(course)
        except DomainError:
            return play_page(draft, error=error), error.status
    told = error or stage.refused
    return play_page(draft, stage, told, scenario), told.status if told else 200
