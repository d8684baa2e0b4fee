"""`congnhan audit …` as an administrator and an auditor call it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import congnhan
from service.errors import BadInput, NotFound
from witness.notes import Note, PublicKey

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    monkeypatch.setenv("CONGNHAN_LOG_NAME", "congnhan.example.vn/nhat-ky")
    return lambda *words: CliRunner().invoke(congnhan, words)


def tamper(tmp_path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(tmp_path / "congnhan.db")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_key_is_made_once_printed_and_rotated(run: Run):
    first, again, rotated = run("audit", "key"), run("audit", "key"), run("audit", "key", "--rotate")

    assert first.output == again.output
    key = PublicKey.parse(first.output.partition("\t")[0])
    assert key.name == "congnhan.example.vn/nhat-ky"
    lines = [line for line in rotated.output.splitlines() if "\t" in line]
    assert lines[0].split("\t")[0] == str(key)
    assert len(lines) == 2
    assert " đến " in lines[0]


def test_a_checkpoint_is_made_now_and_printed_as_a_note(run: Run):
    made = run("audit", "checkpoint")

    key = PublicKey.parse(run("audit", "key").output.partition("\t")[0])
    assert made.exit_code == 0
    assert Note.parse(made.output).signed_by(key)


def test_a_whole_log_ends_with_0_a_broken_one_with_1(run: Run, tmp_path: Path):
    (tmp_path / "note").write_text(run("audit", "checkpoint").output)
    whole = run("audit", "verify", "--all", "--json", "--against", str(tmp_path / "note"))
    assert (whole.exit_code, json.loads(whole.output)["whole"]) == (0, True)

    tamper(tmp_path, "UPDATE event SET body = CAST('{}' AS BLOB) WHERE position = 2")
    broken = run("audit", "verify", "--all")
    told = json.loads(run("audit", "verify", "--all", "--json").output)

    assert broken.exit_code == 1
    assert "[chain] " in broken.output
    assert "NHẬT KÝ KHÔNG NGUYÊN VẸN." in broken.output
    assert [finding["kind"] for finding in told["findings"]] == ["chain"]


def test_against_a_note_that_somebody_kept(run: Run, tmp_path: Path):
    (tmp_path / "note").write_text(run("audit", "checkpoint").output)
    tamper(
        tmp_path,
        "DELETE FROM log_checkpoint",
        'DELETE FROM log_leaf WHERE "index" > 0',
        "DELETE FROM event_private_part WHERE position > 1",
        "DELETE FROM event WHERE position > 1",
    )
    run("audit", "checkpoint")

    found = run("audit", "verify", "--all", "--json", "--against", str(tmp_path / "note"))

    assert found.exit_code == 1
    assert "witness" in [finding["kind"] for finding in json.loads(found.output)["findings"]]


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("verify", "X", "--all"),
        ("verify", "khong-co"),
        ("verify", "--all", "--log-key", "x"),
        ("verify", "--all", "--against", __file__),
    ],
)
def test_what_cannot_be_verified_ends_with_2(run: Run, words: tuple[str, ...]):
    result = run("audit", *words)

    assert result.exit_code == 2 or isinstance(result.exception, BadInput | NotFound)


def test_a_witness_that_is_away_is_said_and_holds_nothing_up(run: Run, monkeypatch: pytest.MonkeyPatch):
    key = PublicKey("w.example", 4, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a" * 2))
    monkeypatch.setenv("CONGNHAN_WITNESS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CONGNHAN_WITNESS_KEY", str(key))

    made, verified = run("audit", "checkpoint"), run("audit", "verify", "--all")

    assert (made.exit_code, verified.exit_code) == (0, 0)
    assert "Chưa có chữ ký của nhân chứng" in made.output
    assert "không trả lời" in verified.output
