"""How long something takes, by a clock that nobody can set: what time it is, is asked of service.clock."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from datetime import timedelta
from typing import Generic, TypeVar

Seen = TypeVar("Seen", bound=Hashable)


def seconds() -> float:
    """Seconds since some moment in the past; only differences mean something, and only in this process."""
    return time.monotonic()


class Watch(Generic[Seen]):
    """Since when this process has seen the same things unchanged; a restart begins anew."""

    def __init__(self) -> None:
        self._since: dict[Seen, float] = {}

    def unchanged_for(self, patience: timedelta, seen: Iterable[Seen]) -> list[Seen]:
        """Those of `seen` that were there at every look for longer than `patience`; others are forgotten."""
        now = seconds()
        self._since = {one: min(self._since.get(one, now), now) for one in seen}
        return [one for one, since in self._since.items() if now - since > patience.total_seconds()]


class Every:
    """Due at once and then after each `interval`."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval.total_seconds()
        self._last: float | None = None

    def is_due(self) -> bool:
        """Whether it is time again; saying yes begins the next interval."""
        now = seconds()
        if self._last is not None and 0 <= now - self._last < self._interval:
            return False
        self._last = now
        return True
