"""Which fields of a work form somebody has typed into since it was drawn, as the form itself tells.

`seen` holds a digest of every field as the page drew it, for browsers without its script; `touched` the names
that the script has counted itself; `undecided` fields of which two contents were shown, `resolve.<path>` the
one that was chosen (mine | theirs).
"""

from __future__ import annotations

import json
from typing import Any

from flask import request

from forms import Form
from service.models import Task
from service.processes.draft_fields import differing, fields_of, typed_since
from service.processes.queries import procedure
from service.tasks.draft_saving import Typed
from service.web.posted import seen_rev, typed_answers

MOST_NAMES = 2_000


def typed_draft(task: Task) -> Typed:
    """What came with the work form; a sender who does not tell what was touched sends the whole draft."""
    answers = typed_answers(task)
    form = procedure(task.case.process_version_id).form_of(task.element)
    touched, undecided = _touched(form, answers), set()
    for path in _paths(form, request.form.getlist("undecided")):
        chosen = request.form.get(f"resolve.{path}")
        if touched is not None and chosen == "theirs":
            touched.discard(path)
        elif touched is not None:
            touched.add(path)
            undecided |= {path} if chosen != "mine" else set()
    return Typed(
        answers,
        seen_rev(),
        touched=None if touched is None else frozenset(touched),
        undecided=frozenset(undecided),
    )


def with_answers(typed: Typed, answers: dict[str, Any]) -> Typed:
    """The same, and what a button has filled in counts as typed too."""
    if typed.touched is None:
        return Typed(answers, typed.seen_rev)
    filled = differing(fields_of(answers), fields_of(typed.answers))
    return Typed(answers, typed.seen_rev, typed.touched | filled, typed.undecided)


def _touched(form: Form | None, answers: dict[str, Any]) -> set[str] | None:
    if form is None or not {"touched", "seen"} & request.form.keys():
        return None
    touched = _paths(form, request.form.get("touched", "").split()[:MOST_NAMES])
    seen = _digests(request.form.get("seen", ""))
    if seen is None:
        return touched if "touched" in request.form else None
    return touched | typed_since(fields_of(answers), seen)


def _paths(form: Form | None, names: list[str]) -> set[str]:
    """A field's name is its path, but for the rows of a table to which lines are added."""
    tables = {c.key for c in form.fields if c.type in ("criteria", "criteria_reasons")} if form else set()
    keys = {"action", *(c.key for c in form.fields)} if form else set()
    found = set()
    for name in names:
        key = name.partition(".")[0]
        if key in keys:
            found.add(name if key in tables else key)
    return found


def _digests(text: str) -> dict[str, str] | None:
    try:
        seen = json.loads(text)
    except ValueError:
        return None
    return {str(path): str(digest) for path, digest in seen.items()} if isinstance(seen, dict) else None
