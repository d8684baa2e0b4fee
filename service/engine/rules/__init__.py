"""Every rule of the gate: what it says, why, and two drawings, one that breaks it and one that keeps it.

The drawings lie beside this file (`<rule>.wrong.bpmn`, `<rule>.right.bpmn`; `support.bpmn` is what some of
them call); `tests/unit/engine/rules` draws them and holds the gate against them.
"""

from __future__ import annotations

from pathlib import Path

from service.engine.rules.behaviour import BEHAVIOUR
from service.engine.rules.content import CONTENT
from service.engine.rules.described import DESCRIBED, Described
from service.engine.rules.rule import Rule
from service.engine.rules.service import SERVICE
from service.engine.rules.shape import FILE, SHAPE

FOLDER = Path(__file__).parent
# In the order in which the gate looks; the words are headings of the list.
GROUPS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Tệp", FILE),
    ("Hình vẽ", SHAPE),
    ("Nội dung của phần tử", CONTENT),
    ("Diễn biến của hồ sơ", BEHAVIOUR),
    ("Những gì hệ thống làm được", SERVICE),
)
RULES = {rule.id: rule for _, group in GROUPS for rule in group}
WAYS = {"sai": "wrong", "dung": "right"}


def drawing_of(rule: str, way: str) -> bytes | None:
    """One of the two drawings, `way` "wrong" or "right"; None where the rule cannot be shown by a drawing."""
    if rule not in RULES or way not in WAYS.values():
        return None
    path = FOLDER / f"{rule}.{way}.bpmn"
    return path.read_bytes() if path.is_file() else None


def description_of(rule: str) -> Described | None:
    """The two examples in words of a rule that no drawing can show."""
    return DESCRIBED.get(rule)


def called_by_drawings() -> dict[str, bytes]:
    """What the drawings may call, by key."""
    return {"support": (FOLDER / "support.bpmn").read_bytes()}
