"""The power goes, and every write that was not synced with it: what was acknowledged is still there."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select

from service.app import create_core
from service.database import db
from service.demo.loader import evidence_page
from service.dossiers.operations import add_evidence
from service.dossiers.storage import path_of
from service.models import Task
from service.tasks.operations import complete_task
from tests.builders import NOON, an_open_case, open_task, person
from tests.faults.losing_disk import NAME, LosingDisk, losing_disk, sqlite_library
from tests.integration.conftest import settings_for
from tests.integration.service.scenes import a_case_of, looping_procedure, nothing_is_wrong

OFFICER = "xa-thidu-chuyenvien"
COMPLETIONS = 10

pytestmark = pytest.mark.skipif(
    sqlite_library() is None, reason="this interpreter's SQLite keeps its symbols to itself"
)


@contextmanager
def on_losing_disk(template: Path, folder: Path, synchronous: str = "") -> Iterator[tuple[Flask, LosingDisk]]:
    """The core over a copy of `template` on a disk that forgets; `synchronous`: instead of its own."""
    path = folder / "congnhan.db"
    shutil.copy(template, path)
    core = create_core(settings_for(f"sqlite:///file:{path}?vfs={NAME}&uri=true", folder))
    with losing_disk() as disk, core.app_context():

        def weaken(connection: sqlite3.Connection, _record: object) -> None:
            if synchronous:
                connection.execute(f"PRAGMA synchronous={synchronous}")

        event.listen(db.engine, "connect", weaken)
        try:
            yield core, disk
        finally:
            db.session.remove()
            db.engine.dispose()


def acknowledged_completions(disk: LosingDisk, folder: Path, chance: random.Random) -> list[set[uuid.UUID]]:
    """Complete a looping case's task again and again, cutting the power in between into folders of their own.

    Answers what had been acknowledged at each cut.
    """
    looping_procedure()
    case_id, officer = a_case_of("loop"), person(OFFICER)
    done: set[uuid.UUID] = set()
    cuts = []
    for _ in range(COMPLETIONS):
        task_id = open_task(case_id, "work")
        complete_task(task_id=task_id, answers={"action": "again"}, by=officer, now=NOON)
        done.add(task_id)
        place = folder / f"cut-{len(cuts)}"
        place.mkdir()
        disk.forget_unsynced(place, chance if len(cuts) % 2 else None)
        cuts.append(set(done))
    return cuts


def left_after(folder: Path) -> set[uuid.UUID]:
    """The completions that are there when the machine comes up again, everything checked."""
    with create_core(settings_for(f"sqlite:///{folder / 'congnhan.db'}", folder)).app_context():
        completed = set(db.session.execute(select(Task.id).where(Task.state == "completed")).scalars())
        assert nothing_is_wrong()
        db.session.remove()
        db.engine.dispose()
    return completed


def test_every_acknowledged_completion_survives_a_power_cut(sqlite_template: Path, tmp_path: Path):
    with on_losing_disk(sqlite_template, tmp_path) as (_, disk):
        cuts = acknowledged_completions(disk, tmp_path, random.Random(1829))
        assert disk.syncs >= COMPLETIONS

    for number, acknowledged in enumerate(cuts):
        assert left_after(tmp_path / f"cut-{number}") == acknowledged


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_with_less_than_full_sync_the_same_cut_does_lose_something(
    sqlite_template: Path, tmp_path: Path, synchronous: str
):
    with on_losing_disk(sqlite_template, tmp_path, synchronous) as (_, disk):
        cuts = acknowledged_completions(disk, tmp_path, random.Random(1829))

    lost = 0
    for number, acknowledged in enumerate(cuts):
        try:
            lost += len(acknowledged - left_after(tmp_path / f"cut-{number}"))
        except Exception:  # noqa: BLE001 not even the tables came through
            lost += len(acknowledged)
    assert lost > 0


def test_a_power_cut_within_an_act_leaves_all_of_it_or_nothing(sqlite_template: Path, tmp_path: Path):
    """Cut before every single statement and at the commit: unsynced pages are there, torn or missing."""
    chance, cuts = random.Random(96), []
    with on_losing_disk(sqlite_template, tmp_path) as (_, disk):
        looping_procedure()
        case_id, officer = a_case_of("loop"), person(OFFICER)
        before = {open_task(case_id, "work")}

        def cut(*_: object) -> None:
            place = tmp_path / f"cut-{len(cuts)}"
            place.mkdir()
            disk.forget_unsynced(place, chance)
            cuts.append(place)

        event.listen(db.engine, "before_cursor_execute", cut)
        event.listen(db.engine, "commit", cut)
        complete_task(task_id=next(iter(before)), answers={"action": "again"}, by=officer, now=NOON)
        event.remove(db.engine, "before_cursor_execute", cut)
        event.remove(db.engine, "commit", cut)

    assert len(cuts) > 6
    for place in cuts:
        assert left_after(place) in (set(), before)


def test_the_bytes_of_a_file_and_the_folders_that_name_it_are_synced_before_its_row(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    task_id, root = open_task(an_open_case(), "self_assess"), tmp_path / "files"
    synced: set[int] = set()
    at_commit: list[set[int]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        synced.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    event.listen(db.engine, "commit", lambda _connection: at_commit.append(set(synced)))
    add_evidence(
        task_id=task_id,
        criterion="2.6",
        name="bảng kê.pdf",
        stream=BytesIO(evidence_page()),
        root=root,
        largest=5_000_000,
        by=person(OFFICER),
        now=NOON,
    )

    [stored] = [path for path in root.rglob("*") if path.is_file() and len(path.name) == 64]
    assert stored == path_of(root, stored.name)
    for path in (stored, stored.parent, root):
        assert path.stat().st_ino in at_commit[-1], f"{path} was not synced before the commit"
