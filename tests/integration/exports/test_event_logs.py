"""XES and OCEL as the standards want them, and as a reader that is not ours understands them."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastjsonschema
import orjson
import pytest
import r4pm
from lxml import etree
from r4pm.bindings import num_events, num_objects, ocel_type_stats
from sqlalchemy import select

from service.database import db
from service.models import Case, Event
from tests.integration.exports.conftest import Decided, all_exported, exported

STANDARDS = Path(__file__).parents[2] / "data" / "standards"
XES = "{http://www.xes-standard.org/}"
# IEEE 1849-2016, 7.4: the transitions of the lifecycle extension's standard model.
TRANSITIONS = {
    "schedule", "assign", "reassign", "start", "suspend", "resume", "autoskip", "manualskip", "withdraw",
    "complete", "ate_abort", "pi_abort", "unknown",
}  # fmt: skip
RESERVED = {"concept", "identity", "lifecycle", "org", "time"}


@pytest.fixture(params=[False, True], ids=["whole", "minimised"])
def minimised(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def log_of(case_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(Event.body).where(Event.stream == "case", Event.stream_id == str(case_id)).order_by(Event.seq)
    )
    return [orjson.loads(body) for body in rows]


def attributes(element: Any) -> dict[str, str]:
    found = [one for one in element if one.get("key") is not None]
    assert len({one.get("key") for one in found}) == len(found)
    return {one.get("key"): one.get("value") for one in found}


def test_xes_is_valid_by_the_standard(decided: Decided, minimised: bool):
    count, made = all_exported("xes", minimised=minimised)

    log = etree.fromstring(made)
    etree.XMLSchema(etree.parse(STANDARDS / "xes-1849-2016.xsd")).assertValid(log)
    assert count == len(log.findall(f"{XES}trace")) == 2
    declared = {one.get("prefix"): one.get("uri") for one in log.findall(f"{XES}extension")}
    assert declared == {prefix: f"http://www.xes-standard.org/{prefix}.xesext" for prefix in RESERVED}
    promised = {one.get("scope"): attributes(one).keys() for one in log.findall(f"{XES}global")}
    for classifier in log.findall(f"{XES}classifier"):
        assert set(classifier.get("keys").split()) <= promised["event"]
    for trace in log.iter(f"{XES}trace"):
        assert attributes(trace).keys() >= promised["trace"]
    for event in log.iter(f"{XES}event"):
        told = attributes(event)
        assert told.keys() >= promised["event"]
        assert told["lifecycle:transition"] in TRANSITIONS
        assert {key.partition(":")[0] for key in told if ":" in key} <= RESERVED
    assert attributes(log)["minimised"] == ("true" if minimised else "false")


def test_xes_tells_every_event_of_the_log_with_its_number_hash_and_version(decided: Decided):
    trace = etree.fromstring(exported(decided.recognised, "xes")).find(f"{XES}trace")
    events = [attributes(one) for one in trace.iter(f"{XES}event")]
    log = log_of(decided.recognised)

    assert list(dict.fromkeys(int(one["seq"]) for one in events)) == [body["seq"] for body in log]
    hashes = db.session.scalars(
        select(Event.hash).where(Event.stream == "case", Event.stream_id == str(decided.recognised))
    )
    assert {one["hash"] for one in events} == {found.hex() for found in hashes}
    case = db.session.get_one(Case, decided.recognised)
    assert events[0]["process_version"] == log[0]["versions"]["process"]
    assert attributes(trace)["concept:name"] == case.code
    completed = [one for one in events if one["event_type"] == "task_completed" and "action" in one]
    assert [one["element"] for one in completed] == [
        body["data"]["element"] for body in log if body["type"] == "task_completed"
    ]
    assert {one["unit"] for one in completed} >= {"UBND thị xã Bỉm Sơn"}
    assert completed[0]["org:resource"].startswith("Hoàng Thị Lê Vy")
    assert completed[0]["org:role"] == "Chủ tịch UBND phường, UBND phường Minh Họa"


def test_another_reader_finds_the_same_in_the_xes(decided: Decided, minimised: bool, tmp_path: Path):
    (tmp_path / "log.xes").write_bytes(all_exported("xes", minimised=minimised)[1])

    read = r4pm.import_item("EventLog", str(tmp_path / "log.xes"))
    r4pm.export_item(read, str(tmp_path / "log.json"))
    r4pm.remove_item(read)

    traces = json.loads((tmp_path / "log.json").read_text())["traces"]
    for trace in traces:
        told = _values(trace["attributes"])
        events = [_values(event["attributes"]) for event in trace["events"]]
        log = log_of(uuid.UUID(told["identity:id"]))
        starts = Counter(one["seq"] for one in events)
        assert sorted(starts) == [body["seq"] for body in log]
        scheduled = [one for one in events if one["lifecycle:transition"] == "schedule"]
        assert len(scheduled) == sum(len(body["data"].get("opened", ())) for body in log)
        ends = [
            one["element"]
            for one in events
            if one["event_type"] == "task_completed" and one["lifecycle:transition"] == "complete"
        ]
        assert ends == [body["data"]["element"] for body in log if body["type"] == "task_completed"]
        assert told["outcome"] == log[-1]["data"]["outcome"]
    assert len(traces) == 2


def _values(found: Any) -> dict[str, Any]:
    return {one["key"]: one["value"]["content"] for one in found}


def test_ocel_is_valid_by_the_specification(decided: Decided, minimised: bool):
    document = json.loads(all_exported("ocel", minimised=minimised)[1])

    fastjsonschema.compile(json.loads((STANDARDS / "ocel-2.0.schema.json").read_text()))(document)
    types = {"string", "time", "integer", "float", "boolean"}
    objects = {one["id"]: one for one in document["objects"]}
    assert len(objects) == len(document["objects"])
    assert len({one["id"] for one in document["events"]}) == len(document["events"])
    for declared, instances in (("objectTypes", "objects"), ("eventTypes", "events")):
        known = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in document[declared]}
        assert {kind for of in known.values() for kind in of.values()} <= types
        for one in document[instances]:
            for attribute in one["attributes"]:
                kind = known[one["type"]][attribute["name"]]
                assert kind != "integer" or str(int(attribute["value"])) == attribute["value"]
            for relation in one["relationships"]:
                assert relation["objectId"] in objects
                assert relation["qualifier"]


def test_another_reader_finds_the_same_in_the_ocel(decided: Decided, minimised: bool, tmp_path: Path):
    (tmp_path / "log.json").write_bytes(exported(decided.recognised, "ocel", minimised=minimised))
    log = log_of(decided.recognised)
    opened = sum(len(body["data"].get("opened", ())) for body in log)
    withdrawn = sum(len(body["data"].get("withdrawn", ())) for body in log)

    read = r4pm.import_item("OCEL", str(tmp_path / "log.json"))
    linked = r4pm.convert_item(read, "SlimLinkedOCEL")
    found = ocel_type_stats(linked)
    events, objects = num_events(linked), num_objects(linked)
    r4pm.remove_item(read)
    r4pm.remove_item(linked)

    assert events == len(log) + opened + withdrawn
    assert found["event_type_counts"]["task_opened"] == opened
    assert found["event_type_counts"]["task_completed"] == sum(b["type"] == "task_completed" for b in log)
    counts = found["object_type_counts"]
    assert objects == sum(counts.values())
    assert (counts["case"], counts["task"], counts["decision"]) == (1, opened, 2)
    actors = {body["actor"]["id"] for body in log} | {body["data"].get("prepared_by") for body in log}
    assert counts["user"] == len(actors - {None})


def relations(document: Any, kind: str, qualifier: str) -> Iterator[str]:
    for event in document["events"]:
        if event["type"] == kind:
            yield from (one["objectId"] for one in event["relationships"] if one["qualifier"] == qualifier)


def test_ocel_ties_tasks_to_what_was_handed_in_signed_and_decided(decided: Decided):
    document = json.loads(exported(decided.recognised, "ocel"))
    objects = {one["id"]: one for one in document["objects"]}

    files = {objects[key]["id"] for key in relations(document, "task_completed", "hands in")}
    decisions = [objects[key] for key in relations(document, "task_completed", "decided by")]
    signed = [objects[key] for key in relations(document, "task_completed", "signs")]

    assert len(files) == 8  # the story uploads four reports, and four again after the return
    titles = [next(a["value"] for a in one["attributes"] if a["name"] == "title") for one in decisions]
    assert len(titles) == 2
    assert titles[0].startswith("Tờ trình")
    assert titles[1].startswith("Quyết định")
    assert {one["type"] for one in signed} == {"document_version"}
    case = next(one for one in document["objects"] if one["type"] == "case")
    assert {one["qualifier"] for one in case["relationships"]} == {"commune", "district", "decided by"}


def test_filters_choose_whole_cases(decided: Decided):
    assert all_exported("csv", year=2023, procedure="recognition")[0] == 2
    assert all_exported("csv", year=2024)[0] == 0
    assert all_exported("csv", procedure="another")[0] == 0
