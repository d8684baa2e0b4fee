"""A case as an archive: the same bytes each time, whole to the verifier, its taking recorded."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from flask import Flask
from sqlalchemy import select

from service.audit.witnessing import ask_witness
from service.database import db
from service.errors import NotAllowed, WrongState
from service.models import Event, EvidenceFile
from service.tasks.handling import assign_task
from tests.builders import NOON, a_case_at, open_task, person
from tests.integration.audit.logs import WITNESS, keep_and_sign, record_events, settings, witnessed
from tests.integration.exports.conftest import Decided, exported
from verifier import congnhan_verify as verifier

VERIFIERS = {one.name for one in Path(verifier.__file__).parent.glob("congnhan_verify.*")}


def verified(bundle: bytes, folder: Path, *more: str) -> int:
    (folder / "goi.zip").write_bytes(bundle)
    with pytest.raises(SystemExit) as ended:
        verifier.main([str(folder / "goi.zip"), *more])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def unpacked(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert names == sorted(names)
        return {name: archive.read(name) for name in names}


def lines(found: dict[str, bytes], folder: str) -> dict[str, dict[str, Any]]:
    return {
        path: json.loads(content)
        for path, content in found.items()
        if path.startswith(folder) and path.endswith(".json")
    }


def test_a_bundle_is_whole_and_always_the_same(either_core: Flask, tmp_path: Path):
    case_id = a_case_at("district_appraise")
    witnessed(tmp_path)

    bundle = exported(case_id, "bundle", witness=WITNESS.public)

    assert exported(case_id, "bundle", witness=WITNESS.public) == bundle
    assert verified(bundle, tmp_path, "--witness-key", str(WITNESS.public)) == 0
    recorded = select(Event.seq).where(Event.stream == "case", Event.stream_id == str(case_id))
    assert len(unpacked(bundle)["events.jsonl"].splitlines()) == len(db.session.scalars(recorded).all())


def test_the_witness_counts_more_than_being_new(core: Flask, tmp_path: Path):
    case_id = a_case_at("self_assess")
    witness = witnessed(tmp_path)
    before = exported(case_id, "bundle", witness=WITNESS.public)
    record_events(3)
    keep_and_sign()  # while the witness is away

    assert exported(case_id, "bundle", witness=WITNESS.public) == before
    assert ask_witness(settings(), witness)
    assert exported(case_id, "bundle", witness=WITNESS.public) != before


def test_what_no_checkpoint_covers_is_not_handed_out(core: Flask):
    case_id = a_case_at("self_assess")

    with pytest.raises(WrongState, match="vài giây"):
        exported(case_id, "bundle")


@pytest.mark.parametrize("kind", ["bundle", "pdf", "xes", "ocel", "csv"])
def test_an_export_is_in_the_access_stream(core: Flask, kind: str, tmp_path: Path):
    case_id = a_case_at("self_assess")
    keep_and_sign()

    made = exported(case_id, kind, viewer=person("kiemtra"), minimised=True)

    last = db.session.scalars(
        select(Event.body)
        .where(Event.stream == "access", Event.stream_id == str(case_id))
        .order_by(Event.seq.desc())
    ).first()
    body = orjson.loads(last or b"")
    assert (body["type"], body["data"]) == ("case_exported", {"format": kind, "minimised": True})
    assert body["actor"]["id"] == str(person("kiemtra").id)
    if kind == "bundle":
        assert verified(made, tmp_path) == 0
        assert verified(made, tmp_path, "--witness-key", str(WITNESS.public)) == 1


def test_the_manifest_names_every_other_file_with_its_hash(decided: Decided):
    found = unpacked(exported(decided.recognised, "bundle", witness=WITNESS.public))

    manifest = json.loads(found.pop("manifest.json"))
    assert (manifest["format"], manifest["minimised"]) == ("congnhan-bundle/2", False)
    assert manifest["files"] == [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(found.items())
    ]
    assert found.keys() >= {
        "history.pdf",
        "case.xes",
        "case.ocel.json",
        "events.csv",
        "README.txt",
        *VERIFIERS,
    }


def test_every_digest_of_the_log_can_be_checked_with_what_lies_in_it(decided: Decided):
    found = unpacked(exported(decided.refused, "bundle"))

    bodies = [json.loads(json.loads(line)["body"]) for line in found["events.jsonl"].splitlines()]
    asked = {(body["seq"], name): digest for body in bodies for name, digest in body["digests"].items()}
    typed = [*lines(found, "submissions/").values(), *lines(found, "private/").values()]
    assert {(one["seq"], one["name"]): one["digest"] for one in typed} == asked
    for one in typed:
        content = found[one["content"]]
        assert hashlib.sha256(bytes.fromhex(one["salt"]) + content).hexdigest() == one["digest"]
    assert len(typed) == sum("submission" in body["digests"] for body in bodies) > 0


def test_what_was_typed_beside_the_log_lies_in_it_too(core: Flask):
    case_id = a_case_at("district_appraise")
    colleague, leader = person("huyen-bimson-chuyenvien").id, person("huyen-bimson-lanhdao")
    task_id = open_task(case_id, "district_appraise")
    assign_task(task_id=task_id, to=colleague, by=leader, now=NOON, note="Xem kỹ mục 2.6")
    keep_and_sign()

    found = unpacked(exported(case_id, "bundle"))

    ((path, note),) = lines(found, "private/").items()
    event = json.loads(json.loads(found["events.jsonl"].splitlines()[-1])["body"])
    assert path == f"private/{event['seq']:06}-note.json"
    assert found[note["content"]].decode() == "Xem kỹ mục 2.6"
    salted = bytes.fromhex(note["salt"]) + found[note["content"]]
    assert hashlib.sha256(salted).hexdigest() == note["digest"] == event["digests"]["note"]


def test_files_lie_under_their_hashes_and_submissions_name_them(decided: Decided):
    found = unpacked(exported(decided.recognised, "bundle"))
    stored = set(
        db.session.scalars(select(EvidenceFile.sha256).where(EvidenceFile.case_id == decided.recognised))
    )

    files = {path: content for path, content in found.items() if path.startswith("files/")}
    assert {path[6:70] for path in files} == stored
    for path, content in files.items():
        assert hashlib.sha256(content).hexdigest() == path[6:70]
    contents = [json.loads(found[one["content"]]) for one in lines(found, "submissions/").values()]
    named = {file["sha256"] for content in contents for file in content.get("files", {}).values()}
    assert named == stored


def test_the_procedure_is_the_one_that_events_were_made_by(decided: Decided):
    found = unpacked(exported(decided.recognised, "bundle"))

    process = json.loads(found["process/process.json"])
    parts = {
        "diagram": hashlib.sha256(found[process["diagram"]]).hexdigest(),
        "forms": {key: hashlib.sha256(found[path]).hexdigest() for key, path in process["forms"].items()},
        "catalogue": hashlib.sha256(found["process/catalogue.json"]).hexdigest(),
    }
    bodies = [json.loads(json.loads(line)["body"]) for line in found["events.jsonl"].splitlines()]
    said = {body["versions"]["process"] for body in bodies if "process" in body["versions"]}
    assert said == {hashlib.sha256(rfc8785.dumps(parts)).hexdigest()} == {process["content_hash"]}
    assert process["diagram"] == "process/recognition-v1.bpmn"


def test_without_people_it_holds_neither_what_they_typed_nor_their_files(decided: Decided, tmp_path: Path):
    bundle = exported(decided.recognised, "bundle", minimised=True, witness=WITNESS.public)

    found = unpacked(bundle)
    assert json.loads(found["manifest.json"])["minimised"] is True
    assert not [path for path in found if path.startswith(("submissions/", "private/", "files/"))]
    assert verified(bundle, tmp_path, "--witness-key", str(WITNESS.public)) == 0


def test_only_who_examines_takes_the_log_itself(decided: Decided):
    for username in ("so-tttt-chuyenvien", "tinh-chutich", "huyen-bimson-lanhdao", "thanhvien-bimson"):
        with pytest.raises(NotAllowed):
            exported(decided.recognised, "bundle", viewer=person(username))


# Another process under other circumstances; what it prints is the hash of each export.
ELSEWHERE = """
import hashlib, sys, uuid
sys.path.insert(0, {root!r})
from pathlib import Path
from service.app import create_core
from tests.integration.conftest import settings_for
from tests.integration.exports.conftest import exported
from tests.integration.audit.logs import WITNESS
folder = Path({folder!r})
with create_core(settings_for(f"sqlite:///{{folder / 'congnhan.db'}}", folder)).app_context():
    for kind in ("bundle", "pdf", "xes", "ocel", "csv"):
        made = exported(uuid.UUID({case!r}), kind, witness=WITNESS.public)
        print(hashlib.sha256(made).hexdigest())
"""


def test_nothing_around_the_program_shows_in_the_bytes(decided: Decided, decided_installation: Path):
    here = [
        hashlib.sha256(exported(decided.refused, kind, witness=WITNESS.public)).hexdigest()
        for kind in ("bundle", "pdf", "xes", "ocel", "csv")
    ]
    root = str(Path(__file__).parents[3])
    script = ELSEWHERE.format(root=root, folder=str(decided_installation), case=str(decided.refused))
    around = {"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"}

    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **around},
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    ).stdout.split()

    assert said == here
