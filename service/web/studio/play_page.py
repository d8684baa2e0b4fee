"""What the page of *Chạy thử* shows of a stage."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import render_template, request

from service.cases.decided import decided
from service.clock import local_day
from service.deadlines.queries import list_districts
from service.errors import BadInput, DomainError
from service.models import ProcessDraft, ProcessScenario
from service.processes.queries import Procedure
from service.studio.play.acts import as_text
from service.studio.play.played import Move, Played
from service.studio.play.reading import values_read_of
from service.studio.play.samples import SAMPLE_FILE, SAMPLES
from service.web import today
from service.web.studio.play_stage import Stage
from service.web.studio.play_words import ACTS, marks_of, who_acts


def play_page(
    draft: ProcessDraft,
    stage: Stage | None = None,
    error: DomainError | None = None,
    scenario: ProcessScenario | None = None,
) -> str:
    """`scenario` is the one that the course began with, and that may be recorded anew."""
    played = stage.played if stage else None
    form = stage.form if stage else None
    return render_template(
        "studio/play.html",
        draft=draft,
        scenario=scenario,
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
        people=_people(played) if played else [],
        done=_done(played) if played else [],
        typed=request.form,
        today=local_day(played.now) if played else today(),
        next=_choices(stage.bundle, played) if stage and played else None,
        decided=lambda one: decided(asdict(one), stage.bundle) if stage else "",
        marks=marks_of(played, stage.bundle.definition) if stage and played else "{}",
    )


def _people(played: Played) -> list[str]:
    """Who has been given a name so far, in the order of their first act."""
    named = (name for move in played.moves for name in (move.act.who, move.act.signer) if name)
    return list(dict.fromkeys(named))


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
