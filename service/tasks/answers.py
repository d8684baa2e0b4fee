"""Answers from outside become answers that may be stored: the form's schema and the evaluation look first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError

from evaluation.assessment import Entry, check_entry
from evaluation.errors import DecisionRefused, EvaluationError
from forms import Form
from service.errors import BadInput, fields_of
from service.processes.queries import Procedure
from service.wording import _


def checked_answers(
    form: Form,
    bundle: Procedure,
    year: int,
    answers: Mapping[str, Any],
    *,
    today: date,
    partial: bool = False,
) -> dict[str, Any]:
    """The answers as the form's schema reads them; raises BadInput naming each field in Vietnamese.

    `today` is the day of the act: a return cannot be due before it. `partial` is for drafts: nothing is
    required yet, but nothing unknown is kept either.
    """
    names = [action.name for action in form.actions]
    action = answers.get("action") or (None if partial else names[0])
    if action is not None and action not in names:
        raise BadInput(
            _("Không có thao tác %(action)s ở bước này.", action=f"{str(action)[:40]!r}"),
            fields={"action": [_("Chọn một trong: %(names)s.", names=", ".join(names))]},
        )
    catalogue = bundle.catalogue.year(year)
    schema = form.schema(action, tuple(criterion.id for criterion in catalogue.assessed), partial=partial)
    given = {**answers, "action": action} if action is not None else dict(answers)
    try:
        clean = dict(schema.load(given))
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise BadInput(fields=fields_of(messages)) from error
    if not partial and action == "return":
        due_on = clean.get("due_on")
        if due_on and date.fromisoformat(due_on) < today:
            raise BadInput(fields={"due_on": [_("Thời hạn bổ sung phải từ hôm nay trở đi.")]})
    elif not partial:
        _check_entries(bundle, year, clean.get("criteria") or {})
    return clean


def entry_of(value: Mapping[str, Any]) -> Entry:
    """One criterion of a form's answers as the evaluation reads it."""
    return Entry(raw=value.get("raw") or "", decision=value.get("decision"), reason=value.get("reason") or "")


def _check_entries(bundle: Procedure, year: int, criteria: Mapping[str, Mapping[str, Any]]) -> None:
    """Typing errors and decisions against one's own clear value are refused at the door."""
    fields: dict[str, list[str]] = {}
    for key, value in criteria.items():
        try:
            check_entry(bundle.catalogue.criterion(key), entry_of(value), year)
        except DecisionRefused as error:
            fields[f"criteria.{key}.decision"] = [error.message]
        except EvaluationError as error:
            fields[f"criteria.{key}.raw"] = [error.message]
    if fields:
        raise BadInput(fields=fields)
