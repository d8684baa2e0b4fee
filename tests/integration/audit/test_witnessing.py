"""The service and its witness: what is cosigned, what is caught up, what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service.audit.log_keys import known_keys, rotate_key
from service.audit.witnessing import OverHttp, Refused, ask_witness, last_seen, witness_key
from service.config import from_environment
from service.database import db
from service.errors import BadConfiguration, Unavailable
from service.models import LogCheckpoint, LogCosignature
from tests.builders import NOON
from tests.integration.audit.logs import (
    TOLD,
    WITNESS,
    a_witness,
    keep_and_sign,
    record_events,
    settings,
    witnessed,
)
from witness.cosigning import Answer
from witness.notes import WITNESS_ALGORITHM, Note, PrivateKey
from witness.server import handler_for


def cosigned_numbers() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(LogCosignature.checkpoint).order_by(LogCosignature.checkpoint)))


def test_each_checkpoint_is_cosigned_once(either_core: Flask, tmp_path: Path):
    witness = witnessed(tmp_path)
    asked = len(witness.answers)

    assert ask_witness(settings(), witness)
    assert len(witness.answers) == asked  # it has signed this one
    record_events(300)
    keep_and_sign()
    assert ask_witness(settings(), witness)

    assert cosigned_numbers() == [1, 2]
    row = db.session.scalars(select(LogCosignature).order_by(LogCosignature.checkpoint)).first()
    assert row is not None
    assert row.cosigned_at.timestamp() == TOLD
    note = db.session.get_one(LogCheckpoint, 1).note
    assert Note.parse(note + row.line).cosigned_at(WITNESS.public) == TOLD


def test_a_witness_that_was_away_signs_the_newest_when_it_is_back(core: Flask, tmp_path: Path):
    witness = witnessed(tmp_path)
    for _ in range(2):
        record_events(2)
        keep_and_sign()
        with pytest.raises(Unavailable):
            ask_witness(settings(), lambda *_: Answer(503, ""))

    assert ask_witness(settings(), witness)

    assert cosigned_numbers() == [1, 3]


def test_a_lost_answer_is_asked_for_again(core: Flask, tmp_path: Path):
    witness = witnessed(tmp_path)
    record_events(2)
    keep_and_sign()

    def gone(*asked: object) -> Answer:
        witness(*asked)  # type: ignore[arg-type]
        raise Unavailable

    with pytest.raises(Unavailable):
        ask_witness(settings(), gone)
    assert cosigned_numbers() == [1]
    assert ask_witness(settings(), witness)

    assert cosigned_numbers() == [1, 2]
    assert [answer.status for answer in witness.answers] == [200, 200, 409, 200]


def test_a_log_that_went_back_is_refused_and_says_so(core: Flask, tmp_path: Path):
    witness = witnessed(tmp_path)
    record_events(1)
    keep_and_sign()

    with pytest.raises(Refused, match="đã lùi lại"):
        ask_witness(settings(), lambda *_: Answer(409, "100000\n"))
    rotate_key(settings(), NOON)
    keep_and_sign()
    with pytest.raises(Refused, match="403"):
        ask_witness(settings(), witness)  # which nobody has told of the new key

    again = a_witness(tmp_path, *(one.key for one in known_keys()))
    assert ask_witness(settings(), again)


@pytest.mark.parametrize("text", ["", "x\n", "— w AAAAAAAA\n"])
def test_an_answer_that_is_no_cosignature_is_not_kept(core: Flask, text: str):
    record_events(1)
    keep_and_sign()

    with pytest.raises(Refused):
        ask_witness(settings(), lambda *_: Answer(200, text))

    assert cosigned_numbers() == []


def test_another_witness_under_the_same_name_is_not_believed(core: Flask, tmp_path: Path):
    record_events(1)
    keep_and_sign()
    stranger = PrivateKey(WITNESS.name, WITNESS_ALGORITHM, bytes(32))
    trusting = replace(settings(), witness_key=str(stranger.public))

    with pytest.raises(Refused, match="không khớp"):
        ask_witness(trusting, a_witness(tmp_path))


def test_without_a_witness_nobody_is_asked(core: Flask):
    record_events(1)
    keep_and_sign()

    assert not ask_witness(replace(settings(), witness_url="", witness_key=""))
    assert witness_key(replace(settings(), witness_key="")) is None
    with pytest.raises(BadConfiguration, match="CONGNHAN_WITNESS_KEY"):
        witness_key(replace(settings(), witness_key="x"))
    with pytest.raises(BadConfiguration, match="nhân chứng"):
        witness_key(replace(settings(), witness_key=str(known_keys()[0].key)))
    with pytest.raises(BadConfiguration, match="CONGNHAN_WITNESS_KEY"):
        from_environment({"CONGNHAN_WITNESS_URL": "https://w.example"})


@pytest.fixture
def address(core: Flask, tmp_path: Path) -> Iterator[str]:
    record_events(2)
    keep_and_sign()
    witness = a_witness(tmp_path).witness
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(witness))
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def test_over_http(address: str):
    ask = OverHttp(address)
    origin = known_keys()[0].key.name

    assert last_seen(WITNESS.public, origin, ask) is None
    assert ask_witness(replace(settings(), witness_url=address))

    seen = last_seen(WITNESS.public, origin, ask)
    assert seen is not None
    assert seen.text + "\n" == db.session.get_one(LogCheckpoint, 1).note.partition("— ")[0]
    assert cosigned_numbers() == [1]


def test_nobody_there():
    with pytest.raises(Unavailable, match="không trả lời"):
        OverHttp("http://127.0.0.1:9")("GET", "/", None)
