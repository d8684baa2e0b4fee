"""Whether what is about to be signed is all there: what must be, and what is only missing.

The law leaves a criterion without a result undecided; nobody is kept from handing that up, but they are told.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from forms import Form
from service.clock import local_day
from service.database import db
from service.identity.viewer import Viewer
from service.processes.queries import Procedure, procedure
from service.tasks.answers import checked_answers
from service.tasks.between_levels import said_too_little
from service.tasks.completion import open_task


@dataclass(frozen=True)
class Missing:
    """Criteria without a result, and those whose result has no evidence, in the order of the annex.

    `silent`: what a member leaves blank without an overall opinion; each is disputed, so each goes to the
    meeting. `unanswered`: what the member found otherwise, of which the district's table has no line.
    """

    results: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether somebody should be asked. A result may well need no paper: that alone asks nobody."""
        return bool(self.results or self.silent or self.unanswered)


def missing_in(form: Form | None, bundle: Procedure, year: int, answers: Mapping[str, Any]) -> Missing:
    """Of the table that a step fills in. An optional one lacks nothing where an overall opinion speaks."""
    table = next((one for one in (form.fields if form is not None else ()) if one.type == "criteria"), None)
    if form is None or table is None or answers.get("action", "complete") != "complete":
        return Missing()
    rows = answers.get(table.key) or {}
    assessed = [criterion.id for criterion in bundle.catalogue.year(year).assessed]
    said = {key for key in assessed if _says(rows.get(key) or {})}
    if not table.required:
        speaks = all(one.key != "overall" for one in form.fields) or answers.get("overall")
        return Missing(silent=() if speaks else tuple(key for key in assessed if key not in said))
    bare = {key for key in said if not (rows[key].get("evidence") or [])}
    return Missing(
        tuple(key for key in assessed if key not in said),
        tuple(key for key in assessed if key in bare) if "evidence" in table.columns else (),
    )


def check_filled_in(*, task_id: uuid.UUID, answers: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    """Refuses what handing up or sending would refuse of `answers`, before anybody is asked whether to.

    Raises BadInput with all that is wrong at once, NotFound; writes nothing.
    """
    connection = db.session.connection()
    row = open_task(connection, task_id, by)
    bundle = procedure(row.process_version_id)
    form = bundle.form_of(row.task_element)
    if form is not None:
        others = partial(said_too_little, connection, row, bundle)
        checked_answers(form, bundle, row.year, answers, today=local_day(now), more=others)


def unanswered_in(answers: Mapping[str, Any], found_otherwise: Iterable[str]) -> Missing:
    """Of the criteria that the member found otherwise, those that the table of answers does not name."""
    if answers.get("action", "complete") != "complete":
        return Missing()
    lines = answers.get("opinion_taken_up") or ()
    named = {(line.get("criterion") or "").strip().removesuffix(".") for line in lines}
    return Missing(unanswered=tuple(key for key in found_otherwise if key not in named))


def _says(entry: Mapping[str, Any]) -> bool:
    return bool((entry.get("raw") or "").strip() or entry.get("decision"))
