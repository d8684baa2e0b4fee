"""The counters behind the rate limits, against sums done by hand; 3 in 10 seconds throughout."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from limits import RateLimitItemPerSecond
from limits.strategies import SlidingWindowCounterRateLimiter

from service.http.rates import SWEEP_SECONDS, Counts

LIMIT = RateLimitItemPerSecond(3, 10)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts(clock: Clock) -> Counts:
    return Counts(clock=clock)


@pytest.fixture
def limiter(counts: Counts) -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(counts)


def test_so_many_in_a_window_and_no_more(limiter: SlidingWindowCounterRateLimiter) -> None:
    assert [limiter.hit(LIMIT, "an") for _ in range(4)] == [True, True, True, False]
    assert not limiter.test(LIMIT, "an")
    assert limiter.hit(LIMIT, "bình"), "each is counted alone"


def test_the_last_window_counts_by_what_of_it_is_in_reach(
    limiter: SlidingWindowCounterRateLimiter, clock: Clock
) -> None:
    for _ in range(3):
        limiter.hit(LIMIT, "an")
    clock.now += 10  # all of it: 3 × 10/10 = 3
    assert not limiter.hit(LIMIT, "an")
    clock.now += 3.5  # 3 × 6.5/10 = 1.95, which is 2; then 3
    assert limiter.test(LIMIT, "an")
    assert [limiter.hit(LIMIT, "an") for _ in range(2)] == [True, False]
    assert not limiter.test(LIMIT, "an")
    assert limiter.get_window_stats(LIMIT, "an").remaining == 0
    clock.now += 10  # the 1 of that window: 1 × 6.5/10, which is 1
    assert limiter.get_window_stats(LIMIT, "an").remaining == 2


def test_a_window_that_begins_in_between_lets_nobody_in_who_was_not_before(
    limiter: SlidingWindowCounterRateLimiter, clock: Clock
) -> None:
    clock.now += 9.9
    assert [limiter.hit(LIMIT, "an") for _ in range(2)] == [True, True]
    clock.now += 0.2  # 2 × 9.9/10 = 1.98, which is 2
    assert [limiter.hit(LIMIT, "an") for _ in range(2)] == [True, False]


def test_two_windows_later_nothing_is_left(limiter: SlidingWindowCounterRateLimiter, clock: Clock) -> None:
    for _ in range(3):
        limiter.hit(LIMIT, "an")
    clock.now += 20
    assert limiter.get_window_stats(LIMIT, "an").remaining == 3


def test_whoever_has_not_come_for_two_windows_is_forgotten(counts: Counts, clock: Clock) -> None:
    limiter = SlidingWindowCounterRateLimiter(counts)
    for number in range(100):
        limiter.hit(LIMIT, f"address:{number}")
    clock.now += SWEEP_SECONDS
    assert limiter.hit(LIMIT, "an")
    assert counts.kept == 1


def test_cleared_and_reset(counts: Counts) -> None:
    limiter = SlidingWindowCounterRateLimiter(counts)
    for _ in range(3):
        limiter.hit(LIMIT, "an")
    limiter.clear(LIMIT, "an")
    assert limiter.hit(LIMIT, "an")
    assert counts.reset() == 1
    assert counts.kept == 0
    assert counts.get(LIMIT.key_for("an")) == 0


def test_of_many_at_once_no_more_than_the_limit_come_through(counts: Counts) -> None:
    limiter = SlidingWindowCounterRateLimiter(counts)
    passed: list[bool] = []
    together = threading.Barrier(8)

    def come() -> None:
        together.wait()
        passed.extend(limiter.hit(LIMIT, "an") for _ in range(50))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 3


def test_counting_without_a_window_of_its_own(counts: Counts, clock: Clock) -> None:
    assert [counts.incr("k", 10), counts.incr("k", 10, 4)] == [1, 5]
    assert counts.get("k") == 5
    clock.now += 10
    assert counts.get("k") == 0
    assert counts.check()
