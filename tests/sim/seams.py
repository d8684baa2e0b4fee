"""Everything by which two runs of the same code could differ, taken from the seed instead."""

from __future__ import annotations

import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from unittest.mock import patch

import structlog

from service import clock
from service.jobs import stopwatch


@contextmanager
def seams(
    seed: str, now: Callable[[], datetime], elapsed: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[None]:
    """Ids, salts, jitter, clock, stopwatch and sleep come from the simulation while this is open."""
    chance = random.Random(f"seams {seed}")

    def hexadecimal(size: int | None = None) -> str:
        return chance.randbytes(size or 32).hex()

    replaced = (
        (uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4)),
        (os, "urandom", chance.randbytes),
        (secrets, "token_hex", hexadecimal),
        (secrets, "token_urlsafe", hexadecimal),
        (random, "uniform", chance.uniform),
        (time, "sleep", sleep),
        (clock, "now", now),
        (stopwatch, "seconds", elapsed),
    )
    with ExitStack() as stack:
        for owner, name, replacement in replaced:
            stack.enter_context(patch.object(owner, name, replacement))
        stack.enter_context(structlog.testing.capture_logs())
        yield
