"""Waking RQ workers: Redis carries the numbers of rows that are due. It may wake work, it never owns it.

What nobody serves for a while, because Redis is gone, empties itself, holds workers back or has none, is
delivered by the scheduler itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from service.config import Settings
from service.database import db
from service.errors import BadConfiguration
from service.jobs import stopwatch
from service.jobs.outbox import OUTSIDE, deliverable, inside
from service.jobs.stopwatch import Watch
from service.jobs.trusted_job import ALLOWED, TrustedJob
from service.models import OutboxRow

log = structlog.get_logger(__name__)

QUEUE = "congnhan"
PATIENCE_SECONDS = 1.0
MOST = 1000
# A row that is due and that no worker has taken for so long is delivered here.
SERVED_WITHIN = timedelta(seconds=10)
REDIS_RESTS = timedelta(seconds=10)
JOB_SECONDS = 60
_WOKEN_SECONDS = 600


def queue(settings: Settings, *, patience_seconds: float | None = None) -> Queue:
    """Our queue; `patience_seconds` bounds each call (a worker waits as long as RQ has it wait)."""
    if settings.redis_url is None:
        raise BadConfiguration("Chưa đặt REDIS_URL.")
    connection = Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=patience_seconds,
        retry=Retry(NoBackoff(), 0),
    )
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=TrustedJob)


def enqueue_waiting(settings: Settings, now: datetime) -> list[int]:
    """Wake workers for every row that may be delivered now, once for each attempt; the rows woken.

    A lost job costs only time, since the row stays. Raises RedisError or OSError.
    """
    return _wake(settings, _deliverable(now))


@dataclass(frozen=True)
class Due:
    """A row that may be delivered now; `outside`: its delivery waits for a server of others."""

    id: int
    attempts: int
    outside: bool


def _deliverable(now: datetime) -> list[Due]:
    """What stays inside first, however much stands before it that goes outside."""
    found: list[Due] = []
    for kinds in (inside(), OUTSIDE):
        query = deliverable(now, OutboxRow.id, OutboxRow.attempts, kinds=kinds).limit(MOST)
        found += [Due(row.id, row.attempts, kinds is OUTSIDE) for row in db.session.execute(query)]
    return found


def _wake(settings: Settings, rows: list[Due]) -> list[int]:
    if not rows:
        return []
    jobs = queue(settings, patience_seconds=PATIENCE_SECONDS)
    try:
        # Several schedulers see the same rows, each at every pass; one job for each attempt is enough.
        with jobs.connection.pipeline(transaction=False) as pipe:
            for row in rows:
                pipe.set(f"congnhan:woken:{row.id}:{row.attempts}", 1, nx=True, ex=_WOKEN_SECONDS)
            first = pipe.execute()
        woken = [row for row, is_first in zip(rows, first, strict=True) if is_first]
        if woken:
            jobs.enqueue_many(
                [
                    Queue.prepare_data(
                        ALLOWED,
                        (row.id,),
                        job_id=f"outbox-{row.id}",
                        # Mails for a dead server fill the queue; what stays inside passes them.
                        at_front=not row.outside,
                        timeout=JOB_SECONDS,
                        ttl=_WOKEN_SECONDS,
                        result_ttl=0,
                    )
                    # One by one to the front, so the first comes last.
                    for row in sorted(
                        woken, key=lambda row: (row.outside, row.id if row.outside else -row.id)
                    )
                ]
            )
        return [row.id for row in woken]
    finally:
        jobs.connection.close()


class Waker:
    """Of one scheduler: wakes workers, and tells which rows nobody serves."""

    def __init__(self) -> None:
        self._unserved: Watch[Due] = Watch()
        self._redis_rests_until: float | None = None

    def wake(self, settings: Settings, now: datetime) -> list[int]:
        """Rows that are to be delivered here: all that are due while Redis is away, else those left lying."""
        rows = _deliverable(now)
        left_lying = [row.id for row in self._unserved.unchanged_for(SERVED_WITHIN, rows)]
        if self._is_resting():
            return [row.id for row in rows]
        try:
            _wake(settings, rows)
        except (OSError, RedisError) as error:
            if self._redis_rests_until is None:
                log.warning("redis does not serve, delivering here", error=type(error).__name__)
            self._redis_rests_until = stopwatch.seconds() + REDIS_RESTS.total_seconds()
            return [row.id for row in rows]
        if self._redis_rests_until is not None and rows:
            self._redis_rests_until = None
            log.warning("redis serves again")
        return left_lying

    def _is_resting(self) -> bool:
        """Asking a Redis that does not answer takes time that timers and deliveries need."""
        return self._redis_rests_until is not None and stopwatch.seconds() < self._redis_rests_until
