"""The jobs of an installation without Redis: a thread beside the web server that looks every second.

Many processes may run this at once; claims and row states keep each thing done once.
"""

from __future__ import annotations

import threading

import structlog
from flask import Flask
from redis.exceptions import RedisError

from service import clock
from service.config import Settings
from service.database import db
from service.jobs.outbox import drain
from service.jobs.timers import fire_due
from service.jobs.worker import enqueue_waiting

log = structlog.get_logger(__name__)
PAUSE_SECONDS = 1.0


def run_background_jobs(app: Flask, stop: threading.Event | None = None) -> None:
    """Deliver the outbox and fire timers until `stop` is set; a failing pass is logged, the next tries."""
    stop = stop or threading.Event()
    configured: Settings = app.config["SETTINGS"]
    while not stop.is_set():
        try:
            with app.app_context():
                one_pass(configured)
                db.session.remove()
        except Exception as error:
            log.error("background pass failed", error=repr(error))
        stop.wait(PAUSE_SECONDS)


def one_pass(configured: Settings) -> None:
    now = clock.now()
    fire_due(now)
    if configured.redis_url:
        try:
            enqueue_waiting(configured)
            return
        except (OSError, RedisError) as error:
            # Redis may wake work, it never owns it: without it the work is done here.
            log.warning("redis unreachable, delivering here", error=repr(error))
    drain(now)
