"""The root on a Decision: as it was at its signing, in the log's record of it, on paper, and checked."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from service.audit.anchors import log_as_signed, short_root
from service.audit.witnessing import ask_witness
from service.cli import congnhan
from service.clock import set_demo_clock
from service.database import db
from service.identity.operations import issue_token
from service.models import Event, RoundAct
from tests.builders import NOON, a_case_at
from tests.integration.audit.logs import WITNESS, a_witness, keep_and_sign, record_events, settings
from tests.integration.service.test_rounds import a_round, decided, signed


def test_before_the_first_checkpoint_there_is_none(core: Flask):
    assert log_as_signed() is None


def test_a_root_is_shortened_to_its_first_64_bits():
    assert short_root(bytes(range(0x10, 0x30))) == "1011 1213 1415 1617"


def test_what_the_witness_signed_last_stays_with_the_decision(app: Flask, tmp_path: Path):
    set_demo_clock(NOON)
    case_id = a_case_at("department_submit")
    cosigned = keep_and_sign()
    ask_witness(settings(), a_witness(tmp_path))
    record_events(3)
    keep_and_sign()  # the witness is away
    root = base64.b64encode(cosigned.root).decode()

    round_id = a_round(case_id)
    signed(round_id)
    decided(round_id, {case_id: ("refuse", "Chưa đủ điều kiện")})
    record_events(3)
    keep_and_sign()
    token = issue_token(username="tinh-chutich", now=NOON)
    page = app.test_client().get(f"/dot/{round_id}", headers={"Authorization": f"Bearer {token}"}).text

    db.session.rollback()
    acts = db.session.scalars(select(RoundAct).order_by(RoundAct.kind)).all()
    assert [act.kind for act in acts] == ["decision", "submission"]
    for act in acts:
        assert act.content["log"] == {
            "origin": cosigned.origin,
            "size": cosigned.size,
            "root": root,
            "short": short_root(cosigned.root),
            "witnesses": [WITNESS.name],
        }
    said = db.session.scalars(select(Event.body).where(Event.type == "round_decision_signed")).one()
    assert json.loads(said)["data"]["log"]["root"] == root
    assert page.count(f"<code>{root}</code>") == 2
    assert short_root(cosigned.root) in page
    assert f"{cosigned.size} lá đầu của nhật ký" in page


@pytest.mark.parametrize("change", ["", "root", "size", "form"])
def test_a_printed_root_is_held_against_the_log(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
):
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    runner = CliRunner()
    _, size, root, *_rest = runner.invoke(congnhan, ["audit", "checkpoint"]).output.split("\n")
    size, root = {
        "": (size, root),
        "root": (size, base64.b64encode(bytes(32)).decode()),
        "size": (str(int(size) + 1), root),
        "form": (size, root[:-1]),
    }[change]

    found = runner.invoke(congnhan, ["audit", "verify", "--all", "--offline", "--printed", size, root])

    assert found.exit_code == {"": 0, "form": 2}.get(change, 1)
    if change in ("root", "size"):
        assert "[witness]" in found.output
    if change == "form":
        assert "44 ký tự" in found.output
