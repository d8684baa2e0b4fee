"""What conditions may read: the variables that forms and rules write, with their kinds and choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms import Form
from forms.components import CHOICES, SCALARS, Component
from service.wording import Words, marked

# What kind of value it is *meant* as. A case keeps numbers and dates as text: conditions read them by
# `number(…)` and `date(…)`.
TEXT, NUMBER, DATE, BOOLEAN, CHOICE = "text", "number", "date", "boolean", "choice"
RULE_NAMES: Mapping[str, str] = Words(
    {
        "evaluation.compare_opinions": marked("Đối chiếu ý kiến"),
        "evaluation.check_conditions": marked("Xét điều kiện công nhận"),
    }
)
_ELIGIBLE: Mapping[str, str] = Words(
    {"yes": marked("Đủ điều kiện"), "no": marked("Không đủ điều kiện"), "undecided": marked("Chưa kết luận")}
)
# {topic: (the variable that the packaged diagrams write, its kind, its values)}: one line per rule of ours.
RULE_RESULTS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "evaluation.compare_opinions": ("opinions_agree", BOOLEAN, {}),
    "evaluation.check_conditions": ("eligible", CHOICE, _ELIGIBLE),
}


@dataclass(frozen=True)
class Variable:
    """`key` within its step, `kind` as above, `values` {value: label} where only these can be."""

    key: str
    label: str
    kind: str
    values: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        values = [{"value": value, "label": label} for value, label in self.values.items()]
        return {"key": self.key, "label": self.label, "kind": self.kind, "values": values}


def form_variables(form: Form, action: str) -> dict[str, Variable]:
    """{key: variable} of what a step with this form writes; `action` is what its button is called."""
    buttons = {one.name: one.label for one in form.actions}
    routed = [one for one in form.fields if one.routed and one.type in SCALARS]
    return {
        "action": Variable("action", action, CHOICE, buttons),
        **{one.key: Variable(one.key, one.label or one.key, _kind(one), _values(one)) for one in routed},
    }


def _kind(component: Component) -> str:
    if component.type in CHOICES:
        return CHOICE
    if component.type == "datetime":
        return DATE if component.subtype == "date" else TEXT
    return {"number": NUMBER, "checkbox": BOOLEAN}.get(component.type, TEXT)


def _values(component: Component) -> dict[str, str]:
    return {option.value: option.label for option in component.options}
