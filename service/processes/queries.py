"""Published procedures: which version is in force, and its compiled parts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from sqlalchemy import func, select

from evaluation.catalogue import Catalogue, load_catalogue
from forms import Form, parse_form
from service.database import db
from service.engine.definition import Definition, HumanTask, compile_published
from service.errors import NotFound
from service.models import ProcessVersion
from service.processes.acts import LEVEL_OF_ACT
from service.processes.groups import agency_units, groups_named
from service.processes.pins import called_diagrams
from service.wording import _, recorded


@dataclass(frozen=True)
class Procedure:
    """One immutable version, compiled: diagram, forms by key, catalogue."""

    id: uuid.UUID
    key: str
    version: int
    name: str
    content_hash: str
    definition: Definition
    forms: dict[str, Form]
    catalogue: Catalogue
    # {group: unit} of the agencies that its tasks, or what it tells, name.
    agencies: Mapping[str, uuid.UUID] = field(default_factory=dict)

    def form_of(self, element: str) -> Form | None:
        task = self.definition.tasks.get(element)
        return self.forms.get(task.form_key) if task and task.form_key else None

    def level_of(self, element: str) -> str:
        """Which level acts at a human task: its group, so Sở's verification and meeting are one level.

        An act by message (`processes.acts`) goes by the message's name.
        """
        task = self.definition.tasks.get(element)
        if task is None:
            return LEVEL_OF_ACT.get(element, "")
        return task.groups[0] if task.groups else ""

    def task(self, element: str) -> HumanTask:
        return self.definition.tasks[element]

    def document_title(self, element: str, action: str) -> str:
        """What is signed at a step: its own document, or the letter that sends the dossier back."""
        task, form = self.task(element), self.form_of(element)
        if action == "return" and form is not None:
            label = next((one.label for one in form.actions if one.name == action), recorded("trả lại"))
            return recorded(f"Văn bản {label[:1].lower()}{label[1:]}")
        return task.properties.get("document") or task.name

    def element_name(self, element: str) -> str:
        known = self.definition.elements.get(element)
        return known.name or element if known else element


def procedure(version_id: uuid.UUID) -> Procedure:
    """The compiled version; cached, since versions never change. Raises NotFound."""
    cached = _cache.get(version_id)
    if cached is None:
        row = db.session.get(ProcessVersion, version_id)
        if row is None:
            raise NotFound(_("Không có phiên bản quy trình này."))
        cached = compile_version(row)
        if len(_cache) >= _CACHED_VERSIONS:
            _cache.pop(next(iter(_cache)))
        _cache[version_id] = cached
    return cached


_CACHED_VERSIONS = 64
_cache: dict[uuid.UUID, Procedure] = {}


def compile_version(row: ProcessVersion) -> Procedure:
    forms = {key: _form(key, text) for key, text in row.forms.items()}
    definition = compile_published(row.diagram, called_diagrams(row.calls) if row.calls else {})
    return Procedure(
        id=row.id,
        key=row.key,
        version=row.version,
        name=row.name,
        content_hash=row.content_hash,
        definition=definition,
        forms=forms,
        catalogue=load_catalogue(row.catalogue),
        agencies=agency_units(groups_named(definition)),
    )


@lru_cache(maxsize=256)
def _form(key: str, text: str) -> Form:
    return parse_form(text.encode(), f"{key}.form")


def versions_catching(name: str, kind: str = "signal") -> list[uuid.UUID]:
    """The published versions whose diagrams wait somewhere for the signal, or message, of this name."""
    versions = db.session.execute(select(ProcessVersion.id).order_by(ProcessVersion.id)).scalars().all()
    for version_id in versions:
        if version_id not in _heard:
            definition = procedure(version_id).definition
            _heard[version_id] = {"signal": definition.signals, "message": definition.messages}
    return [version_id for version_id in versions if name in _heard[version_id][kind]]


# What every version listens to, for ever: far smaller than the compiled versions.
_heard: dict[uuid.UUID, dict[str, frozenset[str]]] = {}


def version_in_force(key: str, day: date) -> Procedure:
    """The newest version whose effective date has come. Raises NotFound."""
    version_id = db.session.execute(
        select(ProcessVersion.id)
        .where(ProcessVersion.key == key, ProcessVersion.effective_on <= day)
        .order_by(ProcessVersion.effective_on.desc(), ProcessVersion.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    if version_id is None:
        raise NotFound(
            _(
                "Chưa có phiên bản nào của quy trình %(key)s có hiệu lực vào ngày %(day)s.",
                key=f"{key!r}",
                day=f"{day:%d/%m/%Y}",
            )
        )
    return procedure(version_id)


def list_versions() -> list[ProcessVersion]:
    """All published versions, newest first within each procedure."""
    return list(
        db.session.scalars(select(ProcessVersion).order_by(ProcessVersion.key, ProcessVersion.version.desc()))
    )


def read_version(key: str, version: int) -> ProcessVersion:
    row = db.session.scalars(
        select(ProcessVersion).where(ProcessVersion.key == key, ProcessVersion.version == version)
    ).one_or_none()
    if row is None:
        raise NotFound(
            _("Không có phiên bản %(version)s của quy trình %(key)s.", version=version, key=f"{key!r}")
        )
    return row


def next_version_number(key: str) -> int:
    last = db.session.execute(
        select(func.max(ProcessVersion.version)).where(ProcessVersion.key == key)
    ).scalar()
    return (last or 0) + 1
