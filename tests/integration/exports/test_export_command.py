"""`congnhan audit export` as the operator calls it: what is written, what is refused, how it ends."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from service.cli import congnhan
from service.errors import BadInput, NotFound

Run = Callable[..., Result]


@pytest.fixture
def run(decided_installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    shutil.copytree(decided_installation, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'congnhan.db'}")
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    return lambda *words: CliRunner().invoke(congnhan, ("audit", "export", *words))


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ("pdf", b"%PDF-"),
        ("xes", b"<?xml"),
        ("ocel", b'{"objectTypes"'),
        ("csv", b"\xef\xbb\xbf"),
        ("bundle", b"PK"),
    ],
)
def test_a_case_by_its_code(run: Run, tmp_path: Path, kind: str, begins: bytes):
    result = run("CN-2023-000001", "--format", kind, "-o", str(tmp_path / "out"))

    assert result.exit_code == 0, result.output
    assert "1 hồ sơ" in result.output
    assert (tmp_path / "out").read_bytes().startswith(begins)


def test_all_cases_in_one_log_chosen_by_year_and_procedure(run: Run, tmp_path: Path):
    chosen = ("--year", "2023", "--procedure", "recognition")
    result = run("--all", *chosen, "--minimise", "--format", "xes", "-o", str(tmp_path / "log.xes"))

    assert result.exit_code == 0, result.output
    log = etree.parse(tmp_path / "log.xes").getroot()
    assert len(log.findall("{*}trace")) == 2
    assert "Hoàng Thị Lê Vy" not in (tmp_path / "log.xes").read_text(encoding="utf-8")


def test_no_case_that_matches_ends_with_1_and_leaves_no_file(run: Run, tmp_path: Path):
    result = run("--all", "--year", "1999", "--format", "csv", "-o", str(tmp_path / "none.csv"))

    assert result.exit_code == 1
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--format", "csv"),
        ("CN-2023-000001", "--all", "--format", "csv"),
        ("--all", "--format", "bundle"),
        ("--all", "--format", "pdf"),
        ("CN-2023-000001", "--year", "2023", "--format", "csv"),
        ("CN-2023-000001", "--format", "exe"),
    ],
)
def test_what_does_not_go_together_ends_with_2(run: Run, tmp_path: Path, words: tuple[str, ...]):
    result = run(*words, "-o", str(tmp_path / "out"))

    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_case_that_is_not_there_and_a_name_that_is_taken_are_refused(run: Run, tmp_path: Path):
    (tmp_path / "taken").write_text("mine")

    missing = run("khong-co", "--format", "csv", "-o", str(tmp_path / "out"))
    taken = run("CN-2023-000001", "--format", "csv", "-o", str(tmp_path / "taken"))
    nowhere = run("CN-2023-000001", "--format", "csv", "-o", str(tmp_path / "no" / "folder"))

    assert isinstance(missing.exception, NotFound)
    assert isinstance(taken.exception, BadInput)
    assert isinstance(nowhere.exception, BadInput)
    assert (tmp_path / "taken").read_text() == "mine"
    assert not (tmp_path / "out").exists()


def test_without_people_the_archive_says_so_in_words(run: Run, tmp_path: Path):
    assert (
        run("CN-2023-000002", "--minimise", "--format", "bundle", "-o", str(tmp_path / "b.zip")).exit_code
        == 0
    )

    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        read_me = archive.read("README.txt").decode()
        rows = list(csv.reader(io.StringIO(archive.read("events.csv").decode("utf-8-sig"))))
    assert "Dữ liệu cá nhân đã được lược bớt" in read_me
    assert "events.jsonl giữ nguyên" in read_me
    assert {row[-1] for row in rows[1:]} == {"có"}


def test_a_key_that_is_away_holds_up_nothing_that_was_signed_before(run: Run, tmp_path: Path):
    (tmp_path / "log_key").unlink()

    result = run("CN-2023-000001", "--format", "bundle", "-o", str(tmp_path / "b.zip"))

    assert result.exit_code == 0, result.output
    assert "Chưa ký được điểm kiểm mới" in result.output
