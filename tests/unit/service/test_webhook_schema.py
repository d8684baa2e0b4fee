"""What other systems are sent is what docs/notifications.md says they are sent."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from service.notifications.events import EventKind, finished_event, task_event
from tests.builders import NOON

PAGE = Path(__file__).parents[3] / "docs" / "notifications.md"
ROW = SimpleNamespace(
    id=uuid.UUID(int=1),
    case_id=uuid.UUID(int=2),
    code="CN-2023-000001",
    year=2023,
    procedure="recognition",
    commune="UBND xã Thí Dụ",
    commune_code="xa-thi-du",
    element="self_assess",
    name="Tự đánh giá",
    group="commune",
    unit_code="xa-thi-du",
    due_on=date(2023, 12, 3),
)
BODIES = {
    "task_opened": task_event(EventKind.TASK_OPENED, ROW, NOON).body(),
    "task_overdue": task_event(EventKind.TASK_OVERDUE, ROW, NOON).body(),
    "case_finished": finished_event(ROW, "commune_recognised", NOON).body(),
}
TYPES = {"object": dict, "string": str, "integer": int, "null": type(None)}


def schema() -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def faults(value: Any, rule: dict[str, Any], where: str = "") -> list[str]:
    """What of a value the schema does not describe, or describes otherwise."""
    if "enum" in rule:
        return [] if value in rule["enum"] else [f"{where}: {value!r}"]
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    if not any(isinstance(value, TYPES[kind]) for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    if not isinstance(value, dict):
        return []
    known = rule.get("properties", {})
    missing = [f"{where}.{name} is missing" for name in rule.get("required", ()) if name not in value]
    unknown = [f"{where}.{name} is not described" for name in value if name not in known]
    inside = [
        fault
        for name in value
        if name in known
        for fault in faults(value[name], known[name], f"{where}.{name}")
    ]
    return [*missing, *unknown, *inside]


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_each_event_is_as_described(kind: str) -> None:
    body = json.loads(json.dumps(BODIES[kind]))

    assert body["type"] == kind
    assert faults(body, schema()) == []


def test_every_kind_of_event_is_described() -> None:
    assert (
        {kind.value for kind in EventKind}
        == set(BODIES)
        == set(schema()["properties"]["type"]["enum"]) - {"test"}
    )


def test_an_event_has_one_id_for_ever_and_another_due_date_is_another_event() -> None:
    first = task_event(EventKind.TASK_OVERDUE, ROW, NOON)
    again = task_event(EventKind.TASK_OVERDUE, ROW, NOON.replace(hour=13))
    later = task_event(
        EventKind.TASK_OVERDUE, SimpleNamespace(**{**vars(ROW), "due_on": date(2023, 12, 9)}), NOON
    )

    assert first.id == again.id
    assert len({first.id, later.id, task_event(EventKind.TASK_OPENED, ROW, NOON).id}) == 3
