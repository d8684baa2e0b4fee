"""`congnhan backup` and `congnhan restore` as an administrator calls them, from SQLite to PostgreSQL."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.app import create_core
from service.cli import congnhan
from service.database import db
from service.demo.story import play
from service.errors import BadConfiguration, BadInput
from tests.integration.conftest import MEGABYTE, settings_for

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    monkeypatch.setenv("BACKUP_DIR", str(tmp_path / "backups"))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(congnhan, words)

    return invoke


def test_a_pilot_on_sqlite_moves_to_postgresql(
    run: Run, sqlite_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key = tmp_path / "key.txt"
    made = run("backup", "keygen", str(key))
    monkeypatch.setenv("BACKUP_RECIPIENT", made.stdout.strip())
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with create_core(settings_for(sqlite_url, tmp_path)).app_context():
        play(tmp_path / "files", 5 * MEGABYTE)
        db.session.remove()
        db.engine.dispose()

    saved = run("backup")
    again = run("backup")
    verified = run("restore", str(tmp_path / "backups"), "--identity", str(key), "--verify-only")
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path / "elsewhere"))
    restored = run("restore", str(tmp_path / "backups"), "--identity", str(key), "--without-files")
    with_files = run("restore", str(tmp_path / "backups"), "--identity", str(key), "--files-only")
    checked = run("db", "check", "--files")

    assert "đầy đủ" in saved.stdout, saved.output
    assert "phần thay đổi" in again.stdout, again.output
    assert "nhất quán" in verified.stdout, verified.output
    assert "(2 tệp)" in restored.stdout, restored.output
    assert "Đã khôi phục 1 tệp minh chứng" in with_files.stdout, with_files.output
    assert (checked.exit_code, checked.output) == (0, "Không có vấn đề.\n")


def test_a_key_is_never_written_over_another(run: Run, tmp_path: Path):
    run("backup", "keygen", str(tmp_path / "key.txt"))
    before = (tmp_path / "key.txt").read_text()

    refused = run("backup", "keygen", str(tmp_path / "key.txt"))

    assert isinstance(refused.exception, BadInput)
    assert (tmp_path / "key.txt").read_text() == before


def test_without_a_public_key_the_remedy_is_named(run: Run):
    refused = run("backup")

    assert isinstance(refused.exception, BadConfiguration)
    assert "congnhan backup keygen" in str(refused.exception)


def test_a_file_that_is_no_key_is_refused(run: Run, tmp_path: Path):
    (tmp_path / "backups").mkdir()
    (tmp_path / "key.txt").write_text("hello")

    refused = run("restore", str(tmp_path / "backups"), "--identity", str(tmp_path / "key.txt"))

    assert isinstance(refused.exception, BadInput)
    assert "không phải tệp khóa age" in str(refused.exception)
