"""How long something takes this thread, whatever else the machine and the process are busy with."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within_seconds(most: float) -> Iterator[None]:
    """Fails when what happens inside takes more processor time; earlier tests' garbage is not collected."""
    gc.disable()
    started = time.thread_time()
    try:
        yield
    finally:
        taken = time.thread_time() - started
        gc.enable()
    assert taken < most, f"{taken:.2f} s, at most {most} s were allowed"
