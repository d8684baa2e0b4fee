"""IEEE 1849-2016 (XES): a trace per case, an event per happening. Written as it is read, case by case."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from lxml import etree

from service.exports.gathering import CaseRecord
from service.exports.happenings import Happening, happenings
from service.exports.people import NOTICE, WHOLE
from service.wording import recorded

_NAMESPACE = "http://www.xes-standard.org/"
EXTENSIONS = (
    ("Concept", "concept"),
    ("Identity", "identity"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
    ("Time", "time"),
)
CLASSIFIERS = (
    ("Activity", "concept:name"),
    ("ActivityTransition", "concept:name lifecycle:transition"),
    ("Resource", "org:resource"),
)
# What every trace and event has, with the value that stands for none.
_GLOBALS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "trace": (("string", "concept:name", "-"), ("id", "identity:id", str(uuid.UUID(int=0)))),
    "event": (
        ("string", "concept:name", "-"),
        ("string", "lifecycle:transition", "unknown"),
        ("date", "time:timestamp", "1970-01-01T00:00:00Z"),
        ("string", "org:resource", "-"),
        ("id", "identity:id", str(uuid.UUID(int=0))),
        ("int", "seq", "0"),
        ("string", "hash", "-"),
        ("string", "event_type", "-"),
    ),
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_xes(target: BinaryIO, records: Iterable[CaseRecord], *, minimised: bool) -> None:
    """Write the log of `records` as XML in UTF-8."""
    version = {"xes.version": "1849.2016", "xes.features": ""}
    with etree.xmlfile(target, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("log", version, nsmap={None: _NAMESPACE}):
            for name, prefix in EXTENSIONS:
                uri = f"{_NAMESPACE}{prefix}.xesext"
                file.write(etree.Element("extension", {"name": name, "prefix": prefix, "uri": uri}))
            for scope, attributes in _GLOBALS.items():
                _put(known := etree.Element("global", scope=scope), attributes)
                file.write(known)
            for name, keys in CLASSIFIERS:
                file.write(etree.Element("classifier", {"name": name, "scope": "event", "keys": keys}))
            for attribute in _of_log(minimised):
                file.write(_attribute(*attribute))
            for record in records:
                file.write(_trace(record))


def _of_log(minimised: bool) -> list[tuple[str, str, str]]:
    return [
        ("string", "concept:name", recorded("Nhật ký hồ sơ công nhận")),
        ("string", "lifecycle:model", "standard"),
        ("boolean", "minimised", "true" if minimised else "false"),
        ("string", "personal_data", NOTICE if minimised else WHOLE),
    ]


def _trace(record: CaseRecord) -> Any:
    case, trace = record.case, etree.Element("trace")
    attributes = [
        ("string", "concept:name", case.code),
        ("id", "identity:id", str(case.id)),
        ("int", "year", str(case.year)),
        ("string", "commune", record.unit_name(str(case.commune_id))),
        ("string", "procedure", record.procedure.key),
        ("int", "procedure_version", str(record.procedure.version)),
        ("string", "basis", case.basis),
        ("string", "status", case.status),
        ("string", "outcome", case.outcome or ""),
    ]
    _put(trace, (one for one in attributes if one[2]))
    for happening in happenings(record.events, record.procedure.element_name):
        _put(etree.SubElement(trace, "event"), _of_event(record, happening))
    return trace


def _of_event(record: CaseRecord, happening: Happening) -> list[tuple[str, str, str]]:
    event, people = happening.event, record.people
    body, person = event.body, happening.person
    own = happening.part == 0
    identity = uuid.uuid5(record.case.id, f"happening:{event.seq}:{happening.part}")
    attributes = [
        ("string", "concept:name", happening.activity),
        ("string", "concept:instance", happening.task),
        ("string", "lifecycle:transition", happening.transition),
        ("date", "time:timestamp", body["at"]),
        ("string", "org:resource", people.called(person)),
        ("string", "org:role", people.role(person)),
        ("string", "org:group", happening.group),
        ("id", "identity:id", str(identity)),
        ("int", "seq", str(event.seq)),
        ("string", "hash", event.hash),
        ("string", "event_type", body["type"]),
        ("string", "process_version", body["versions"].get("process", "")),
        ("string", "element", happening.element),
        ("string", "unit", record.unit_name(happening.unit)),
        ("string", "due", happening.due or ""),
        ("string", "action", str(event.data.get("action", "")) if own else ""),
        ("string", "in_place_of", people.called(absent) if own and (absent := _absent(body)) else ""),
        ("string", "decisions", record.decided(event) if own else ""),
    ]
    return [one for one in attributes if one[2]]


def _absent(body: Mapping[str, Any]) -> str | None:
    return body["actor"]["acting_for"]  # type: ignore[no-any-return]


def _put(parent: Any, attributes: Iterable[tuple[str, str, str]]) -> None:
    parent.extend(_attribute(*one) for one in attributes)


def _attribute(tag: str, key: str, value: str) -> Any:
    return etree.Element(tag, {"key": key, "value": _NOT_XML.sub("", value)})
