"""What a form is made of, as a template sees it. Immutable; labels and texts are plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from service.engine.expressions import Expression

TEXTS = frozenset({"textfield", "textarea"})
CHOICES = frozenset({"select", "radio"})
SCALARS = TEXTS | CHOICES | {"number", "checkbox", "datetime"}
INPUTS = SCALARS | {"checklist", "filepicker", "dynamiclist", "criteria", "criteria_reasons"}
# What a condition may read; tables and lists of rows hold more than a condition should weigh.
READABLE = SCALARS | {"checklist", "filepicker"}
STATIC = frozenset({"group", "text", "separator"})
LEVELS = ("commune", "district", "member", "department", "meeting", "chairman")
DECISIONS = ("met", "not_met", "not_applicable")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Action:
    """One button of the form: `complete`, `return`, `recognise`, …"""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a value. Lengths count characters, for lists members; numbers are inclusive."""

    min_length: int | None = None
    max_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a form. `key` names its answer and is "" for groups, texts and separators.

    `hide` is the condition under which it disappears together with its answer; `required_if` one under
    which it must be filled; `valid` one that its value must not break, with `valid_message` for people.
    `subtype` is "date" or "time" for a datetime.
    """

    id: str
    key: str
    type: str
    label: str = ""
    description: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    hide: Expression | None = None
    required_if: Expression | None = None
    valid: Expression | None = None
    valid_message: str = ""
    bounds: Bounds = Bounds()
    subtype: str = ""
    text: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Component, ...] = ()

    @property
    def takes_input(self) -> bool:
        return self.type in INPUTS

    @property
    def routed(self) -> bool:
        """Whether the answer becomes a variable that the diagram's conditions may read."""
        return self.properties.get("routing") == "true"

    @property
    def not_after_today(self) -> bool:
        """Whether the date is of something that has happened: a document issued, a meeting held."""
        return self.properties.get("not_after_today") == "true"

    @property
    def of_document(self) -> str:
        """What of the document that is signed at this step the answer gives: "number", "date" or ""."""
        return self.properties.get("of_document", "")

    @property
    def level(self) -> str:
        """Whose assessment a criteria table records; "" elsewhere."""
        return self.properties.get("level", "")

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions that this level may take on a criterion, `met`, `not_met`, `not_applicable`."""
        return tuple(part for part in self.properties.get("decisions", "").split(",") if part)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a criteria table beside the result: `difficulty`, `evidence`, `agreed`."""
        return tuple(part for part in self.properties.get("columns", "").split(",") if part)


def walk(components: tuple[Component, ...], *, into_lists: bool = False) -> Iterator[Component]:
    """Every component in reading order, with the members of groups (and of lists, where asked)."""
    for component in components:
        yield component
        if component.type == "group" or (into_lists and component.type == "dynamiclist"):
            yield from walk(component.children, into_lists=into_lists)
