"""*Chạy thử*: a draft is played with made-up answers. The course travels in the page; nothing is stored."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from service.calendars.tables import read_day
from service.cases.decided import decided
from service.clock import local_day
from service.deadlines.queries import list_districts
from service.errors import BadInput, DomainError, NotFound
from service.http.access import current_viewer, now, policy
from service.models import ProcessDraft
from service.processes.queries import Procedure
from service.studio.play.acts import (
    COMPLETE,
    FAIL,
    JOB,
    MESSAGE,
    SIGNAL,
    START,
    TIMER,
    WAIT,
    Act,
    CourseRefused,
    as_text,
    read_course,
    read_text,
)
from service.studio.play.ground import Ground, compiled, ground_for
from service.studio.play.played import Move, OpenTask, Played
from service.studio.play.playing import play_on
from service.studio.play.reading import values_read_of
from service.studio.play.samples import SAMPLES, sample_answers
from service.studio.queries import read_draft
from service.studio.scenarios import read_scenario, save_scenario
from service.web import pages, today
from service.web.forms_rendering import answers_from
from service.web.studio.drafts import OWNERS
from service.web.studio.play_form import SAMPLE_FILE, PlayForm, play_form
from service.web.studio.play_words import ACTS, marks_of, who_acts

_PLAY = "/quy-trinh/ban-thao/<uuid:draft_id>/chay-thu"


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
        return _page(draft, error=error), error.status
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
            _do(stage, act)
    except DomainError as refused:
        if isinstance(refused, NotFound):
            raise
        if error is None:
            error = refused
        try:
            stage = Stage(draft, compiled(draft, today()))
            stage.put(course)
        except DomainError:
            return _page(draft, error=error), error.status
    told = error or stage.refused
    return _page(draft, stage, told), told.status if told else 200


def _do(stage: Stage, act: str) -> None:
    """`act` is the value of the button that was pressed; raises BadInput."""
    what, _colon, about = act.partition(":")
    if what == "back":
        stage.put(stage.acts[:-1])
    elif what in _NEXT:
        _next(stage, _NEXT[what](about))
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
    if what == "sample" and about in SAMPLES:
        day = local_day(stage.played.now)
        typed = sample_answers(stage.ground, stage.played, task, typed["action"], about, day)
    elif what == COMPLETE:
        _next(stage, Act(COMPLETE, task.element, typed))
        if stage.refused is None:
            return
        stage.form = play_form(stage.ground, stage.played, task, typed, stage.refused.fields)
        return
    stage.form = play_form(stage.ground, stage.played, task, typed)


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


def _started(_about: str) -> Act:
    day = read_day(request.form.get("day", ""))
    year = request.form.get("year", "")
    fields: dict[str, list[str]] = {}
    if day is None:
        fields["day"] = [_("Ghi ngày mở hồ sơ, ví dụ 04/05/2024.")]
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        fields["year"] = [_("Ghi năm của hồ sơ, ví dụ 2024.")]
    if fields or day is None:
        raise BadInput(fields=fields)
    return Act(START, day=day, year=int(year), district=request.form.get("district", "")[:60])


def _until(about: str) -> Act:
    day = read_day(about or request.form.get("play-until", ""))
    if day is None:
        raise BadInput(fields={"play-until": [_("Ghi ngày cần tới, ví dụ 04/05/2024.")]})
    return Act(WAIT, day=day)


def _brought(kind: str, name: str) -> Act:
    """A message, signal or job with the values typed beside it."""
    prefix = f"value.{kind}.{name}."
    values = {
        key.removeprefix(prefix): text.strip()[:500]
        for key, text in request.form.items()
        if key.startswith(prefix) and text.strip()
    }
    return Act(kind, name[:255], values)


_NEXT: Mapping[str, Any] = {
    START: _started,
    WAIT: _until,
    TIMER: lambda about: Act(TIMER, about[:255]),
    MESSAGE: lambda about: _brought(MESSAGE, about),
    SIGNAL: lambda about: _brought(SIGNAL, about),
    JOB: lambda about: _brought(JOB, about),
    FAIL: lambda about: Act(FAIL, about[:255], code=request.form.get(f"code.{about}", "").strip()[:255]),
}


def _page(draft: ProcessDraft, stage: Stage | None = None, error: DomainError | None = None) -> str:
    played = stage.played if stage else None
    form = stage.form if stage else None
    return render_template(
        "studio/play.html",
        draft=draft,
        stage=stage,
        played=played,
        page=form,
        course=as_text(stage.acts) if stage else "[]",
        error=error,
        errors=error.fields if isinstance(error, BadInput) and not form else {},
        districts=list_districts(),
        samples=SAMPLES,
        sample_file=SAMPLE_FILE,
        acts=ACTS,
        action_label=lambda move: _action_label(stage, move),
        done=_done(played) if played else [],
        typed=request.form,
        today=local_day(played.now) if played else today(),
        next=_choices(stage.bundle, played) if stage and played else None,
        decided=lambda one: decided(asdict(one), stage.bundle) if stage else "",
        marks=marks_of(played, stage.bundle.definition) if stage and played else "{}",
    )


def _done(played: Played) -> list[str]:
    """What the diagram shows as done: where no token stands any more."""
    return sorted(played.passed - set(played.active))


def _action_label(stage: Stage | None, move: Move) -> str:
    """The button of the form that was pressed; "" for a step without one."""
    form = stage.bundle.form_of(move.act.what) if stage else None
    action = move.act.answers.get("action")
    return next((one.label for one in (form.actions if form else ()) if one.name == action), "")


def _choices(bundle: Procedure, played: Played) -> dict[str, Any]:
    """What may happen next, as the page lists it."""
    definition, day = bundle.definition, local_day(played.now)

    def heard(kind: Any, name: str) -> dict[str, Any]:
        events = definition.catching(kind, name)
        labels = dict.fromkeys(definition.elements[event].name or event for event in events)
        return {"name": name, "label": "; ".join(labels), "values": values_read_of(definition, events)}

    return {
        "tasks": [
            {
                "task": task,
                "who": who_acts(task),
                "actions": form.actions if (form := bundle.form_of(task.element)) else (),
                "late": task.due_on + timedelta(days=1) if task.due_on and task.due_on >= day else None,
            }
            for task in played.tasks
        ],
        "timers": played.timers,
        "messages": [heard("message", name) for name in played.messages],
        "signals": [heard("signal", name) for name in played.signals],
        "jobs": [{"job": job, "values": values_read_of(definition, [job.element])} for job in played.jobs],
        "tomorrow": day + timedelta(days=1),
    }
