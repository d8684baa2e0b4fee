"""RQ workers: jobs carry an outbox id only, as JSON, and run one function. Redis is believed in nothing else.

Of RQ we use the queue, waiting on it, and the list of workers. Not its execution of jobs: callbacks,
webhooks, retries, repetitions, dependents and results are all read from Redis; nor its scheduler, its
commands over publish/subscribe, its registries and its suspension.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from flask import Flask, current_app
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty
from rq.worker import WorkerStatus
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service import clock
from service.config import Settings
from service.database import db
from service.jobs.heartbeat import Heart
from service.jobs.outbox import WAITING, claim, deliver
from service.jobs.trusted_job import TrustedJob, is_outbox_id
from service.jobs.waking import JOB_SECONDS, queue
from service.models import OutboxRow

log = structlog.get_logger(__name__)

# RQ waits on the queue for fifteen seconds less than this: so often a worker says that it is alive.
WORKER_TTL_SECONDS = 25
LONGEST_PAUSE_SECONDS = 10.0


def handle_outbox(outbox_id: int) -> bool:
    """The one function that a job may run. Redis says *look*; the database decides whether there is work.

    What waits behind the row in its case is done as well: nobody was woken for it while it had to wait.
    """
    if not is_outbox_id(outbox_id):
        raise ValueError("a job carries an outbox id only")
    done = False
    following: int | None = outbox_id
    while following is not None:
        claimed = claim(clock.now(), following)
        if claimed is None or not deliver(claimed, clock.now()):
            return done
        done, following = True, _behind(claimed)
    return done


def _behind(outbox_id: int) -> int | None:
    case_id = select(OutboxRow.case_id).where(OutboxRow.id == outbox_id).scalar_subquery()
    return db.session.execute(
        select(func.min(OutboxRow.id)).where(OutboxRow.case_id == case_id, WAITING)
    ).scalar_one_or_none()


class OutboxWorker(SimpleWorker):  # type: ignore[misc]
    """Takes ids from our queue until it is told to stop by a signal; a stop waits for the delivery."""

    max_connection_wait_time = LONGEST_PAUSE_SECONDS

    def __init__(self, jobs: Queue, app: Flask, heart: Heart, name: str | None = None) -> None:
        super().__init__(
            [jobs],
            name=name,
            connection=jobs.connection,
            serializer=JSONSerializer,
            job_class=TrustedJob,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
        )
        self._app, self._heart = app, heart

    def execute_job(self, job: Job, queue: Queue) -> None:
        if not isinstance(job, TrustedJob):
            raise TypeError("a worker of ours runs jobs of ours only")
        self._state = WorkerStatus.BUSY
        try:
            with self._app.app_context(), _bounded():
                handle_outbox(job.outbox_id)
                db.session.remove()
        except Exception as error:
            log.error("job failed", job=job.id, error=repr(error))
        finally:
            self._state = WorkerStatus.IDLE
        try:
            self.connection.delete(job.key)
            self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        except RedisError as error:
            log.warning("redis did not take note", job=job.id, error=type(error).__name__)

    def set_state(self, state: str, pipeline: Any = None) -> None:
        self._state = state
        try:
            (pipeline if pipeline is not None else self.connection).hset(self.key, "state", state)
        except RedisError as error:
            log.debug("redis did not take note", error=type(error).__name__)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        with self._app.app_context(), suppress(SQLAlchemyError):
            self._heart.beat_if_due(clock.now())
            db.session.remove()
        super().heartbeat(timeout, pipeline)

    def run_maintenance_tasks(self) -> None:
        """RQ's own would load, repair and call back whatever lies in its registries."""
        self.last_cleaned_at = _rq_now()
        for jobs in self.queues:
            self.connection.delete(jobs.intermediate_queue_key)

    def check_for_suspension(self, burst: bool) -> None:
        """Whoever can write to Redis does not get to stop the work."""

    def subscribe(self) -> None:
        """Nor to send commands to workers."""

    def unsubscribe(self) -> None:
        pass

    def _install_signal_handlers(self) -> None:
        """`work` has its own, for all the workers that it makes one after another."""

    def stop_when_idle(self) -> None:
        self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested


def _rq_now() -> Any:
    from rq.utils import now  # noqa: PLC0415 RQ compares it with its own

    return now()


@contextmanager
def _bounded() -> Iterator[None]:
    """A delivery ends before its claim does; alarms reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with UnixSignalDeathPenalty(JOB_SECONDS, JobTimeoutException):
        yield


def work(settings: Settings, *, burst: bool = False, name: str | None = None) -> None:
    """Run a worker in this process until SIGTERM or SIGINT (within an application context).

    A Redis that is away or answers nonsense ends RQ's loop; then another is begun after a pause.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    heart, stopping, pause = Heart("worker"), threading.Event(), 0.5
    with _stopped_by_signals(stopping) as running:
        while not stopping.is_set():
            try:
                worker = OutboxWorker(queue(settings), app, heart, name)
                running[:] = [worker]
                worked = worker.work(burst=burst, with_scheduler=False, logging_level="WARNING")
                pause = 0.5 if worked else pause
                if burst:
                    break
            except StopRequested:
                break
            except (OSError, RedisError, ValueError) as error:
                if burst:
                    raise
                log.warning("redis does not serve, trying again", error=repr(error), pause_seconds=pause)
            running.clear()
            stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    with app.app_context():
        heart.stop()
        db.session.remove()


@contextmanager
def _stopped_by_signals(stopping: threading.Event) -> Iterator[list[OutboxWorker]]:
    """SIGTERM and SIGINT set `stopping` and stop the worker that runs, unless it is delivering."""
    running: list[OutboxWorker] = []

    def stop(_number: int, _frame: Any) -> None:
        stopping.set()
        for worker in running:
            worker.stop_when_idle()

    if threading.current_thread() is not threading.main_thread():
        yield running
        return
    former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield running
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
