"""Choices that a form offers and no gateway behind the step asks for: all goes on alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forms import InvalidForm, parse_form
from service.engine.errors import Problem
from service.engine.outline import Outline
from service.processes.variables import CHOICE, Variable, form_variables
from service.processes.ways import Ways

# The button that sends a dossier back.
RETURN = "return"
MOST_SHOWN = 4


def unasked(outline: Outline, forms: Mapping[str, str], ways: Ways | None) -> Iterator[Problem]:
    """A warning per step and choice, in the order of the file; `forms` are texts by key.

    The button counts as asked only by a condition behind the step, a field by anything that reads it: a time
    or a message may turn on it too.
    """
    read = {
        name for times in outline.times().values() for expression in times for name in expression.names
    } | {name for throw in outline.throws.values() for one in throw.expressions() for name in one.names}
    for task in outline.tasks.values():
        asked = _asked_after(task.id, outline, ways)
        given = _variables(forms.get(task.form_key, ""))
        variables = {f"{task.id}.{key}": variable for key, variable in given.items()}
        if {name for name in asked if name.startswith(f"{task.id}.")} - {*variables}:
            continue  # a gateway does ask, for something that the form does not give: that is told
        for name, variable in variables.items():
            if variable.kind != CHOICE or len(variable.values) < 2 or name in asked:
                continue
            if variable.key != "action" and name in read:
                continue
            said, remedy = _words(variable, name)
            yield Problem(task.id, task.name, "unasked-choice", "warning", said, remedy)


def actions_of(form: str) -> Mapping[str, str]:
    """{name of a button: what stands on it} of a form that can be read."""
    buttons = _variables(form).get("action")
    return buttons.values if buttons else {}


def _variables(form: str) -> dict[str, Variable]:
    """{key: the button and the routed fields of a form}; none of one that cannot be read."""
    try:
        return form_variables(parse_form(form.encode(), ""), "action")
    except InvalidForm:
        return {}


def _asked_after(step: str, outline: Outline, ways: Ways | None) -> set[str]:
    """What gateways behind the step ask; all of them where the drawing does not say what is behind."""
    sources = {flow.id: flow.source for flow in outline.diagram.flows}
    return {
        name
        for flow, condition in outline.conditions.items()
        if ways is None or step in ways.before(sources[flow])
        for name in condition.names
    }


def _words(variable: Variable, name: str) -> tuple[str, str]:
    """(message, remedy)"""
    labels = [f"“{label}”" for label in variable.values.values()]
    shown = ", ".join(labels[:MOST_SHOWN]) + (", …" if len(labels) > MOST_SHOWN else "")
    # What is out of the ordinary is what a gateway would ask for: the last one offered.
    value = RETURN if RETURN in variable.values else list(variable.values)[-1]
    if variable.key == "action":
        said = f"Biểu mẫu cho chọn {shown}, nhưng sau bước này không cổng nào hỏi đã bấm nút nào."
        less = "dùng biểu mẫu chỉ có một nút"
    else:
        said = f"Biểu mẫu cho chọn {shown} ở “{variable.label}” và đưa ra sơ đồ, nhưng không cổng nào hỏi."
        less = "bỏ đánh dấu “đưa ra sơ đồ” ở trường đó"
    return said, f'Vẽ cổng loại trừ (XOR) sau bước này, một nhánh ghi {name} = "{value}"; hoặc {less}.'
