"""Forms: form-js definitions, compiled to what the server checks and the page shows (docs/forms.md)."""

from forms.components import Action, Bounds, Component, Option
from forms.errors import FormProblem, InvalidForm, UnknownForm
from forms.schema import Form, form_keys, load_form, parse_form

__all__ = [
    "Action",
    "Bounds",
    "Component",
    "Form",
    "FormProblem",
    "InvalidForm",
    "Option",
    "UnknownForm",
    "form_keys",
    "load_form",
    "parse_form",
]
