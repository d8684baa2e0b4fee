"""What a measurement hands to the table, and the few statistics that all measurements share."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. `at_most` or `at_least` is the promise; neither where it is only information."""

    name: str
    measured: float
    unit: str = "ms"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reached(self) -> bool:
        return (self.at_most is None or self.measured <= self.at_most) and (
            self.at_least is None or self.measured >= self.at_least
        )

    def cells(self) -> tuple[str, str, str, str]:
        bounds = [("≤", self.at_most), ("≥", self.at_least)]
        promised = [f"{sign} {written(bound)}" for sign, bound in bounds if bound is not None]
        target = f"{', '.join(promised)} {self.unit}".strip() if promised else ""
        verdict = "" if not promised else "reached" if self.reached else "MISSED"
        return self.name, target, f"{written(self.measured)} {self.unit}".strip(), verdict


def written(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:.3g}"


def seconds_of(run: Callable[[], object]) -> float:
    """Without the collector, as in `timeit`: nobody pays for another's garbage."""
    gc.disable()
    try:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started
    finally:
        gc.enable()


def milliseconds(samples: Sequence[float]) -> float:
    """The median of samples in seconds, as milliseconds."""
    return statistics.median(samples) * 1000


def paired_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios of neighbours: what disturbed one pair disturbs no other."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def spread(samples: Sequence[float]) -> float:
    """Between the 10th and the 90th percentile of a fixed piece of work, in percent of its median."""
    deciles = statistics.quantiles(samples, n=10)
    return (deciles[-1] - deciles[0]) / statistics.median(samples) * 100
