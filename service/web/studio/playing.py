"""*Chạy thử*: a draft is played with made-up answers. The course travels in the page; nothing is stored."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from service.errors import BadInput, DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.models import ProcessDraft
from service.studio.play.acts import Act, read_course, read_text
from service.studio.play.ground import compiled
from service.studio.queries import read_draft
from service.studio.scenarios import read_scenario, save_scenario
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
    if wanted := request.args.get("tinh-huong", ""):
        try:
            course = read_course(read_scenario(uuid.UUID(wanted), draft.key).course)
        except ValueError as error:
            raise NotFound() from error
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


def _answer(
    draft: ProcessDraft, course: tuple[Act, ...], *, act: str = "", error: DomainError | None = None
) -> Any:
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
    return play_page(draft, stage, told), told.status if told else 200
