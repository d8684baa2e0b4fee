"""The words that a drawing may use: groups, signers, rules, jobs, deadlines, units of time, forms, functions.

All from the registries that the gate and the product themselves ask, so that what is offered is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forms import InvalidForm, parse_form
from service.calendars.reminders import DEFAULTS
from service.clock import local_day
from service.deadlines.queries import steps_with_deadlines
from service.engine.expressions import BUILTIN_FUNCTIONS, CONTEXTUAL
from service.engine.throws import PAYLOAD
from service.models import ProcessDraft
from service.processes.groups import SIGNERS, groups_on
from service.processes.rules import RULES
from service.processes.topics import TOPICS
from service.processes.variables import RULE_NAMES, RULE_RESULTS, Variable, form_variables
from service.studio.choosing.sentences import UNITS
from service.wording import Words, _, marked

TOPIC_NAMES: Mapping[str, str] = Words(
    {"notify": marked("Báo tin cho một nhóm"), "webhook": marked("Gửi sang hệ thống khác")}
)


def vocabulary_of(draft: ProcessDraft, *, now: datetime) -> dict[str, Any]:
    """As JSON for the modeler; lists keep the order in which they are offered."""
    day = max(draft.effective_on or local_day(now), local_day(now))
    return {
        "groups": [
            {"value": group.key, "label": group.name, "signer": group.signer}
            for group in groups_on(day).values()
        ],
        "signers": [{"value": key, "label": SIGNERS[key]} for key in SIGNERS],
        "rules": [_rule(topic) for topic in RULES],
        "topics": [
            {"value": topic, "label": TOPIC_NAMES.get(topic, topic), "properties": sorted(known.properties)}
            for topic, known in TOPICS.items()
        ],
        "deadlines": steps_with_deadlines(draft.key),
        "units": [{"value": unit, "label": UNITS[unit]} for unit in UNITS],
        "reminders": dict(DEFAULTS),
        "forms": {key: _form(key, text) for key, text in sorted(draft.forms.items())},
        "functions": sorted({*BUILTIN_FUNCTIONS, *CONTEXTUAL}),
        "payload": PAYLOAD,
    }


def _rule(topic: str) -> dict[str, Any]:
    key, kind, values = RULE_RESULTS[topic]
    return {
        "value": topic,
        "label": RULE_NAMES[topic],
        "variable": Variable(key, RULE_NAMES[topic], kind, values).as_json(),
    }


def _form(key: str, text: str) -> dict[str, Any]:
    """Title and variables; of a form that cannot be read nothing but that."""
    try:
        form = parse_form(text.encode(), f"{key}.form")
    except InvalidForm:
        return {"title": key, "readable": False, "variables": []}
    variables = form_variables(form, _("Nút đã bấm")).values()
    return {"title": form.title, "readable": True, "variables": [one.as_json() for one in variables]}
