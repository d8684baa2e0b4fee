"""What a pass tidies up once an hour: bytes that no dossier names, due dates that a crash left undone."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from structlog.testing import capture_logs

from service.calendars.operations import set_day
from service.calendars.pending import pending_scopes
from service.clock import set_demo_clock
from service.jobs import housekeeping
from service.jobs.background import HOUSEKEEPING, Standing, one_pass
from service.jobs.housekeeping import RESUMED
from tests.integration.service.conftest import Stopwatch
from tests.integration.service.test_recomputing import (
    AFTER,
    STORM,
    WEDNESDAY,
    appraising,
    recomputed,
    task_of,
)


def a_file_in_vain(folder: Path, name: str = "ab" * 32) -> Path:
    """Bytes whose transaction failed two days ago."""
    path = folder / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"nobody names me")
    two_days_ago = time.time() - timedelta(days=2).total_seconds()
    os.utime(path, (two_days_ago, two_days_ago))
    return path


def test_a_pass_removes_bytes_in_vain_at_once_and_then_every_hour(core: Flask, time_passing: Stopwatch):
    settings, standing = core.config["SETTINGS"], Standing()
    first = a_file_in_vain(settings.files_dir)

    one_pass(settings, standing)
    assert not first.exists()

    second = a_file_in_vain(settings.files_dir, "cd" * 32)
    one_pass(settings, standing)
    assert second.exists()
    time_passing.pass_by(HOUSEKEEPING)
    one_pass(settings, standing)
    assert not second.exists()


def test_due_dates_that_a_crash_left_are_computed_by_a_pass(either_core: Flask):
    case_id = appraising()
    set_day(decision=STORM, now=WEDNESDAY)  # and the process that would compute anew is gone
    assert pending_scopes()
    set_demo_clock(WEDNESDAY)

    one_pass(either_core.config["SETTINGS"])

    assert (task_of(case_id).due_on, pending_scopes()) == (AFTER, frozenset())
    assert [event.data["reason"] for event in recomputed(case_id)] == [RESUMED]


def test_one_part_that_fails_is_logged_and_the_others_are_done(core: Flask):
    path = a_file_in_vain(core.config["SETTINGS"].files_dir)

    with (
        patch.object(housekeeping, "recompute", side_effect=LookupError("no such year")),
        capture_logs() as said,
    ):
        set_day(decision=STORM, now=WEDNESDAY)
        one_pass(core.config["SETTINGS"])

    assert not path.exists()
    assert [line["error"] for line in said if line["event"] == "housekeeping failed"] == [
        "LookupError('no such year')"
    ]
    assert pending_scopes()
