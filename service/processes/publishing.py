"""Publishing a version of a procedure: diagram, forms and catalogue checked together and kept for ever."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from evaluation.catalogue import load_catalogue
from service.audit.canonical import canonical
from service.audit.operations import SYSTEM, Actor, append
from service.clock import local_day
from service.database import db, transaction
from service.engine.calls import link
from service.engine.check import check
from service.engine.definition import Definition, compile_definition
from service.engine.errors import InvalidDiagram, Problem
from service.engine.outline import Outline, outline_of
from service.engine.reading import read_diagram
from service.errors import BadDefinition
from service.models import ProcessVersion
from service.processes.beside import Beside
from service.processes.pins import Pins, pin
from service.processes.queries import next_version_number


@dataclass(frozen=True)
class Examined:
    """What was found about diagram and forms together, and what they come to where nothing is wrong.

    `definition` is None where the diagram cannot run, `outline` where it is none; `content_hash` is "" as
    long as there is an error.
    """

    problems: tuple[Problem, ...]
    definition: Definition | None
    outline: Outline | None
    texts: Mapping[str, str]
    pins: Pins
    diagram_hash: str
    catalogue_hash: str
    content_hash: str

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]


def examine(
    *, diagram: bytes, forms: Mapping[str, bytes], catalogue: str, effective_on: date, now: datetime
) -> Examined:
    """The gate as publication applies it: diagram, what it calls, forms, groups, topics, times."""
    pins = pin(diagram, effective_on)
    texts, unreadable = read_texts(forms)
    found = check(diagram, called=pins.diagrams)
    runs = not any(problem.severity == "error" for problem in found)
    found += unreadable
    definition = compile_definition(diagram, pins.diagrams) if runs else None
    outline, content_hash, catalogue_hash = None, "", ""
    diagram_hash = hashlib.sha256(diagram).hexdigest()
    texts, clashes = pins.merged(texts)
    found += clashes
    with suppress(InvalidDiagram):  # a file that is no diagram says nothing of steps, and `check` says so
        linked = link(read_diagram(diagram), pins.diagrams)
        day = max(effective_on, local_day(now))
        outline = outline_of(linked.diagram)
        beside = Beside(outline, texts, frozenset(forms), tuple(found))
        found += [linked.located(one) for one in beside.problems(effective_on, day, local_day(now))]
    if not any(problem.severity == "error" for problem in found):
        catalogue_hash = load_catalogue(catalogue).content_hash
        content_hash = _content_hash(diagram_hash, texts, catalogue_hash, pins)
    return Examined(
        tuple(found), definition, outline, texts, pins, diagram_hash, catalogue_hash, content_hash
    )


def publish_version(
    *,
    diagram: bytes,
    forms: Mapping[str, bytes],
    catalogue: str,
    legal_basis: str,
    effective_on: date,
    approval: Mapping[str, Any] | None = None,
    by: Actor = SYSTEM,
    now: datetime,
) -> uuid.UUID:
    """Store a new version and record it in the process stream; returns its id.

    `approval` says by which draft and whose approval it came; it enters the record. Publishing the very same
    content again returns the existing version. Raises BadDefinition, its `details["problems"]` listing
    element, name, rule, message and remedy of each problem.
    """
    examined = examine(diagram=diagram, forms=forms, catalogue=catalogue, effective_on=effective_on, now=now)
    problems = [problem.as_json() for problem in examined.problems]
    definition, pins, errors = examined.definition, examined.pins, examined.errors
    if errors or definition is None:
        raise BadDefinition(
            f"Sơ đồ có {len(errors)} lỗi, chưa ban hành được. {_sentence(errors[0])}", problems=problems
        )
    with transaction() as session:
        existing = version_with(examined.content_hash)
        if existing is not None:
            return existing.id
        version_id, number = uuid.uuid4(), next_version_number(definition.key)
        session.execute(
            insert(ProcessVersion).values(
                id=version_id,
                key=definition.key,
                version=number,
                name=definition.name,
                diagram=diagram,
                diagram_hash=examined.diagram_hash,
                forms=dict(examined.texts),
                calls=pins.calls,
                catalogue=catalogue,
                catalogue_hash=examined.catalogue_hash,
                content_hash=examined.content_hash,
                check_report={"problems": problems},
                legal_basis=legal_basis,
                effective_on=effective_on,
                published_at=now,
                published_by=by.user_id,
            )
        )
        append(
            session.connection(),
            "process_published",
            {
                "key": definition.key,
                "version": number,
                "content_hash": examined.content_hash,
                "diagram_hash": examined.diagram_hash,
                "calls": {key: pinned["content_hash"] for key, pinned in sorted(pins.calls.items())},
                "catalogue": catalogue,
                "catalogue_hash": examined.catalogue_hash,
                "legal_basis": legal_basis,
                "effective_on": effective_on.isoformat(),
                **({"approval": dict(approval)} if approval else {}),
            },
            stream="process",
            stream_id=definition.key,
            by=by,
            at=now,
        )
    return version_id


def version_with(content_hash: str) -> ProcessVersion | None:
    """The version that holds the very same diagram, forms, catalogue and calls."""
    return db.session.scalars(
        select(ProcessVersion).where(ProcessVersion.content_hash == content_hash)
    ).one_or_none()


def read_texts(forms: Mapping[str, bytes]) -> tuple[dict[str, str], list[Problem]]:
    """The forms as texts by key, and a problem for each that is none."""
    texts, problems = dict[str, str](), list[Problem]()
    for key in sorted(forms):
        try:
            texts[key] = forms[key].decode("utf-8")
        except UnicodeDecodeError:
            problems.append(
                Problem(
                    "",
                    key,
                    "readable-form",
                    "error",
                    "Biểu mẫu không phải văn bản UTF-8.",
                    "Lưu lại tệp dạng UTF-8 rồi ban hành lại.",
                )
            )
    return texts, problems


def _sentence(problem: Problem) -> str:
    where = f"“{problem.name or problem.element}”: " if problem.element else ""
    return f"{where}{problem.message} {problem.remedy}"


def content_hash_of(version: ProcessVersion) -> str:
    """Computed anew from what is stored of the version, and from the catalogue that it names."""
    return _content_hash(
        hashlib.sha256(version.diagram).hexdigest(),
        version.forms,
        load_catalogue(version.catalogue).content_hash,
        Pins(calls=version.calls or {}),
    )


def _content_hash(diagram_hash: str, forms: Mapping[str, str], catalogue_hash: str, pins: Pins) -> str:
    """SHA-256 over everything that a case of the version runs on."""
    parts: dict[str, Any] = {
        "diagram": diagram_hash,
        "forms": {key: hashlib.sha256(text.encode()).hexdigest() for key, text in forms.items()},
        "catalogue": catalogue_hash,
    }
    if pins.calls:  # what calls nothing keeps the hash that it has always had
        parts["calls"] = {key: pinned["content_hash"] for key, pinned in pins.calls.items()}
    return hashlib.sha256(canonical(parts)).hexdigest()
