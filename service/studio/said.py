"""What is written in a drawing in people's words: groups, signers, forms, services, conditions, times. Pure.

The same words as the panel of the modeler. What has no words stays as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forms import InvalidForm, parse_form
from service.calendars.reminders import KINDS as REMINDERS
from service.engine.diagram import HUMAN_TASKS, Diagram, EventTrigger
from service.engine.expressions import ExpressionError
from service.engine.texts import read_expression
from service.engine.throws import ADDRESS, EXPIRES, PAYLOAD, PROCEDURE
from service.processes.groups import LEVELS, SIGNERS
from service.processes.variables import RULE_NAMES, RULE_RESULTS, Variable, form_variables
from service.studio.choosing.reading import CONDITION, DUE, TIMERS, read_for_panel
from service.studio.choosing.sentences import Labels, condition_in_words
from service.studio.vocabulary import TOPIC_NAMES
from service.wording import Words, _, marked

TRIGGERS: Mapping[str, str] = Words(
    {
        "timer": marked("Hẹn giờ"),
        "message": marked("Thông điệp"),
        "signal": marked("Tín hiệu"),
        "error": marked("Lỗi"),
        "terminate": marked("Dừng ngay mọi việc"),
    }
)


@dataclass(frozen=True)
class Said:
    """`groups`, `titles` of forms and `procedures` by what the drawing writes; `labels` for expressions."""

    labels: Labels = field(default_factory=Labels)
    groups: Mapping[str, str] = field(default_factory=lambda: LEVELS)
    titles: Mapping[str, str] = field(default_factory=dict)
    procedures: Mapping[str, str] = field(default_factory=dict)

    def condition(self, text: str) -> str:
        return self._read(text, CONDITION)

    def attribute(self, key: str, value: str) -> str:
        """The value of an attribute, `key` with its prefix as `camunda:formKey`."""
        said: Mapping[str, Callable[[], str]] = {
            "camunda:candidateGroups": lambda: self._each(value, self.groups),
            "camunda:formKey": lambda: _known(value, self.titles),
            "camunda:dueDate": lambda: self._read(value, DUE),
            "camunda:followUpDate": lambda: self._read(value, DUE),
            "camunda:topic": lambda: RULE_NAMES.get(value) or TOPIC_NAMES.get(value) or value,
            "calledElement": lambda: _known(value, self.procedures),
            "cancelActivity": lambda: _("có") if value == "true" else _("không"),
        }
        return said[key]() if key in said else value

    def property(self, key: str, value: str) -> str:
        if key == "signer":
            return SIGNERS.get(value) or value
        if key in REMINDERS:
            return (
                _("không") if value == "none" else _("%(days)s ngày làm việc", days=value.replace(",", ", "))
            )
        if key == "group":
            return self._each(value, self.groups)
        if key == PROCEDURE:
            return _known(value, self.procedures)
        if key == EXPIRES:
            return self._read(value, "timeDuration")
        return self._read(value, CONDITION) if key in ADDRESS or key.startswith(PAYLOAD) else value

    def trigger(self, trigger: EventTrigger) -> str:
        kind = TRIGGERS.get(trigger.kind) or trigger.kind
        if trigger.kind == "timer":
            text = self._read(trigger.text, trigger.form) if trigger.form in TIMERS else trigger.text
            return f"{kind}: {text}" if text else kind
        return f"{kind} “{trigger.text}”" if trigger.text else kind

    def _read(self, text: str, place: str) -> str:
        return read_for_panel(text, place, self.labels)["words"] or text if text.strip() else ""

    def _each(self, value: str, names: Mapping[str, str]) -> str:
        return ", ".join(names.get(one.strip()) or one.strip() for one in value.split(","))


def said_of(
    diagram: Diagram, forms: Mapping[str, str], groups: Mapping[str, str], procedures: Mapping[str, str]
) -> Said:
    """The words of one drawing with its forms (texts by key); `groups` and `procedures` are names by key."""
    variables, titles = dict[str, tuple[Variable, str]](), dict[str, str]()
    for key, text in forms.items():
        try:
            titles[key] = parse_form(text.encode(), key).title
        except InvalidForm:
            continue
    for node in diagram.nodes.values():
        name = node.name or node.id
        if node.kind in HUMAN_TASKS:
            for variable in _written(forms.get(node.attributes.get("camunda:formKey", ""), "")):
                variables[f"{node.id}.{variable.key}"] = variable, name
        elif (topic := node.attributes.get("camunda:topic", "")) in RULE_RESULTS:
            _key, kind, values = RULE_RESULTS[topic]
            variable = Variable("", RULE_NAMES[topic], kind, values)
            variables[node.attributes.get("camunda:resultVariable", "")] = variable, name
    labels = Labels(
        {
            key: _("%(label)s ở bước “%(step)s”", label=one.label, step=step)
            for key, (one, step) in variables.items()
        },
        {key: one.values for key, (one, _step) in variables.items()},
        {node.id: node.name or node.id for node in diagram.nodes.values()},
    )
    return Said(labels, {**LEVELS, **groups}, titles, procedures)


def condition_of_form(text: str, labels: Labels) -> str:
    """A condition within a form (`=a = "b"`), its fields and choices called as `labels` say."""
    try:
        return condition_in_words(read_expression(text.removeprefix("=")).tree, labels)
    except ExpressionError:
        return text


def _written(form: str) -> list[Variable]:
    try:
        return list(form_variables(parse_form(form.encode(), ""), _("Nút đã bấm")).values())
    except InvalidForm:
        return []


def _known(key: str, names: Mapping[str, str]) -> str:
    """A name with its key, by which it is found elsewhere."""
    return f"{names[key]} ({key})" if key in names and names[key] != key else key
