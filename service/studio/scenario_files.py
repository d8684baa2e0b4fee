"""Scenarios as files beside a diagram, for procedures that are kept in git: `<name>.scenario.json`.

    {"name": "Huyện trả lại một lần", "course": [<acts, see play.acts>], "expected": {…}}

Without `expected` a course only has to be done to its end. Nothing here is stored.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import orjson

from service.errors import BadInput
from service.models import ProcessScenario
from service.studio.play.acts import LONGEST_COURSE, read_course
from service.wording import _

ENDING = ".scenario.json"


def scenario_from(name: str, content: bytes) -> ProcessScenario:
    """Of the file called `name`; raises BadInput naming it."""
    given = _read(content)
    expected = given.get("expected", {"moves": [], "outcome": None})
    why = "" if _is_expectation(expected) else _("phần “expected” không đọc được.")
    try:
        read_course(given.get("course"))
    except BadInput as error:
        why = str(error)
    if why:
        raise BadInput(_("%(file)s: %(why)s", file=name, why=why))
    called = given.get("name")
    return ProcessScenario(
        id=uuid.uuid4(),
        key="",
        name=called if isinstance(called, str) and called else name.removesuffix(ENDING),
        course=given["course"],
        expected=expected,
        rev=1,
    )


def as_file(scenario: ProcessScenario) -> tuple[str, bytes]:
    """(name, content) that `scenario_from` reads back."""
    content = {"name": scenario.name, "course": scenario.course, "expected": scenario.expected}
    plain = re.sub(r"[^\w-]+", "-", scenario.name.lower()).strip("-")[:80]
    return f"{plain or scenario.id}{ENDING}", orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _read(content: bytes) -> dict[str, Any]:
    """{} for what is no JSON object within bounds: it has no course either."""
    try:
        given = orjson.loads(content) if len(content) <= LONGEST_COURSE else None
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _is_expectation(expected: Any) -> bool:
    moves = expected.get("moves") if isinstance(expected, dict) else None
    return isinstance(moves, list) and all(
        isinstance(move, dict) and _are_named(move.get("path")) and _are_named(move.get("active"))
        for move in moves
    )


def _are_named(elements: Any) -> bool:
    """[[element, its name], …]"""
    return isinstance(elements, list) and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(text, str) for text in one)
        for one in elements
    )
