"""A form as those who will fill it in see it: by the macros of a live task, with answers to try it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from forms import Component, Form
from service.errors import fields_of
from service.web import today
from service.web.forms_rendering import FieldError, answers_from, error_list

# What nobody can fill in without a case: no message says that it is missing.
OF_A_CASE = frozenset({"criteria", "criteria_reasons", "filepicker"})


@dataclass(frozen=True)
class Preview:
    """What the form macros read of a task's page; there is no task, so nothing is sent from it."""

    form: Form
    answers: dict[str, Any]
    visible: frozenset[str]
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    # Whether it was handed in to try, and what the server said.
    tried: bool = False
    task: None = None
    opinion: None = None
    index_warning: str = ""

    @property
    def said(self) -> list[FieldError]:
        return error_list(self.errors, self.form)

    def is_drawn(self, component: Component) -> bool:
        """As on the live page: what the chosen button hides is not drawn at all."""
        return component.id in self.visible or (
            component.hide is not None and "action" not in component.hide.names
        )


def preview_of(form: Form, posted: MultiDict[str, str], *, tried: bool = False) -> Preview:
    """The form with what was typed into its preview; `tried` asks what would be said of it when handed in."""
    names = [action.name for action in form.actions]
    answers = answers_from(form, posted, ())
    if answers["action"] not in names:
        answers["action"] = names[0]
    errors: Mapping[str, list[str]] = {}
    if tried:
        try:
            form.schema(answers["action"], today=today()).load(answers)
        except ValidationError as error:
            found = fields_of(error.normalized_messages())  # type: ignore[no-untyped-call]
            nobody = {component.key for component in form.fields if component.type in OF_A_CASE}
            errors = {path: said for path, said in found.items() if path.split(".", 1)[0] not in nobody}
    return Preview(form, answers, form.visible(answers), errors, tried)


def drawn(preview: Preview | None) -> str:
    """The preview as HTML; why there is none where the form is not right yet."""
    if preview is None:
        return str(_("Sửa hết lỗi của biểu mẫu để xem trước."))
    return render_template("studio/_form_preview.html", page=preview)
