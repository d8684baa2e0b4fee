"""Answers from outside become answers that may be stored: checked by the form's schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from forms.schema import Form
from service.errors import BadInput, fields_of
from service.processes.queries import Procedure


def checked_answers(
    form: Form, bundle: Procedure, year: int, answers: Mapping[str, Any], *, partial: bool = False
) -> dict[str, Any]:
    """The answers as the form's schema reads them; raises BadInput naming each field in Vietnamese.

    `partial` is for drafts: nothing is required yet, but nothing unknown is kept either.
    """
    action = str(answers.get("action", form.actions[0]))
    if action not in form.actions:
        raise BadInput(
            f"Không có thao tác {action!r} ở bước này.", fields={"action": [f"Chọn một trong: {', '.join(form.actions)}."]}
        )
    schema = form.schema(action, [criterion.id for criterion in bundle.catalogue.year(year).criteria], partial=partial)
    try:
        return dict(schema.load({**answers, "action": action}))
    except ValidationError as error:
        raise BadInput(fields=fields_of(error.normalized_messages())) from error
