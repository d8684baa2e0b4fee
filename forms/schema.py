"""A form: its definition, which parts show, and the schema that its answers must fit.

Answers are plain JSON: `{"action": …, "criteria": {…}, "<key>": …}`; numbers as decimal strings, dates as
ISO text. A field without an answer is absent. See docs/forms.md.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any, TypeAlias

from marshmallow import Schema

from forms.answers import answers_schema
from forms.cleaning import is_empty
from forms.components import Action, Component, walk
from forms.definition import DefinitionReader
from forms.errors import FormProblem, InvalidForm, UnknownForm
from forms.json_reader import read_object
from service.engine.expressions import ExpressionFailed

_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_MAX_SCHEMAS = 64

Scalar: TypeAlias = str | bool | None
Answers: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Form:
    """One compiled definition. `content_hash` is the SHA-256 of the definition, whatever its layout."""

    key: str
    title: str
    components: tuple[Component, ...]
    actions: tuple[Action, ...]
    properties: Mapping[str, str]
    one_of: Mapping[str, tuple[str, ...]]
    content_hash: str
    _schemas: dict[Any, type[Schema]] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def fields(self) -> tuple[Component, ...]:
        """Every component that takes an answer, in reading order."""
        return tuple(component for component in walk(self.components) if component.takes_input)

    def component(self, key: str) -> Component:
        """The field with this key; KeyError where there is none."""
        for component in self.fields:
            if component.key == key:
                return component
        raise KeyError(key)

    def visible(self, answers: Answers) -> frozenset[str]:
        """Ids of the components that show for these answers; `answers["action"]` counts too.

        A hidden field reads as null for the conditions below it.
        """
        scope: dict[str, object] = {"action": answers.get("action")}
        shown: set[str] = set()
        self._collect(self.components, answers, scope, shown)
        return frozenset(shown)

    def scope(self, answers: Answers) -> dict[str, object]:
        """What the form's conditions read: visible answers, numbers as numbers."""
        scope: dict[str, object] = {"action": answers.get("action")}
        self._collect(self.components, answers, scope, set())
        return scope

    def schema(
        self,
        action: str | None,
        criteria_ids: Sequence[str] = (),
        partial: bool = False,
        *,
        today: date | None = None,
    ) -> Schema:
        """The schema of answers sent with `action`; `partial` for a draft, which may lack anything.

        `criteria_ids` are those assessed in the case's year, in their order. `today` is what dates of what
        has happened may not be after; without it they are not compared. Raises ValueError for an action that
        the form does not have.
        """
        if action not in {a.name for a in self.actions} and not (partial and action is None):
            raise ValueError(f"form {self.key} has no action {action!r}")
        wanted = (action, tuple(criteria_ids), partial)
        made = self._schemas.get(wanted)
        if made is None:
            made = answers_schema(self, *wanted)
            # A year has one list of criteria: more than a few kinds means that lists vary endlessly.
            if len(self._schemas) >= _MAX_SCHEMAS:
                self._schemas.clear()
            self._schemas[wanted] = made
        schema = made()
        schema.today = today  # type: ignore[attr-defined]
        return schema

    @functools.cached_property
    def of_document(self) -> Mapping[str, str]:
        """{"number" | "date": key} of the fields that say these of the document signed at this step."""
        return {component.of_document: component.key for component in self.fields if component.of_document}

    def routing(self, answers: Answers) -> dict[str, Scalar]:
        """The answers that become variables of the diagram: the action, and every field marked for it."""
        routed: dict[str, Scalar] = {"action": answers.get("action")}
        shown = self.visible(answers)
        for component in self.fields:
            if component.routed:
                value = answers.get(component.key) if component.id in shown else None
                routed[component.key] = None if is_empty(value) else value
        return routed

    def evidence_ids(self, answers: Answers) -> tuple[str, ...]:
        """Ids of every file that the answers refer to, each once."""
        found: list[str] = []
        for component in self.fields:
            value = answers.get(component.key)
            if component.type == "filepicker" and isinstance(value, list):
                found += value
            elif component.type == "criteria" and isinstance(value, Mapping):
                for entry in value.values():
                    found += entry.get("evidence") or []
        return tuple(dict.fromkeys(found))

    def _collect(
        self, components: Iterable[Component], answers: Answers, scope: dict[str, object], shown: set[str]
    ) -> None:
        for component in components:
            if hides(component, scope):
                continue
            shown.add(component.id)
            if component.type == "group":
                self._collect(component.children, answers, scope, shown)
            elif component.key:
                scope[component.key] = _readable(component, answers.get(component.key))


def hides(component: Component, scope: Mapping[str, object]) -> bool:
    """Whether the component's own condition hides it."""
    if component.hide is None:
        return False
    try:
        return component.hide.holds(scope)
    except ExpressionFailed:
        # Answers that are not cleaned yet may be anything: what cannot be weighed stays on the page.
        return False


def parse_form(raw: bytes, origin: str) -> Form:
    """Compile a form-js definition; raises InvalidForm with every problem in words."""
    try:
        data = read_object(raw)
    except ValueError as error:
        raise InvalidForm(origin, (FormProblem((), str(error)),)) from None
    reader = DefinitionReader()
    key, components = reader.read(data)
    properties = reader.properties(data)
    actions = reader.actions(properties)
    one_of = reader.one_of(properties, actions)
    if reader.problems.found:
        raise InvalidForm(origin, tuple(reader.problems.found))
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return Form(
        key=key,
        title=properties.get("title", key),
        components=components,
        actions=actions,
        properties=properties,
        one_of=one_of,
        content_hash=hashlib.sha256(canonical.encode()).hexdigest(),
    )


@functools.cache
def load_form(key: str) -> Form:
    """The packaged form of a task; raises UnknownForm."""
    if not _KEY.fullmatch(key):
        raise UnknownForm(key[:60])
    file = resources.files("forms") / "definitions" / f"{key}.form"
    if not file.is_file():
        raise UnknownForm(key)
    return parse_form(file.read_bytes(), f"{key}.form")


def form_keys() -> tuple[str, ...]:
    """Keys of all packaged forms."""
    names = [file.name for file in (resources.files("forms") / "definitions").iterdir()]
    return tuple(sorted(name.removesuffix(".form") for name in names if name.endswith(".form")))


def _readable(component: Component, value: object) -> object:
    if component.type == "number" and isinstance(value, str | int) and not isinstance(value, bool):
        try:
            number = Decimal(str(value).replace(",", "."))
        except ArithmeticError:
            return None
        return number if number.is_finite() else None
    return None if is_empty(value) or isinstance(value, Mapping) else value
