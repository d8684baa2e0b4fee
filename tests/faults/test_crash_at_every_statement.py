"""Every command that commits, killed before every one of its statements and at its commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from service.database import db
from service.errors import DomainError
from service.jobs.background import Standing
from tests.builders import NOON
from tests.faults.commands import ATOMIC, ELSEWHERE, HARMLESS, STAGED, WITHIN
from tests.faults.crashes import Snapshot, dies_at, is_killed_at, whether_anything_was_committed
from tests.faults.writers import ROOT, public_writers
from tests.integration.service.scenes import everything_stored, nothing_is_wrong

MOST_BOUNDARIES = 400
# In which the process really is killed, by a signal, at every boundary.
KILLED = ("tasks.operations.complete_task", "cases.operations.open_case")
# These answer with what they have stored, and so read once more after their commit.
READ_BACK = ("notifications.operations.mark_read",)
ON_POSTGRESQL = ("cases.operations.open_case", "rounds.decision.decide_round")


def test_every_public_function_that_commits_is_in_the_list():
    listed = {
        f"service.{name}" for name in (*ATOMIC, *STAGED, *WITHIN, *HARMLESS, *ELSEWHERE) if " " not in name
    }

    assert public_writers() == listed
    assert set(WITHIN.values()) <= {*ATOMIC, *STAGED}
    for name, tests in ELSEWHERE.items():
        assert name.rpartition(".")[2] in (ROOT / tests).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(ATOMIC))
def test_all_of_it_or_nothing(core: Flask, name: str):
    act = ATOMIC[name]()
    boundaries = 0

    with whether_anything_was_committed() as changed:
        while dies_at(boundaries, act):
            if changed():
                assert name in READ_BACK, f"before boundary {boundaries} something had been committed"
                break
            boundaries += 1
            assert boundaries < MOST_BOUNDARIES
        else:
            # The last time it was let through: the repetition after the crashes succeeds.
            assert changed()
        with suppress(DomainError):
            act()  # and once more does no harm, refused or not

    assert boundaries >= 2
    assert nothing_is_wrong()


# In `./dev soak long-tests`. Messages and jobs are killed anywhere by tests of their own, in seconds.
LONG = {
    "a signal on its way",
    "a message on its way",
    "a job of a service task",
    "a comment of which people are told",
    "rows of which a colleague is told",
    "a substitution of which both are told",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.soak] * (name in LONG)) for name in sorted(STAGED)]
)
def test_what_a_crash_leaves_undone_the_next_one_does(core: Flask, name: str):
    act = STAGED[name]()
    snapshot = Snapshot()
    act()
    catch_up()
    whole = outline()
    boundary = 0

    while True:
        snapshot.put_back()
        if not dies_at(boundary, act):
            break
        assert nothing_is_wrong(), f"after a crash at boundary {boundary}"
        act()
        catch_up()
        assert outline() == whole, f"after a crash at boundary {boundary}"
        boundary += 1
        assert boundary < MOST_BOUNDARIES

    snapshot.close()
    assert boundary >= 4
    assert nothing_is_wrong()


@pytest.mark.parametrize("name", KILLED)
def test_a_real_kill_too_leaves_all_of_it_or_nothing(core: Flask, name: str):
    act = ATOMIC[name]()
    boundaries = 0

    with whether_anything_was_committed() as changed:
        while is_killed_at(boundaries, act):
            assert not changed(), f"before boundary {boundaries} something had been committed"
            boundaries += 1
        assert changed()

    assert boundaries >= 4
    assert nothing_is_wrong()


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_on_postgresql_too(postgres_core: Flask, name: str):
    act = ATOMIC[name]()
    before, boundaries = everything_stored(), 0

    while dies_at(boundaries, act):
        assert everything_stored() == before, f"boundary {boundaries} left something behind"
        boundaries += 1

    assert boundaries >= 4
    assert everything_stored() != before
    assert nothing_is_wrong()


def catch_up() -> None:
    """What a scheduler does in the next minutes, when nobody crashes: also with claims of the dead."""
    standing, later = Standing(), NOON + timedelta(minutes=10)
    with stopwatch() as clock:
        for _ in range(4):
            clock[0] += 1000
            standing.dispatch(current_app.config["SETTINGS"], later)
    db.session.remove()


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    seconds = [0.0]
    with patch("service.jobs.stopwatch.seconds", lambda: seconds[0]):
        yield seconds


OUTLINE = (
    "SELECT code, status, outcome, rev, active, awaited FROM case_file",
    "SELECT c.code, t.element, t.state, t.stage, t.due_on FROM task t JOIN case_file c ON c.id = t.case_id",
    "SELECT c.code, t.element, t.state FROM timer t JOIN case_file c ON c.id = t.case_id",
    "SELECT kind, state FROM outbox",
    "SELECT user_id, kind, title FROM notification",
    "SELECT name, kind, state FROM message",
    "SELECT stream, type, count(*) FROM event GROUP BY stream, type",
    "SELECT name, value FROM setting",
)


def outline() -> list[list[tuple[Any, ...]]]:
    """What the database says, without ids and attempts."""
    db.session.rollback()
    found = [sorted((tuple(row) for row in db.session.execute(text(query))), key=repr) for query in OUTLINE]
    db.session.remove()
    return found
