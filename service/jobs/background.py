"""What happens by itself: timers, messages, announcements, deliveries.

Without Redis threads beside the web server do it; with Redis the scheduler (`congnhan scheduler`) does,
and RQ workers take the deliveries off it. Any number of processes may run passes at once: claims, locks and
row states keep each thing done once. A pass with nothing to do costs a few statements, however many cases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from flask import Flask

from service import clock
from service.audit.sequencing import Settling, keep_log
from service.audit.witnessing import ask_witness
from service.config import Settings
from service.database import db
from service.jobs import stopwatch
from service.jobs.abandoned import release_abandoned
from service.jobs.announcing import announce_due
from service.jobs.heartbeat import Heart
from service.jobs.housekeeping import tidy
from service.jobs.messages import sweep_messages
from service.jobs.outbox import OUTSIDE, drain, inside
from service.jobs.stopwatch import Every, Watch
from service.jobs.timers import fire_due
from service.jobs.waking import Waker
from service.messages.waiting import Place

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 1.0
# A long queue gives way to the rest of the pass after so long.
PATIENCE_SECONDS = 1.0
HOUSEKEEPING = timedelta(hours=1)
# What happened longer ago is in the witnessed log, unless it is being caught up on.
LOG_INTERVAL = timedelta(seconds=5)

Part = Callable[[Settings, datetime], int]


class Standing:
    """What one process remembers from pass to pass; losing it costs time only."""

    def __init__(self, role: str = "scheduler", stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self.heart = Heart(role)
        self.claims: Watch[tuple[int, int]] = Watch()
        self.waker = Waker()
        self.place = Place()
        self.housekeeping = Every(HOUSEKEEPING)
        self.log_interval = Every(LOG_INTERVAL)
        self.witness_interval = Every(LOG_INTERVAL)
        self.settling = Settling()
        # Of what is due, the rows that are delivered here; None: all of them.
        self._here: Sequence[int] | None = ()

    def for_a_while(self) -> Callable[[], bool]:
        """True until the process is to stop or others should have a turn."""
        end = stopwatch.seconds() + PATIENCE_SECONDS
        return lambda: not self.stop.is_set() and stopwatch.seconds() < end

    def live(self, _settings: Settings, now: datetime) -> int:
        self.heart.beat_if_due(now)
        return 0

    def keep_time(self, _settings: Settings, now: datetime) -> int:
        """What is due by the clock: timers, messages, announcements; how much was done."""
        self.heart.beat_if_due(now)
        done = fire_due(now, keep_on=self.for_a_while())
        sweep_messages(now, self.place)  # what it delivers, goes through the outbox
        done += announce_due(now)
        return done

    def tidy(self, configured: Settings, now: datetime) -> int:
        """Once an hour what nobody waits for; a large file store makes no timer late (see `run_passes`)."""
        if self.housekeeping.is_due():
            tidy(configured, now)
        return 0

    def keep_log(self, configured: Settings, now: datetime) -> int:
        """Every few seconds what was committed goes into the witnessed log, and that is signed."""
        if not self.log_interval.is_due():
            return 0
        keep_log(configured, now, self.settling, keep_on=lambda: not self.stop.is_set())
        return 0

    def ask_witness(self, configured: Settings, _now: datetime) -> int:
        """A witness that is away, slow or refuses holds up nothing but its own signatures."""
        if configured.witness_url and self.witness_interval.is_due():
            ask_witness(configured)
        return 0

    def look(self, configured: Settings, now: datetime) -> int:
        """Set abandoned claims free, wake workers, and see what is to be delivered here."""
        release_abandoned(self.claims, now, timedelta(seconds=configured.abandoned_seconds))
        self._here = self.waker.wake(configured, now) if configured.redis_url else None
        return 0

    def dispatch(self, configured: Settings, now: datetime) -> int:
        """Deliver the outbox, or have it delivered; how much was done here."""
        self.look(configured, now)
        return self._deliver(now, None)

    def dispatch_inside(self, configured: Settings, now: datetime) -> int:
        """As `dispatch`, but what goes outside is left to the loops of `dispatch_outside`."""
        self.look(configured, now)
        return self._deliver(now, inside())

    def dispatch_outside(self, kind: str, _configured: Settings, now: datetime) -> int:
        """Deliver what goes outside and was seen to be delivered here."""
        return self._deliver(now, (kind,))

    def _deliver(self, now: datetime, kinds: Collection[str] | None) -> int:
        here = self._here
        if here is not None and not here:
            return 0
        return drain(now, of=here, kinds=kinds, keep_on=self.for_a_while())


def one_pass(configured: Settings, standing: Standing | None = None) -> int:
    """Everything that is due now, once; how much was done. `standing` is the process's, from pass to pass."""
    standing = standing or Standing()
    now = clock.now()
    done = standing.keep_time(configured, now) + standing.dispatch(configured, now)
    return done + standing.tidy(configured, now)


def run_background_jobs(app: Flask, stop: threading.Event | None = None) -> None:
    """What a web process does beside its requests, until `stop`: all of it, or with Redis only to live."""
    configured: Settings = app.config["SETTINGS"]
    standing = Standing("web", stop)
    if configured.redis_url:
        repeat(app, standing, standing.live)
    else:
        run_passes(app, standing)
    _leave(app, standing)


def run_scheduler(app: Flask, stop: threading.Event) -> None:
    """`congnhan scheduler`: passes until `stop`; what has been begun is finished first."""
    standing = Standing("scheduler", stop)
    run_passes(app, standing)
    _leave(app, standing)


def run_passes(app: Flask, standing: Standing) -> None:
    """A loop for time, one for what stays inside, one for each way out, one for tidying up, two for the log.

    What hangs holds up its own kind and nothing else.
    """
    parts: dict[str, Part] = {
        "deliveries": standing.dispatch_inside,
        "housekeeping": standing.tidy,
        "log": standing.keep_log,
        "witness": standing.ask_witness,
    }
    parts |= {f"deliveries-{kind}": partial(standing.dispatch_outside, kind) for kind in sorted(OUTSIDE)}
    threads = [
        threading.Thread(target=repeat, args=(app, standing, part), name=name, daemon=True)
        for name, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    repeat(app, standing, standing.keep_time)
    for thread in threads:
        thread.join()


def repeat(app: Flask, standing: Standing, part: Part) -> None:
    """One part of the pass again and again; one that fails is logged, the next tries."""
    configured: Settings = app.config["SETTINGS"]
    failing = ""
    while not standing.stop.is_set():
        done = 0
        try:
            with app.app_context():
                try:
                    done = part(configured, clock.now())
                finally:
                    db.session.remove()
            failing = ""
        except Exception as error:
            # A database that is away for an hour is worth one line, not four thousand.
            if (said := repr(error)[:200]) != failing:
                log.error("background pass failed", error=said)
            failing = said
        if not done:
            standing.stop.wait(PAUSE_SECONDS)


def _leave(app: Flask, standing: Standing) -> None:
    with app.app_context():
        standing.heart.stop()
        db.session.remove()
