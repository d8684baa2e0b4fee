"""The form of a step that is played: the live form's definition, reading and judging, without its dossier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.catalogue import Criterion
from forms import Component, Form
from service.processes.rules import levels
from service.studio.play.ground import Ground
from service.studio.play.people import SIGNER, WHO
from service.studio.play.played import OpenTask, Played
from service.web.criteria_grid import Grid, Surroundings, build_grid
from service.web.forms_rendering import FieldError, error_list


@dataclass(frozen=True)
class PlayForm:
    """What the templates of forms ask of a page. `form` None: a step that only has to be said done."""

    task: OpenTask
    form: Form | None
    answers: dict[str, Any]
    visible: frozenset[str]
    grid: Grid | None
    assessed: tuple[Criterion, ...]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    who: str = ""
    signer: str = ""

    @property
    def action(self) -> str:
        return str(self.answers.get("action", "complete"))

    @property
    def action_label(self) -> str:
        actions = self.form.actions if self.form else ()
        return next((one.label for one in actions if one.name == self.action), "")

    @property
    def told(self) -> list[FieldError]:
        """Of the people first, who stand at the end of the form, then of its fields."""
        people = [FieldError(name, one) for name in (WHO, SIGNER) for one in self.errors.get(name, [])]
        rest = {name: said for name, said in self.errors.items() if name not in (WHO, SIGNER)}
        return people + (error_list(rest, self.form) if self.form else [])

    @property
    def has_conditions(self) -> bool:
        """Whether answers decide which fields there are: they are then asked for again."""
        return any(
            one.hide is not None and "action" not in one.hide.names
            for one in (self.form.fields if self.form else ())
        )

    def is_drawn(self, component: Component) -> bool:
        return component.id in self.visible

    def found(self, criterion: str) -> str:
        """The verdict of the table on a criterion; "" where it has none."""
        rows = (row for group in self.grid.groups for row in group.rows) if self.grid else ()
        return next(
            (row.verdict for row in rows if row.criterion.id == criterion and row.verdict != "missing"), ""
        )

    def likely_returned(self, given: Mapping[str, str]) -> frozenset[str]:
        return frozenset(given)


def play_form(
    ground: Ground,
    played: Played,
    task: OpenTask,
    answers: dict[str, Any],
    errors: Mapping[str, list[str]] | None = None,
    people: tuple[str, str] = ("", ""),
) -> PlayForm:
    """`people` are the names of who does the step and who signs it."""
    form, errors = ground.bundle.form_of(task.element), errors or {}
    table = next((one for one in (form.fields if form else ()) if one.type == "criteria"), None)
    grid = None
    if table is not None:
        only = None
        if "agreed" in table.columns:
            only = frozenset(_disputed(ground, played) | (answers.get(table.key) or {}).keys())
        around = Surroundings(element=task.element, errors=errors, only=only)
        grid = build_grid(table, ground.bundle, ground.year, answers, around)
    return PlayForm(
        task=task,
        form=form,
        answers=answers,
        visible=form.visible(answers) if form else frozenset(),
        grid=grid,
        assessed=ground.bundle.catalogue.year(ground.year).assessed,
        errors=errors,
        who=people[0],
        signer=people[1],
    )


def _disputed(ground: Ground, played: Played) -> set[str]:
    facts = {
        "year": ground.year,
        "catalogue": ground.bundle.catalogue,
        "submissions": played.submissions,
    }
    return {one.criterion for one in levels(facts).comparison().differences if one.criterion}
