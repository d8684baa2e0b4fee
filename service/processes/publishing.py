"""Publishing a version of a procedure: diagram, forms and catalogue checked together and kept for ever."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from evaluation.catalogue import load_catalogue
from service.audit.canonical import canonical
from service.audit.operations import SYSTEM, Actor, append
from service.clock import local_day
from service.database import transaction
from service.engine.check import check
from service.engine.definition import compile_definition
from service.engine.errors import Problem
from service.errors import BadDefinition
from service.models import ProcessVersion
from service.processes.pins import Pins, pin
from service.processes.queries import next_version_number
from service.processes.time_faults import time_faults
from service.processes.unserved import unserved


def publish_version(
    *,
    diagram: bytes,
    forms: Mapping[str, bytes],
    catalogue: str,
    legal_basis: str,
    effective_on: date,
    by: Actor = SYSTEM,
    now: datetime,
) -> uuid.UUID:
    """Store a new version and record it in the process stream; returns its id.

    Publishing the very same content again returns the existing version. Raises BadDefinition, its
    `details["problems"]` listing element, name, rule, message and remedy of each problem.
    """
    pins = pin(diagram, effective_on)
    texts, unreadable = _texts(forms)
    found = [*check(diagram, called=pins.diagrams), *unreadable]
    if not any(problem.severity == "error" for problem in found):
        texts, clashes = pins.merged(texts)
        definition = compile_definition(diagram, pins.diagrams)
        found += [*clashes, *unserved(definition, texts), *time_faults(definition, local_day(now))]
    problems = [problem.as_json() for problem in found]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise BadDefinition(
            f"Sơ đồ có {len(errors)} lỗi, chưa ban hành được. {_sentence(errors[0])}", problems=problems
        )
    definition = compile_definition(diagram, pins.diagrams)
    loaded = load_catalogue(catalogue)
    diagram_hash = hashlib.sha256(diagram).hexdigest()
    content_hash = _content_hash(diagram_hash, texts, loaded.content_hash, pins)
    with transaction() as session:
        existing = session.execute(
            select(ProcessVersion.id).where(ProcessVersion.content_hash == content_hash)
        ).scalar_one_or_none()
        if existing is not None:
            return uuid.UUID(str(existing))
        version_id, number = uuid.uuid4(), next_version_number(definition.key)
        session.execute(
            insert(ProcessVersion).values(
                id=version_id,
                key=definition.key,
                version=number,
                name=definition.name,
                diagram=diagram,
                diagram_hash=diagram_hash,
                forms=texts,
                calls=pins.calls,
                catalogue=catalogue,
                catalogue_hash=loaded.content_hash,
                content_hash=content_hash,
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
                "content_hash": content_hash,
                "diagram_hash": diagram_hash,
                "calls": {key: pinned["content_hash"] for key, pinned in sorted(pins.calls.items())},
                "catalogue": catalogue,
                "catalogue_hash": loaded.content_hash,
                "legal_basis": legal_basis,
                "effective_on": effective_on.isoformat(),
            },
            stream="process",
            stream_id=definition.key,
            by=by,
            at=now,
        )
    return version_id


def _texts(forms: Mapping[str, bytes]) -> tuple[dict[str, str], list[Problem]]:
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
