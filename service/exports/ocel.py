"""OCEL 2.0 as JSON: what happened to cases, tasks, documents, decisions, by which units and people.

Attribute values are strings, as the specification's schema asks, whatever type they declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from service.cases.timeline import HANDED
from service.database import iso_instant
from service.exports.gathering import CaseRecord
from service.exports.happenings import (
    TASK_COMPLETED,
    TASK_OPENED,
    TASK_WITHDRAWN,
    Happening,
    happenings,
)
from service.exports.people import NOTICE, WHOLE
from service.models import Document

OBJECT_TYPES: Mapping[str, Mapping[str, str]] = {
    "case": {
        "code": "string",
        "year": "integer",
        "procedure": "string",
        "procedure_version": "integer",
        "basis": "string",
        "outcome": "string",
        "personal_data": "string",
    },
    "task": {"step": "string", "name": "string", "group": "string", "due": "string"},
    "document_version": {
        "kind": "string",
        "name": "string",
        "number": "string",
        "issued_on": "string",
        "media_type": "string",
        "size": "integer",
        "sha256": "string",
    },
    "unit": {"name": "string", "kind": "string"},
    "decision": {"title": "string", "number": "string", "issued_on": "string", "round": "string"},
    "user": {"name": "string", "role": "string"},
}
EVENT_ATTRIBUTES: Mapping[str, str] = {
    "seq": "integer",
    "hash": "string",
    "log_type": "string",
    "activity": "string",
    "transition": "string",
    "process_version": "string",
    "action": "string",
    "decisions": "string",
}
# What an event does to its task, by its kind; anything else handles it.
_TO_TASK = {TASK_OPENED: "opens", TASK_COMPLETED: "completes", TASK_WITHDRAWN: "withdraws"}


@dataclass
class _Log:
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, key: str, since: str, /, **values: object) -> str:
        """An object, once; further values are changes of it, from `since` on."""
        known = self.objects.setdefault(key, {"id": key, "type": kind, "attributes": [], "relationships": []})
        said = {(one["name"], one["value"]) for one in known["attributes"]}
        known["attributes"] += [
            {"name": name, "time": since, "value": str(value)}
            for name, value in values.items()
            if value not in (None, "") and (name, str(value)) not in said
        ]
        return key

    def relate(self, key: str, to: str, qualifier: str) -> None:
        relation = {"objectId": to, "qualifier": qualifier}
        if relation not in (known := self.objects[key]["relationships"]):
            known.append(relation)


def write_ocel(target: BinaryIO, records: Iterable[CaseRecord], *, minimised: bool) -> None:
    """Write the log of `records` as JSON in UTF-8."""
    log = _Log()
    for record in records:
        _OfCase(log, record, NOTICE if minimised else WHOLE).write()
    kinds = sorted({event["type"] for event in log.events})
    document = {
        "objectTypes": [_type(name, attributes) for name, attributes in OBJECT_TYPES.items()],
        "eventTypes": [_type(name, EVENT_ATTRIBUTES) for name in kinds],
        "objects": list(log.objects.values()),
        "events": log.events,
    }
    target.write(orjson.dumps(document))


def _type(name: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    declared = [{"name": attribute, "type": kind} for attribute, kind in attributes.items()]
    return {"name": name, "attributes": declared}


class _OfCase:
    """One case's objects and events."""

    def __init__(self, log: _Log, record: CaseRecord, notice: str) -> None:
        self.log, self.record = log, record
        self.key = f"case:{record.case.id}"
        self.since = record.events[0].body["at"] if record.events else iso_instant(record.case.opened_at)
        self.notice = notice

    def write(self) -> None:
        case, procedure = self.record.case, self.record.procedure
        self.log.add(
            "case",
            self.key,
            self.since,
            code=case.code,
            year=case.year,
            procedure=procedure.key,
            procedure_version=procedure.version,
            basis=case.basis,
            personal_data=self.notice,
        )
        for unit, as_what in ((case.commune_id, "commune"), (case.district_id, "district")):
            if unit:
                self.log.relate(self.key, self._unit(str(unit)), as_what)
        self._files()
        for happening in happenings(self.record.events, procedure.element_name):
            self._event(happening)

    def _files(self) -> None:
        for file in self.record.files:
            key = self.log.add(
                "document_version",
                f"file:{file.id}",
                file.uploaded_at,
                kind="evidence",
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
            )
            self.log.relate(key, self.key, "evidence of")
        shown = {file.id for file in self.record.files}
        for file in self.record.files:
            if file.replaces in shown:
                self.log.relate(f"file:{file.id}", f"file:{file.replaces}", "replaces")

    def _event(self, happening: Happening) -> None:
        event = happening.event
        own = happening.part == 0
        values = {
            "seq": event.seq,
            "hash": event.hash,
            "log_type": event.body["type"],
            "activity": happening.activity,
            "transition": happening.transition,
            "process_version": event.body["versions"].get("process"),
            "action": event.data.get("action") if own else None,
            "decisions": self.record.decided(event) if own else None,
        }
        if own and event.data.get("finished"):
            self.log.add("case", self.key, event.body["at"], outcome=event.data["outcome"])
        self.log.events.append(
            {
                "id": f"{self.record.case.id}:{event.seq}:{happening.part}",
                "type": happening.kind,
                "time": event.body["at"],
                "attributes": [
                    {"name": name, "value": str(value)} for name, value in values.items() if value
                ],
                "relationships": [
                    {"objectId": key, "qualifier": qualifier}
                    for key, qualifier in dict.fromkeys(self._related(happening))
                ],
            }
        )

    def _related(self, happening: Happening) -> Iterator[tuple[str, str]]:
        yield self.key, "case"
        if happening.task and happening.element:
            yield self._task(happening), _TO_TASK.get(happening.kind, "handles")
        if happening.unit and happening.unit in self.record.units:
            yield self._unit(happening.unit), "unit"
        if happening.part == 0:
            yield from self._people(happening)
            yield from self._papers(happening)

    def _task(self, happening: Happening) -> str:
        key = self.log.add(
            "task",
            f"task:{self.record.case.id}:{happening.task}",
            happening.event.body["at"],
            step=happening.element,
            name=self.record.procedure.element_name(happening.element),
            group=happening.group,
            due=happening.due,
        )
        self.log.relate(key, self.key, "part of")
        return key

    def _unit(self, unit: str) -> str:
        known = self.record.units[unit]
        return self.log.add("unit", f"unit:{unit}", self.since, name=known.name, kind=known.kind)

    def _people(self, happening: Happening) -> Iterator[tuple[str, str]]:
        body = happening.event.body
        actor, data = body["actor"], body["data"]
        named = [
            (actor["id"], "by"),
            (actor["acting_for"], "in place of"),
            (data.get("prepared_by"), "prepared by"),
            *((one, "helped by") for one in data.get("helped_by", ())),
            (data["to"] if body["type"] in HANDED else None, "handed to"),
        ]
        people = self.record.people
        for person, qualifier in named:
            if person:
                name, role = people.called(person), people.role(person)
                yield self.log.add("user", people.key(person), self.since, name=name, role=role), qualifier

    def _papers(self, happening: Happening) -> Iterator[tuple[str, str]]:
        seq = happening.event.seq
        for file_id in self.record.handed_in.get(seq, ()):
            yield f"file:{file_id}", "hands in"
        paper = self.record.papers.get(seq)
        if paper is not None and paper.round_id is not None:
            yield self._decision(paper.document, paper.round_name), "decided by"
        elif paper is not None:
            yield self._document(paper.document), "signs"
        if (named := happening.event.data.get("document")) is not None:
            known = {str(one.id): one for one in self.record.documents}
            if named in known:
                yield self._document(known[named]), "document"

    def _document(self, document: Document) -> str:
        key = self.log.add(
            "document_version",
            f"document:{document.id}",
            iso_instant(document.signed_at),
            kind="document",
            name=document.title,
            number=document.number,
            issued_on=document.issued_on,
            sha256=document.file_sha256,
        )
        self.log.relate(key, self.key, "document of")
        return key

    def _decision(self, document: Document, round_name: str) -> str:
        key = self.log.add(
            "decision",
            f"decision:{document.id}",
            iso_instant(document.signed_at),
            title=document.title,
            number=document.number,
            issued_on=document.issued_on,
            round=round_name,
        )
        self.log.relate(self.key, key, "decided by")
        return key
