"""A course played on a draft as far as it goes, and what a button of the page does to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from service.clock import local_day
from service.errors import BadInput
from service.models import ProcessDraft
from service.processes.queries import Procedure
from service.studio.play.acts import COMPLETE, Act, CourseRefused
from service.studio.play.ground import Ground, ground_for
from service.studio.play.people import SIGNER, WHO
from service.studio.play.played import OpenTask, Played
from service.studio.play.playing import play_on
from service.studio.play.samples import SAMPLES, sample_answers
from service.web.forms_rendering import answers_from
from service.web.studio.play_acts import NEXT
from service.web.studio.play_form import PlayForm, play_form


@dataclass
class Stage:
    """A course as far as it goes on the draft. `acts` are those that were done."""

    draft: ProcessDraft
    bundle: Procedure
    ground: Ground | None = None
    played: Played | None = None
    acts: tuple[Act, ...] = ()
    refused: CourseRefused | None = None
    form: PlayForm | None = None

    def put(self, acts: tuple[Act, ...]) -> None:
        """Play `acts` instead; what cannot be done is left out from there on, and said."""
        self.acts, self.played, self.refused = (), None, None
        if not acts:
            return
        try:
            self.ground = ground_for(self.bundle, acts[0])
        except CourseRefused as refused:
            self.refused = refused
            return
        self.played, self.refused = play_on(self.ground, acts)
        self.acts = acts[: len(self.played.moves)]

    def task(self, element: str) -> OpenTask:
        """Raises BadInput."""
        for task in self.played.tasks if self.played else ():
            if task.element == element:
                return task
        raise BadInput(_("Việc này không còn mở ở bước này của lần chạy thử."))


def press(stage: Stage, act: str) -> None:
    """`act` is the value of the button that was pressed; raises BadInput."""
    what, _colon, about = act.partition(":")
    if what == "back":
        stage.put(stage.acts[:-1])
    elif what in NEXT:
        _next(stage, NEXT[what](about))
    elif what == "open":
        element, _colon, action = about.partition(":")
        stage.form = _opened(stage, element, {"action": action})
    elif what in ("sample", "refresh", COMPLETE):
        _with_form(stage, what, about)


def _next(stage: Stage, act: Act) -> None:
    """Raises CourseRefused where it cannot be done; the course stays as it was."""
    before = stage.acts
    stage.put((*before, act))
    if stage.refused is not None:
        refused = stage.refused
        stage.put(before)
        stage.refused = refused


def _with_form(stage: Stage, what: str, about: str) -> None:
    """The form that was open when the button was pressed."""
    task = stage.task(request.form.get("play-element", ""))
    assert stage.ground is not None
    assert stage.played is not None
    typed = _typed(stage.ground, task)
    people = _person(WHO), _person(SIGNER)
    if what == "sample" and about in SAMPLES:
        day = local_day(stage.played.now)
        typed = sample_answers(stage.ground, stage.played, task, typed["action"], about, day)
    elif what == COMPLETE:
        who, signer = people
        _next(stage, Act(COMPLETE, task.element, typed, who=who, signer=signer))
        if stage.refused is None:
            return
        stage.form = play_form(stage.ground, stage.played, task, typed, stage.refused.fields, people)
        return
    stage.form = play_form(stage.ground, stage.played, task, typed, people=people)


def _person(field: str) -> str:
    """As typed; whether it is a name is for playing to judge."""
    return " ".join(request.form.get(field, "").split())


def _opened(stage: Stage, element: str, answers: dict[str, Any]) -> PlayForm:
    task = stage.task(element)
    assert stage.ground is not None
    assert stage.played is not None
    form = stage.ground.bundle.form_of(task.element)
    names = [one.name for one in form.actions] if form else ["complete"]
    if answers["action"] not in names:
        answers = {"action": names[0]}
    return play_form(stage.ground, stage.played, task, answers)


def _typed(ground: Ground, task: OpenTask) -> dict[str, Any]:
    """What was typed into the open form, read as a live form is."""
    form = ground.bundle.form_of(task.element)
    if form is None:
        return {"action": "complete"}
    ids = [one.id for one in ground.bundle.catalogue.year(ground.year).assessed]
    answers = answers_from(form, request.form, ids)
    if answers["action"] not in [one.name for one in form.actions]:
        answers["action"] = form.actions[0].name
    return answers
