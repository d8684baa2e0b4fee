"""What of one case could be left out by itself: text fields, typed parts, files, each with its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from service.audit.canonical import as_bytes
from service.audit.erased import PRIVATE, SUBMISSION
from service.database import db
from service.errors import NotFound
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Case, Event, EventPrivatePart, EvidenceFile, Submission, Task
from service.processes.independence import hidden_steps, steps_with_hidden_files
from service.processes.queries import procedure
from service.retention.gathering import REDACTED, SHORTEST_QUOTE, Target, pointer_of
from service.wording import _

BEGINNING = 80
_CHOICES = ("action", "decision", "round_act")
_NO_WORDS = re.compile(r"\d{4}-\d{2}-\d{2}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Redactable:
    target: Target
    where: str
    words: str

    @property
    def key(self) -> str:
        """Of the form: which of them was chosen."""
        one = self.target
        return "|".join((one.what, str(one.seq), one.name, one.id, one.pointer))


def target_of(key: str) -> Target:
    """What `Redactable.key` said. Raises NotFound for anything else."""
    parts = key.split("|", 4)
    if len(parts) != 5 or not (parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 10):
        raise NotFound()
    return Target(what=parts[0], seq=int(parts[1]), name=parts[2], id=parts[3], pointer=parts[4])


def redactable(code: str, viewer: Viewer) -> tuple[Case, list[Redactable]]:
    """Raises NotFound for a case that the viewer does not see; what independence hides is left out."""
    case = db.session.scalars(
        select(Case).where(Case.code == code.strip(), visible_cases(viewer))
    ).one_or_none()
    if case is None:
        raise NotFound(_("Không có hồ sơ mã này, hoặc ông/bà không được xem hồ sơ đó."))
    return case, [*_fields(case, viewer), *_parts(case), *_files(case, viewer)]


def _fields(case: Case, viewer: Viewer) -> Iterator[Redactable]:
    bundle, hidden = procedure(case.process_version_id), hidden_steps(case.id, viewer)
    rows = db.session.execute(
        select(Submission.seq, Submission.element, Submission.content)
        .where(Submission.case_id == case.id)
        .order_by(Submission.seq)
    )
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if row.element in hidden:
            continue
        for steps, words in _texts(orjson.loads(as_bytes(row.content))["answers"], []):
            pointer = pointer_of(steps)
            if (pointer, words) not in seen:  # copies go with the first
                seen.add((pointer, words))
                where = f"{bundle.element_name(row.element)}: {' / '.join(steps)}"
                yield Redactable(Target(SUBMISSION, seq=row.seq, pointer=pointer), where, _begin(words))


def _texts(value: Any, steps: list[str]) -> Iterator[tuple[list[str], str]]:
    """What may be somebody's words: no choices, dates or ids."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, [*steps, str(key)])
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, [*steps, str(number)])
    elif isinstance(value, str) and _may_be_words(value, steps[-1]):
        yield steps, value


def _may_be_words(value: str, field: str) -> bool:
    told = value.strip()
    return (
        len(told) >= SHORTEST_QUOTE
        and told != REDACTED
        and field not in _CHOICES
        and not _NO_WORDS.fullmatch(told)
    )


def _parts(case: Case) -> Iterator[Redactable]:
    rows = db.session.execute(
        select(Event.seq, Event.type, EventPrivatePart.name, EventPrivatePart.content)
        .join(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream == "case", Event.stream_id == str(case.id), EventPrivatePart.salt != b"")
        .where(EventPrivatePart.name.in_(("reason", "name")))
        .order_by(Event.seq)
    )
    for row in rows:
        where = _("Sự kiện %(seq)s: lời ghi (%(name)s)", seq=row.seq, name=row.name)
        words = as_bytes(row.content).decode(errors="replace")
        yield Redactable(Target(PRIVATE, seq=row.seq, name=row.name), where, _begin(words))


def _files(case: Case, viewer: Viewer) -> Iterator[Redactable]:
    rows = db.session.execute(
        select(EvidenceFile.id, EvidenceFile.name, EvidenceFile.size)
        .join(Task, Task.id == EvidenceFile.task_id)
        .where(
            EvidenceFile.case_id == case.id,
            EvidenceFile.erased_at.is_(None),
            Task.element.not_in(sorted(steps_with_hidden_files(case.id, viewer))),
        )
        .order_by(EvidenceFile.uploaded_at)
    )
    for row in rows:
        yield Redactable(Target("evidence", id=str(row.id)), _("Tệp minh chứng"), row.name)


def _begin(words: str) -> str:
    clean = " ".join(words.split())
    return clean if len(clean) <= BEGINNING else f"{clean[:BEGINNING]}…"
