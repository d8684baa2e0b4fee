"""Called procedures: which version a diagram calls is settled when it is published, by hash, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from service.database import AnyRow, db
from service.engine.calls import called_keys
from service.engine.definition import compile_published
from service.engine.errors import Problem
from service.errors import BadDefinition
from service.models import ProcessVersion

_PINNED = (
    ProcessVersion.key,
    ProcessVersion.version,
    ProcessVersion.diagram,
    ProcessVersion.diagram_hash,
    ProcessVersion.content_hash,
    ProcessVersion.forms,
    ProcessVersion.calls,
)


@dataclass(frozen=True)
class Pins:
    """What a diagram calls, directly or through what it calls: pins, diagrams and forms by procedure key."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    diagrams: dict[str, bytes] = field(default_factory=dict)
    # {procedure: {form key: text}} of the forms that its own human tasks show.
    forms: dict[str, dict[str, str]] = field(default_factory=dict)

    def merged(self, own: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
        """The forms of the caller and of all it calls; a problem where one key has two contents."""
        merged, problems = dict(own), list[Problem]()
        for key, forms in sorted(self.forms.items()):
            for name, text in sorted(forms.items()):
                if merged.setdefault(name, text) != text:
                    problems.append(
                        Problem(
                            "",
                            name,
                            "form-clash",
                            "error",
                            f"Biểu mẫu {name!r} khác với biểu mẫu cùng tên của quy trình được gọi {key!r}.",
                            "Dùng cùng một biểu mẫu, hoặc đổi tên biểu mẫu trong một quy trình.",
                        )
                    )
        return merged, problems


def pin(diagram: bytes, day: date) -> Pins:
    """Settle what `diagram` calls: the version in force on `day`, else the newest one.

    What a called version calls was settled when that one was published. A key that nobody has published is
    left out: the check of the diagram names it.
    """
    pins = Pins()
    for key in called_keys(diagram):
        row = _in_force(key, day)
        if row is not None:
            _add(pins, row)
    return pins


def called_diagrams(calls: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """The diagrams behind a version's pins; raises BadDefinition where one is not what was pinned."""
    rows = db.session.execute(
        select(*_PINNED).where(
            ProcessVersion.content_hash.in_(sorted(pinned["content_hash"] for pinned in calls.values()))
        )
    )
    found = {row.key: row.diagram for row in rows}
    for key, pinned in calls.items():
        if hashlib.sha256(found.get(key, b"")).hexdigest() != pinned["diagram_hash"]:
            raise BadDefinition(
                f"Phiên bản {pinned['version']} của quy trình {key!r} không còn đúng như khi được chốt."
            )
    return found


def _in_force(key: str, day: date) -> AnyRow | None:
    versions = db.session.execute(
        select(ProcessVersion.id, ProcessVersion.effective_on, ProcessVersion.version).where(
            ProcessVersion.key == key
        )
    ).all()
    if not versions:
        return None
    in_force = [(row.effective_on, row.version, row.id) for row in versions if row.effective_on <= day]
    chosen = max(in_force)[-1] if in_force else max((row.version, row.id) for row in versions)[-1]
    return db.session.execute(select(*_PINNED).where(ProcessVersion.id == chosen)).one()


def _add(pins: Pins, row: AnyRow) -> None:
    inner = called_diagrams(row.calls)
    pins.calls[row.key] = {
        "version": row.version,
        "content_hash": row.content_hash,
        "diagram_hash": row.diagram_hash,
    }
    pins.calls.update(row.calls)
    pins.diagrams[row.key] = row.diagram
    pins.diagrams.update(inner)
    # The version's forms hold those of what it calls as well.
    pins.forms[row.key] = dict(_shown(row, inner))


def _shown(row: AnyRow, inner: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    tasks = compile_published(row.diagram, inner).tasks.values()
    for name in sorted({task.form_key for task in tasks if task.form_key in row.forms}):
        yield name, row.forms[name]
