"""Publishing a version of a procedure: diagram, forms and catalogue checked together and kept for ever."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import insert, select

from evaluation.catalogue import load_catalogue
from forms import InvalidForm, parse_form
from service.audit.canonical import canonical
from service.audit.operations import SYSTEM, Actor, append
from service.clock import local_day
from service.database import transaction
from service.engine.check import check
from service.engine.definition import HumanTask, compile_definition
from service.engine.errors import Problem
from service.errors import BadDefinition
from service.identity.viewer import GROUP_OF_KIND
from service.models import ProcessVersion
from service.processes.queries import next_version_number
from service.processes.rules import RULES
from service.processes.time_faults import time_faults

KNOWN_GROUPS = frozenset(GROUP_OF_KIND.values()) | {"province_member", "chairman"}
SIGNERS = frozenset({"none", "leader", "member", "chairman"})


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
    found = check(diagram)
    if not any(problem.severity == "error" for problem in found):
        found += [*_unserved(diagram, forms), *time_faults(compile_definition(diagram), local_day(now))]
    problems = [asdict(problem) for problem in found]
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise BadDefinition(
            f"Sơ đồ có {len(errors)} lỗi, chưa ban hành được. {_sentence(errors[0])}", problems=problems
        )
    definition = compile_definition(diagram)
    loaded = load_catalogue(catalogue)
    texts = {key: forms[key].decode("utf-8") for key in sorted(forms)}
    content_hash = hashlib.sha256(
        canonical(
            {
                "diagram": definition.content_hash,
                "forms": {key: hashlib.sha256(text.encode()).hexdigest() for key, text in texts.items()},
                "catalogue": loaded.content_hash,
            }
        )
    ).hexdigest()
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
                diagram_hash=definition.content_hash,
                forms=texts,
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
                "diagram_hash": definition.content_hash,
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


def _sentence(problem: Problem) -> str:
    where = f"“{problem.name or problem.element}”: " if problem.element else ""
    return f"{where}{problem.message} {problem.remedy}"


def _unserved(diagram: bytes, forms: Mapping[str, bytes]) -> Iterator[Problem]:
    """What the diagram asks of the service and the service cannot give."""
    definition = compile_definition(diagram)
    for task in definition.tasks.values():
        for rule, message, remedy in _task_faults(task, forms):
            yield Problem(task.id, task.name, rule, "error", message, remedy)
    for identifier, element in definition.elements.items():
        if element.type in ("serviceTask", "sendTask"):
            message, remedy = "Chưa có dịch vụ nào làm việc này, hồ sơ sẽ đứng lại.", "Giao cho người làm."
            yield Problem(identifier, element.name, "known-job", "error", message, remedy)
    for topic in sorted(definition.rule_topics - set(RULES)):
        message, remedy = f"Không có quy tắc {topic!r}.", f"Chọn một trong: {', '.join(sorted(RULES))}."
        yield Problem("", topic, "known-rule", "error", message, remedy)
    for key, content in sorted(forms.items()):
        try:
            parse_form(content, f"{key}.form")
        except InvalidForm as error:
            yield Problem("", key, "readable-form", "error", str(error), "Sửa biểu mẫu rồi ban hành lại.")


def _task_faults(task: HumanTask, forms: Mapping[str, bytes]) -> Iterator[tuple[str, str, str]]:
    """(rule, message, remedy) for each thing that a human task needs and lacks."""
    if len(task.groups) != 1 or task.groups[0] not in KNOWN_GROUPS:
        groups = ", ".join(sorted(KNOWN_GROUPS))
        yield "known-group", "Bước này phải giao cho đúng một nhóm có thật.", f"Chọn một trong: {groups}."
    if task.form_key and task.form_key not in forms:
        yield "known-form", f"Không có biểu mẫu {task.form_key!r}.", "Nộp kèm biểu mẫu hoặc sửa formKey."
    signer = task.properties.get("signer", "none")
    if signer not in SIGNERS:
        signers = ", ".join(sorted(SIGNERS))
        yield "known-signer", f"Người ký {signer!r} không có trong hệ thống.", f"Chọn một trong: {signers}."
