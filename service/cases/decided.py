"""What a gateway or a rule of the diagram decided, as an official would put it.

Any diagram's gateway is a question with an answer: “Hồ sơ đã đầy đủ: có (UBND cấp huyện gửi lấy ý kiến).”
What somebody did, or a rule found, is said as that; only another condition is explained by its values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from service.processes.queries import Procedure
from service.wording import Words, marked, recorded

# Who acts at a step, by its group.
WHO: Mapping[str, str] = Words(
    {
        "commune": marked("UBND cấp xã"),
        "district": marked("UBND cấp huyện"),
        "province_member": marked("Thành viên phụ trách"),
        "department": marked("Sở TTTT"),
        "chairman": marked("Chủ tịch UBND tỉnh"),
    }
)
ACTION = ".action"


def decided(decision: Mapping[str, Any], bundle: Procedure) -> str:
    """A sentence for one decision of a step, as `processes.record` keeps it."""
    name = bundle.element_name(decision["element"])
    if decision["kind"] == "rule":
        return f"{name}: {decision['explanation']}"
    answer = _lower(bundle.element_name(decision["chosen"]).replace(" – ", ", "))
    why = _why(decision, bundle, answer)
    return f"{name.rstrip(' ?')}: {answer}{f' ({why})' if why else ''}."


def _why(decision: Mapping[str, Any], bundle: Procedure, answer: str) -> str:
    """Who did what, or the values behind it; "" where the answer, or the rule before it, has said it."""
    inputs = decision.get("inputs") or {}
    if len(inputs) == 1:
        ((name, value),) = inputs.items()
        if name.endswith(ACTION) and name.removesuffix(ACTION) in bundle.definition.tasks:
            return _act(name.removesuffix(ACTION), str(value), bundle, answer)
        if name in _found_by_rules(bundle):
            return ""
    explanation = re.sub(r", đi theo nhánh .*$", "", decision["explanation"])
    return _in_words(explanation, bundle)


def _act(step: str, action: str, bundle: Procedure, answer: str) -> str:
    form = bundle.form_of(step)
    label = _lower(next((one.label for one in form.actions if one.name == action), "") if form else "")
    if not label:
        name = bundle.element_name(step)
        return (
            recorded(f"bước “{name}” trả lại")
            if action == "return"
            else recorded(f"bước “{name}” hoàn thành")
        )
    who = WHO.get(bundle.level_of(step), bundle.element_name(step))
    # “Kết quả xem xét: công nhận (Chủ tịch UBND tỉnh công nhận)” would say it twice.
    return who if label == answer else f"{who} {label}"


def _found_by_rules(bundle: Procedure) -> frozenset[str]:
    """The variables that rules of the diagram write."""
    return frozenset(rule.variable for rule in bundle.definition.program.rules.values())


def _in_words(explanation: str, bundle: Procedure) -> str:
    """The explanation with the diagram's names in place of its variables."""
    for task in bundle.definition.tasks.values():
        explanation = explanation.replace(f"{task.id}{ACTION}", recorded(f"thao tác ở bước “{task.name}”"))
    for value, words in _ACTION_WORDS.items():
        explanation = explanation.replace(value, words)
    return re.sub(r"\b(true|false)\b", lambda truth: "có" if truth[0] == "true" else "không", explanation)


# Values that people route a case by, in their words.
_ACTION_WORDS = {
    '"return"': recorded("trả lại"),
    '"complete"': recorded("hoàn thành"),
    '"recognise"': recorded("công nhận"),
    '"refuse"': recorded("không công nhận"),
}


def _lower(text: str) -> str:
    """A label inside a sentence; “UBND”, “Sở” and other names of bodies stay as they are."""
    return text if text[:2].isupper() or text.startswith("Sở ") else text[:1].lower() + text[1:]
