"""A case as whoever exports it may see it, read once; every format is written from this."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from service.cases.levels import hidden_levels
from service.cases.papers import SignedPaper, attached_to, documents_of, files_of, papers_of_acts
from service.cases.timeline import Entry, timeline
from service.database import db, table_of
from service.exports.people import People
from service.identity.viewer import Viewer
from service.models import Case, Document, Event, EvidenceFile, Submission, Unit
from service.processes.queries import Procedure, procedure
from service.rounds.queries import documents_for_case

_EVENT = table_of(Event)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """`body` as it was hashed; `hash` in hex."""

    seq: int
    hash: str
    body: Mapping[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        return self.body["data"]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class FileRecord:
    """An evidence file; `name` is "" where people are left out. `replaces`: the id of its former version."""

    id: uuid.UUID
    name: str
    media_type: str
    size: int
    sha256: str
    criteria: Sequence[str]
    uploaded_at: str
    replaces: uuid.UUID | None
    erased: bool = False


@dataclass(frozen=True)
class CaseRecord:
    """`hide`: steps whose content must not show; `handed_in`: {seq: ids of the files of that act}."""

    case: Case
    procedure: Procedure
    events: Sequence[LoggedEvent]
    course: Sequence[Entry]
    people: People
    hide: frozenset[str]
    units: Mapping[str, Unit]
    files: Sequence[FileRecord]
    documents: Sequence[Document]
    papers: Mapping[int, SignedPaper]
    handed_in: Mapping[int, Sequence[str]]

    @property
    def minimised(self) -> bool:
        return self.people.minimised

    def decisions(self, event: LoggedEvent) -> list[Mapping[str, Any]]:
        """What gateways and rules decided in an event. Rules may tell what is hidden, and quote people."""
        quiet = self.hide or self.minimised
        return [one for one in event.data.get("decisions", ()) if not quiet or one["kind"] != "rule"]

    def decided(self, event: LoggedEvent) -> str:
        """Each gateway with the flow that it chose, each rule with the variable that it wrote."""
        return "; ".join(
            f"{one['element']}={one['chosen']}"
            if one["kind"] == "gateway"
            else f"{one['element']}: {one['chosen']}={orjson.dumps(one['result']).decode()}"
            for one in self.decisions(event)
        )

    def unit_name(self, unit: str | None) -> str:
        known = self.units.get(unit or "")
        return known.name if known else ""


def gather(case: Case, *, viewer: Viewer | None, people: People) -> CaseRecord:
    """What `viewer` may see of the case; None is the operator, who may see all."""
    hide = hidden_levels(case, viewer) if viewer else frozenset()
    rows = db.session.execute(
        select(_EVENT.c.seq, _EVENT.c.hash, _EVENT.c.body)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case.id))
        .order_by(_EVENT.c.seq)
    )
    events = [LoggedEvent(row.seq, bytes(row.hash).hex(), orjson.loads(row.body)) for row in rows]
    people.meet(event.body for event in events)
    files = _files(case.id, viewer, hide, people.minimised)
    return CaseRecord(
        case=case,
        procedure=procedure(case.process_version_id),
        events=events,
        course=timeline(case, hide=hide, names=people, with_words=not people.minimised),
        people=people,
        hide=hide,
        units=_units(case, events),
        files=files,
        documents=[*documents_of(case.id), *documents_for_case(case.id)],
        papers=papers_of_acts(case.id),
        handed_in=_handed_in(case.id, hide, {str(file.id) for file in files}),
    )


def _files(
    case_id: uuid.UUID, viewer: Viewer | None, hide: frozenset[str], minimised: bool
) -> list[FileRecord]:
    attached = attached_to(case_id, hide=hide)
    found = files_of(case_id, viewer) if viewer else _all_files(case_id)
    return [
        FileRecord(
            id=file.id,
            name="" if minimised else file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            criteria=attached.get(str(file.id)) or ([file.criterion] if file.criterion else []),
            uploaded_at=f"{file.uploaded_at:%Y-%m-%dT%H:%M:%SZ}",
            replaces=file.replaces_id,
            erased=file.erased_at is not None,
        )
        for file in found
    ]


def _all_files(case_id: uuid.UUID) -> Sequence[EvidenceFile]:
    return db.session.scalars(
        select(EvidenceFile)
        .where(EvidenceFile.case_id == case_id)
        .order_by(EvidenceFile.uploaded_at, EvidenceFile.id)
    ).all()


def _handed_in(case_id: uuid.UUID, hide: frozenset[str], kept: set[str]) -> dict[int, list[str]]:
    rows = db.session.execute(
        select(Submission.seq, Submission.content)
        .where(Submission.case_id == case_id, Submission.element.not_in(sorted(hide)))
        .order_by(Submission.seq)
    )
    named = {seq: orjson.loads(content).get("files") or {} for seq, content in rows}
    return {seq: sorted(files.keys() & kept) for seq, files in named.items()}


def _units(case: Case, events: Sequence[LoggedEvent]) -> dict[str, Unit]:
    """Every unit that the case or one of its events names, by its id."""
    wanted = {case.commune_id, case.district_id, case.department_id, case.province_id} - {None}
    for event in events:
        opened = event.data.get("opened", ())
        wanted |= {uuid.UUID(task["unit"]) for task in opened if task.get("unit")}
    rows = db.session.scalars(select(Unit).where(Unit.id.in_(sorted(one for one in wanted if one))))
    return {str(unit.id): unit for unit in rows}
