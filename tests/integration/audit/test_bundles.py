"""A case as an archive: the same bytes each time, whole to the verifier, its taking recorded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service.audit.bundles import export_bundle, make_bundle
from service.audit.operations import SYSTEM
from service.audit.witnessing import ask_witness
from service.database import db
from service.errors import WrongState
from service.models import Event
from tests.builders import NOON, a_case_at
from tests.integration.audit.logs import WITNESS, keep_and_sign, record_events, settings, witnessed
from verifier import congnhan_verify as verifier


def verified(bundle: bytes, folder: Path, *more: str) -> int:
    (folder / "goi.zip").write_bytes(bundle)
    with pytest.raises(SystemExit) as ended:
        verifier.main([str(folder / "goi.zip"), *more])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_bundle_is_whole_and_always_the_same(either_core: Flask, tmp_path: Path):
    case_id = a_case_at("district_appraise")
    witnessed(tmp_path)

    bundle = make_bundle(case_id, witness=WITNESS.public)
    db.session.rollback()

    assert make_bundle(case_id, witness=WITNESS.public) == bundle
    assert verified(bundle, tmp_path, "--witness-key", str(WITNESS.public)) == 0
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.namelist() == [
            "README.txt",
            "checkpoint.txt",
            "congnhan_verify.py",
            "events.jsonl",
            "keys.json",
            "proofs.json",
        ]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        bodies = archive.read("events.jsonl").splitlines()
    recorded = select(Event.seq).where(Event.stream == "case", Event.stream_id == str(case_id))
    assert len(bodies) == len(db.session.scalars(recorded).all())


def test_the_witness_counts_more_than_being_new(core: Flask, tmp_path: Path):
    case_id = a_case_at("self_assess")
    witness = witnessed(tmp_path)
    before = make_bundle(case_id, witness=WITNESS.public)
    record_events(3)
    keep_and_sign()  # while the witness is away

    assert make_bundle(case_id, witness=WITNESS.public) == before
    assert ask_witness(settings(), witness)
    assert make_bundle(case_id, witness=WITNESS.public) != before


def test_what_no_checkpoint_covers_is_not_handed_out(core: Flask):
    case_id = a_case_at("self_assess")

    with pytest.raises(WrongState, match="vài giây"):
        make_bundle(case_id)


def test_an_export_is_in_the_access_stream(core: Flask, tmp_path: Path):
    case_id = a_case_at("self_assess")
    keep_and_sign()

    bundle = export_bundle(case_id, witness=None, by=SYSTEM, now=NOON)

    kinds = db.session.scalars(
        select(Event.type).where(Event.stream == "access", Event.stream_id == str(case_id))
    ).all()
    assert kinds[-1] == "case_exported"
    assert verified(bundle, tmp_path) == 0
    assert verified(bundle, tmp_path, "--witness-key", str(WITNESS.public)) == 1
