"""Publishing a version of a procedure: diagram, forms and catalogue checked together and kept for ever."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
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
from service.engine.errors import Problem
from service.engine.reading import read_diagram
from service.errors import BadDefinition
from service.models import ProcessVersion
from service.processes.able import nobody_left
from service.processes.duties import duties_left_out
from service.processes.groups import groups_on
from service.processes.misfits import misfits
from service.processes.pins import Pins, pin
from service.processes.queries import next_version_number
from service.processes.time_faults import time_faults
from service.processes.unserved import unserved
from service.processes.ways import Ways

LONGEST_KEY, LONGEST_NAME = 36, 200


@dataclass(frozen=True)
class Examined:
    """What was found about diagram and forms together, and what they come to where nothing is wrong.

    `content_hash` is "" as long as there is an error.
    """

    problems: tuple[Problem, ...]
    definition: Definition | None
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
    found = [*check(diagram, called=pins.diagrams), *unreadable]
    definition, content_hash, catalogue_hash = None, "", ""
    diagram_hash = hashlib.sha256(diagram).hexdigest()
    if not any(problem.severity == "error" for problem in found):
        texts, clashes = pins.merged(texts)
        definition = compile_definition(diagram, pins.diagrams)
        ways = Ways(link(read_diagram(diagram), pins.diagrams).diagram)
        found += [
            *clashes,
            *_too_long(definition),
            *unserved(definition, texts, _names_on(max(effective_on, local_day(now)))),
            *time_faults(definition, local_day(now)),
            *misfits(definition, texts, ways),
            *duties_left_out(definition, ways, effective_on),
        ]
    if definition is not None and not any(problem.severity == "error" for problem in found):
        # A step given to the wrong group is told so above, not that nobody of that group can do it.
        found += nobody_left(definition, max(effective_on, local_day(now)))
        catalogue_hash = load_catalogue(catalogue).content_hash
        content_hash = _content_hash(diagram_hash, texts, catalogue_hash, pins)
    return Examined(tuple(found), definition, texts, pins, diagram_hash, catalogue_hash, content_hash)


def _names_on(day: date) -> dict[str, str]:
    return {key: group.name for key, group in groups_on(day).items()}


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


def _too_long(definition: Definition) -> list[Problem]:
    """The key names the procedure's stream of the log, which holds no longer names."""
    return [
        Problem("", what, "short-name", "error", f"{word} dài hơn {most} ký tự.", "Rút ngắn lại.")
        for what, word, most in (
            (definition.key, "Mã quy trình (id của process)", LONGEST_KEY),
            (definition.name, "Tên quy trình", LONGEST_NAME),
        )
        if len(what) > most
    ]


def _sentence(problem: Problem) -> str:
    where = f"“{problem.name or problem.element}”: " if problem.element else ""
    return f"{where}{problem.message} {problem.remedy}"


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
