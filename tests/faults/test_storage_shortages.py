"""Disk full and read-only while a case or a file is written: told as a shortage, and nothing half-done."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import signal
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event

from service.app import create_app
from service.audit.operations import SYSTEM, record_administration
from service.clock import set_demo_clock
from service.database import db, transaction
from service.demo.loader import evidence_page
from service.dossiers import storage
from service.dossiers.operations import add_evidence
from service.errors import StorageFull
from service.http.extensions import limiter
from service.tasks.operations import save_draft
from tests.builders import NOON, an_open_case, open_task, person, story_answers
from tests.faults.population import officers, own_case, tasks_of
from tests.faults.races import ask_in_process
from tests.integration.conftest import settings_for, within
from tests.integration.service.scenes import everything_stored, looping_procedure, nothing_is_wrong

AGAIN = {"answers": {"action": "again"}}
OFFICER = "xa-thidu-chuyenvien"


def in_a_process_where(prepare: Callable[[], None], work: Callable[[], object]) -> object:
    """The name of the exception that `work` raises (or what it answers) in a child after `prepare`."""
    db.session.remove()
    db.engine.dispose()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest's threads stay with the parent
        child = os.fork()
    if child == 0:
        try:
            prepare()
            answer: object = work()
        except BaseException as error:  # noqa: BLE001 the parent looks at it
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, pickle.dumps(answer))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    return answer


def no_file_grows_beyond(size: int) -> Callable[[], None]:
    """Every write past `size` bytes fails, for root too; a signal would otherwise end the process."""

    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepare


def files_under(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file()) if root.exists() else []


def test_a_full_disk_while_a_case_is_written_changes_nothing_and_passes(core: Flask, tmp_path: Path):
    task_id, by = open_task(an_open_case(), "self_assess"), person(OFFICER)
    before = everything_stored()

    def save() -> object:
        return save_draft(task_id=task_id, answers=story_answers("self_assess"), seen_rev=0, by=by, now=NOON)

    # What is written next lies beyond the end of the log of changes.
    told = in_a_process_where(no_file_grows_beyond(1024), save)

    assert str(told).startswith("StorageFull"), told
    assert everything_stored() == before
    assert save() == 1  # there is room again
    assert nothing_is_wrong()


def test_a_database_that_may_not_grow_says_so(core: Flask):
    an_open_case()
    event.listen(db.engine, "connect", lambda one, _record: one.execute("PRAGMA max_page_count = 1"))
    db.session.remove()
    db.engine.dispose()

    with pytest.raises(StorageFull):
        fill_up()

    db.session.rollback()
    assert nothing_is_wrong()


def fill_up() -> None:
    """Write until the free pages are used up, and no longer than that takes."""
    for _ in range(50):
        with transaction() as session:
            connection = session.connection()
            record_administration(connection, "noted", {"text": "x" * 50_000}, by=SYSTEM, at=NOON)


def test_a_read_only_database_says_so_and_goes_on_when_it_is_writable_again(
    filled_postgres_url: str, tmp_path: Path
):
    for app in within(create_app(settings_for(filled_postgres_url, tmp_path))):
        limiter.reset()
        set_demo_clock(NOON)
        looping_procedure()
        [one] = officers(1)
        [task] = tasks_of(own_case("loop", one))
        before = everything_stored()
        name = urlsplit(filled_postgres_url).path.lstrip("/")
        read_only(filled_postgres_url, name, "on")

        refused = ask_in_process(app)(one.token, f"/tasks/{task}/complete", AGAIN, "")

        read_only(filled_postgres_url, name, "off")
        assert (refused[0], refused[2]["code"]) == (503, "storage-full")
        assert int(refused[1]["Retry-After"]) > 0
        assert everything_stored() == before
        db.session.remove()
        assert ask_in_process(app)(one.token, f"/tasks/{task}/complete", AGAIN, "")[0] == 200
        assert nothing_is_wrong()
        limiter.reset()


def read_only(url: str, name: str, value: str) -> None:
    """What an administrator does before a disk runs over; the connections that are open notice at once."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
    db.session.remove()
    db.engine.dispose()


def test_a_full_disk_while_a_file_is_written_leaves_nothing_of_it(core: Flask, tmp_path: Path):
    task_id, by, root = open_task(an_open_case(), "self_assess"), person(OFFICER), tmp_path / "files"
    before = everything_stored()

    def upload() -> object:
        return add_evidence(
            task_id=task_id,
            criterion="2.6",
            name="bảng kê.pdf",
            stream=BytesIO(evidence_page()),
            root=root,
            largest=5_000_000,
            by=by,
            now=NOON,
        )

    told = in_a_process_where(no_file_grows_beyond(256), upload)

    assert str(told).startswith("StorageFull"), told
    assert files_under(root) == []
    assert everything_stored() == before
    upload()
    assert len([name for name in files_under(root) if len(name) == 64]) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_what_the_disk_says_when_bytes_are_synced_is_told_as_a_shortage(
    core: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    def refuse(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(StorageFull):
        storage.store(tmp_path / "files", BytesIO(evidence_page()), 5_000_000)

    assert files_under(tmp_path / "files") == []


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the present user may make nothing; for root that takes another user in the child."""
    root = tmp_path / "shut"
    root.mkdir()
    root.chmod(0o555)
    yield root
    root.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_told_as_a_shortage(core: Flask, unwritable: Path):
    def become_nobody() -> None:
        os.chdir(unwritable)  # its parents belong to somebody else
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    def store() -> object:
        return storage.store(Path(), BytesIO(evidence_page()), 5_000_000)

    told = in_a_process_where(become_nobody, store)

    assert str(told).startswith("StorageFull"), told
    assert files_under(unwritable) == []
