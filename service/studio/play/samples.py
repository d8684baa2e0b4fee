"""Answers to play with: whatever a form demands, filled in so that its own schema finds it right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from evaluation.catalogue import Criterion, TargetKind
from forms import Component, Form
from service.errors import BadInput
from service.processes.queries import Procedure
from service.processes.rules import levels
from service.studio.play.ground import Ground
from service.studio.play.played import OpenTask, Played
from service.tasks.answers import checked_answers
from service.tasks.between_levels import too_little_beside
from service.wording import Words, _, marked

ALL_MET, ONE_NOT_MET, NO_RESULTS = "all_met", "one_not_met", "no_results"
SAMPLES: Words[str] = Words(
    {
        ALL_MET: marked("Mọi chỉ tiêu đạt"),
        ONE_NOT_MET: marked("Một chỉ tiêu chưa đạt"),
        NO_RESULTS: marked("Chưa có kết quả chỉ tiêu nào"),
    }
)
# What stands for an attached file: any id will do, since nobody opens it.
SAMPLE_FILE = "00000000-0000-4000-8000-000000000000"
# Filling in one field may make another one required: a score its maximum, that one its decision.
ROUNDS = 6


def sample_answers(
    ground: Ground, played: Played, task: OpenTask, action: str, kind: str, today: date
) -> dict[str, Any]:
    """Answers of this `kind` for the task; what cannot be made up is left to be typed."""
    form = ground.bundle.form_of(task.element)
    if form is None:
        return {"action": action}
    answers: dict[str, Any] = {"action": action}
    shown = form.visible(answers)
    for component in form.fields:
        if component.id in shown and (component.required or component.type in ("criteria", "number")):
            put(answers, component, ground, played, kind, today)
    for _round in range(ROUNDS):
        missing = _refused(ground, played, task, form, answers, today)
        fields = [one for one in form.fields if one.key in missing and one.key not in answers]
        if not fields:
            break
        for component in fields:
            put(answers, component, ground, played, kind, today)
    return answers


def put(
    answers: dict[str, Any], component: Component, ground: Ground, played: Played, kind: str, today: date
) -> None:
    value = _value(component, ground, played, kind, today)
    if value not in (None, "", [], {}) and not (
        answers["action"] == "return" and component.type == "criteria"
    ):
        answers[component.key] = value


def _refused(
    ground: Ground, played: Played, task: OpenTask, form: Form, answers: Mapping[str, Any], today: date
) -> set[str]:
    def more(clean: Mapping[str, Any]) -> dict[str, list[str]]:
        return too_little_beside(task.element, ground.year, ground.bundle, lambda: played.submissions, clean)

    try:
        checked_answers(form, ground.bundle, ground.year, answers, today=today, more=more)
    except BadInput as error:
        return {path.split(".", 1)[0] for path in error.fields}
    return set()


def _value(  # noqa: PLR0911 - one case per type
    component: Component, ground: Ground, played: Played, kind: str, today: date
) -> Any:
    match component.type:
        case "textfield" | "textarea":
            text = _("Chạy thử")
            return text.ljust(component.bounds.min_length or 0, ".")[: component.bounds.max_length or None]
        case "number":
            bounds = component.bounds
            number = 100 if bounds.maximum is None else min(100, bounds.maximum)
            return str(number if bounds.minimum is None else max(number, bounds.minimum))
        case "datetime":
            return "08:00" if component.subtype == "time" else today.isoformat()
        case "radio" | "select":
            return component.options[0].value if component.options else None
        case "checklist":
            return [option.value for option in component.options]
        case "checkbox":
            return True
        case "dynamiclist":
            return [{child.key: _value(child, ground, played, kind, today) for child in component.children}]
        case "filepicker":
            return [SAMPLE_FILE]
        case "criteria":
            return sample_table(component, ground, played, kind)
    return None


def sample_table(component: Component, ground: Ground, played: Played, kind: str) -> dict[str, Any]:
    """A criteria table; at the meeting only what is disputed, agreed upon or left open."""
    assessed = ground.bundle.catalogue.year(ground.year).assessed
    if "agreed" in component.columns:
        disputed = _disputed(ground.bundle, ground.year, played)
        return {one.id: _settled(one, ground.year, kind) for one in assessed if one.id in disputed}
    if kind == NO_RESULTS:
        return {}
    bad = _weakest(assessed) if kind == ONE_NOT_MET else None
    return {one.id: _entry(one, ground.year, met=one is not bad) for one in assessed}


def _disputed(bundle: Procedure, year: int, played: Played) -> set[str]:
    facts = {"year": year, "catalogue": bundle.catalogue, "submissions": played.submissions}
    return {one.criterion for one in levels(facts).comparison().differences if one.criterion}


def _settled(criterion: Criterion, year: int, kind: str) -> dict[str, Any]:
    if kind == NO_RESULTS:
        return {"agreed": False}
    return {**_entry(criterion, year, met=kind == ALL_MET), "agreed": True, "reason": _("Chạy thử")}


def _entry(criterion: Criterion, year: int, *, met: bool) -> dict[str, Any]:
    target = criterion.target(year)
    if met:
        return {"raw": target.text}
    return {"raw": "0%" if target.kind is TargetKind.PERCENT_MIN else "Chưa", "reason": _("Chạy thử")}


def _weakest(assessed: Iterable[Criterion]) -> Criterion | None:
    """The first whose value alone decides: words against a qualitative target would leave it open."""
    return next((one for one in assessed if one.kind is not TargetKind.QUALITATIVE), None)
