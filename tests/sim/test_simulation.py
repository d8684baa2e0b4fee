"""Users, timers, relays, clock jumps and crashes interleaved at every statement, held against a model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.scenery import BEGUN, LETTERS, scenery
from tests.sim.shrink import numbers, ranges, told
from tests.sim.simulation import simulate
from tests.sim.stored import Stored

ROOT = Path(__file__).parents[2]
# With the same seeds the service broken on purpose must be found out (test_that_it_can_fail).
TICKS, SEEDS = 700, range(5)
SEED, REPEATED, WITHOUT = (os.environ.get(f"SIM_{name}", "") for name in ("SEED", "TICKS", "WITHOUT"))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_in_whatever_order_what_must_be_true_is_true(seed: int):
    report = simulate(seed, TICKS)

    assert not report.violation, told(report)
    # A run in which nothing happens proves nothing.
    assert report.counts["acknowledged"] > 20, report.figures
    assert report.counts["killed"] > 2, report.figures
    assert report.counts["messages"] > 0, report.figures
    assert report.counts["boundaries"] > 500, report.figures


@pytest.mark.skipif(not SEED, reason="SIM_SEED names the run to be repeated")
def test_the_run_is_repeated():
    report = simulate(int(SEED), int(REPEATED or TICKS), numbers(WITHOUT))

    sys.stdout.write("\n".join([*report.acts, report.figures, ""]))
    assert not report.violation, report.violation


@pytest.mark.soak
def test_the_same_seed_is_the_same_run_in_another_process_too():
    once = simulate(7, 250)
    again = simulate(7, 250)
    script = "from tests.sim.simulation import simulate; print(simulate(7, 250).trace)"
    elsewhere = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert again.trace == once.trace
    assert elsewhere.stdout.strip() == once.trace
    assert simulate(8, 250).trace != once.trace


def test_the_scenery_has_the_cases_where_the_model_begins():
    stored = Stored(scenery() / "congnhan.db")

    assert len(stored.rows("SELECT id FROM case_file")) == len(BEGUN) + len(LETTERS)
    stored.close()


@pytest.mark.parametrize("written", ["", "3", "0-3,7", "0-3,7,9-12"])
def test_sets_of_ticks_are_written_as_they_are_read(written: str):
    assert ranges(numbers(written)) == written
