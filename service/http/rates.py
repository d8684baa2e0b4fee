"""How often somebody came lately, counted in memory for the rate limits of `limits`.

The library's own memory storage keeps an entry per request, and under load starts a thread a hundred times a
second that copies them all. Here a key has two counters, and nothing runs beside the requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport

SCHEME = "counts"
COUNTED_IN = f"{SCHEME}://"
SWEEP_SECONDS = 60.0


@dataclass(slots=True)
class _Count:
    """Of one key: counted in window `window` and in the one before; a window has `expiry` seconds."""

    expiry: int
    window: int
    previous: int
    current: int


class Counts(Storage, SlidingWindowCounterSupport):
    """For the strategy `sliding-window-counter`: the last window counts by what of it is still in reach.

    That part is rounded up: never more than the limit comes through, wherever the windows begin.
    `clock` answers seconds and never goes back, whatever becomes of the time of day.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as limits has it

    def __init__(
        self, uri: str | None = None, *, clock: Callable[[], float] = time.monotonic, **options: Any
    ) -> None:
        super().__init__(uri, **options)
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}
        self._swept = clock()

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    @property
    def kept(self) -> int:
        """Keys that are counted for."""
        return len(self._counts)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` and answer true, unless that would be more than `limit` in `expiry` seconds."""
        with self._lock:
            now = self._clock()
            self._sweep(now)
            count = self._at(key, expiry, now)
            if _in_reach(count, now) + count.current + amount > limit:
                return False
            count.current += amount
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """How many of the last window count, out of `expiry` seconds of it; the same of this window."""
        with self._lock:
            now = self._clock()
            count = self._at(key, expiry, now)
            return _in_reach(count, now), float(expiry), count.current, _left(count, now) + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002 - as limits has it
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._lock:
            count = self._at(key, expiry, self._clock())
            count.current += amount
            return count.current

    def get(self, key: str) -> int:
        with self._lock:
            count = self._counts.get(key)
            return 0 if count is None else self._at(key, count.expiry, self._clock()).current

    def get_expiry(self, key: str) -> float:
        """The time of day, in seconds, at which the key's window ends."""
        with self._lock:
            count = self._counts.get(key)
            now = self._clock()
            left = 0.0 if count is None else _left(self._at(key, count.expiry, now), now)
        return time.time() + left

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            kept = len(self._counts)
            self._counts.clear()
            return kept

    def clear(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)

    def _at(self, key: str, expiry: int, now: float) -> _Count:
        window = int(now // expiry)
        count = self._counts.setdefault(key, _Count(expiry, window, 0, 0))
        if count.window != window:
            count.previous = count.current if count.window == window - 1 else 0
            count.window, count.current = window, 0
        return count

    def _sweep(self, now: float) -> None:
        if now - self._swept < SWEEP_SECONDS:
            return
        self._swept = now
        for key, count in list(self._counts.items()):
            if now // count.expiry > count.window + 1:
                del self._counts[key]


def _left(count: _Count, now: float) -> float:
    return count.expiry - now % count.expiry


def _in_reach(count: _Count, now: float) -> int:
    return ceil(count.previous * _left(count, now) / count.expiry)
