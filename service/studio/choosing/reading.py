"""What the panel of the modeler asks of one expression: can it be shown as choices, and what does it say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service.engine.expressions import ExpressionError
from service.engine.texts import read_expression
from service.engine.timers import due_expression, is_iso
from service.studio.choosing.conditions import rows_of
from service.studio.choosing.sentences import Labels, choice_in_words, condition_in_words, due_in_words
from service.studio.choosing.times import due_choice, iso_choice
from service.wording import _

CONDITION, DUE = "condition", "due"
TIMERS = ("timeDate", "timeDuration", "timeCycle")
PLACES = (CONDITION, DUE, *TIMERS)


def read_for_panel(text: str, place: str, labels: Labels) -> dict[str, Any]:
    """{"choice", "words", "fault"}: `choice` None where only text can show it, `fault` "" where it reads.

    `place` is condition, due, or the kind of a timer.
    """
    if place in TIMERS:
        labels = replace(labels, start=_("khi tới bước này"))
    if place in TIMERS and is_iso(place, text.strip()):
        chosen = iso_choice(place, text.strip())
        return _answer(chosen, choice_in_words(chosen, labels) if chosen else "")
    try:
        tree = read_expression(due_expression(text) if place == DUE else text).tree
    except ExpressionError as error:
        return {"choice": None, "words": "", "fault": str(error)}
    if place == CONDITION:
        return _answer(rows_of(tree), condition_in_words(tree, labels))
    return _answer(due_choice(tree), due_in_words(tree, labels))


def _answer(choice: dict[str, Any] | None, words: str) -> dict[str, Any]:
    return {"choice": choice, "words": words, "fault": ""}
