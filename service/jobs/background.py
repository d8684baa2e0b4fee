"""The jobs of an installation without Redis: a thread beside the web server that looks every second.

Many processes may run this at once; claims and row states keep each thing done once.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Flask
from redis.exceptions import RedisError

from service import clock
from service.config import Settings
from service.database import db
from service.http.idempotency import forget_old_answers
from service.jobs.outbox import drain
from service.jobs.timers import fire_due
from service.jobs.worker import enqueue_waiting

log = structlog.get_logger(__name__)
PAUSE_SECONDS = 1.0
HOUSEKEEPING_EVERY = 3600  # passes: about an hour


def run_background_jobs(app: Flask, stop: threading.Event | None = None) -> None:
    """Deliver the outbox and fire timers until `stop` is set; a failing pass is logged, the next tries."""
    stop = stop or threading.Event()
    configured: Settings = app.config["SETTINGS"]
    for passes in itertools.count():
        if stop.is_set():
            return
        try:
            with app.app_context():
                one_pass(configured)
                if passes % HOUSEKEEPING_EVERY == 0:
                    forget_old_answers(clock.now())
                db.session.remove()
        except Exception as error:
            log.error("background pass failed", error=repr(error))
        stop.wait(PAUSE_SECONDS)


# What a pass does after the timers, in this order: (module, function of `now` that returns how many).
HOOKS = (
    ("service.jobs.messages", "sweep_messages"),
    ("service.jobs.announcing", "announce_due"),
)


def _hooks() -> list[Callable[[datetime], int]]:
    return [
        getattr(importlib.import_module(module), name)
        for module, name in HOOKS
        if importlib.util.find_spec(module) is not None
    ]


def one_pass(configured: Settings) -> None:
    now = clock.now()
    fire_due(now)
    for hook in _hooks():
        hook(now)
    if configured.redis_url:
        try:
            enqueue_waiting(configured)
            return
        except (OSError, RedisError) as error:
            # Redis may wake work, it never owns it: without it the work is done here.
            log.warning("redis unreachable, delivering here", error=repr(error))
    drain(now)
