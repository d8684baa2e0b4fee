"""The simulation, seed after seed, until the time is over or a seed fails."""

from __future__ import annotations

import time
from collections import Counter

from tests.sim.shrink import told
from tests.sim.simulation import Report, simulate

TICKS = 3000
REPORT_EVERY_SECONDS = 300.0
SHRINK_SECONDS = 600.0


def main(hours: float, first_seed: int) -> int:
    end, reported = time.monotonic() + hours * 3600, time.monotonic()
    whole, seed = Counter[str](), first_seed
    while time.monotonic() < end or seed == first_seed:
        report = simulate(seed, TICKS)
        whole += report.counts
        seed += 1
        if report.violation:
            print(told(report, SHRINK_SECONDS), flush=True)
            return 1
        if time.monotonic() - reported > REPORT_EVERY_SECONDS:
            reported = time.monotonic()
            print(f"seeds {first_seed} to {seed - 1}: {_figures(whole)}", flush=True)
    print(f"seeds {first_seed} to {seed - 1}, {TICKS} ticks each: {_figures(whole)}; no violation")
    return 0


def _figures(whole: Counter[str]) -> str:
    return Report(0, 0, counts=whole).figures
