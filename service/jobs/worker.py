"""RQ: jobs carry an outbox id only, as JSON, and run one allow-listed function."""

from __future__ import annotations

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import or_, select

from service import clock
from service.config import Settings
from service.database import db
from service.errors import BadConfiguration
from service.jobs.outbox import claim, deliver
from service.models import OutboxRow

QUEUE = "congnhan"
ALLOWED = "service.jobs.worker.handle_outbox"
PATIENCE_SECONDS = 3.0


def handle_outbox(outbox_id: int) -> bool:
    """The one function that a job may run. Redis says *look*; the database decides whether there is work."""
    if not isinstance(outbox_id, int) or isinstance(outbox_id, bool):
        raise ValueError("a job carries an outbox id only")
    now = clock.now()
    claimed = claim(now, outbox_id)
    return deliver(claimed, now) if claimed is not None else False


def queue(settings: Settings, *, patience_seconds: float | None = None) -> Queue:
    """Our queue; `patience_seconds` bounds each call (a worker waits as long as RQ has it wait)."""
    if settings.redis_url is None:
        raise BadConfiguration("Chưa đặt REDIS_URL.")
    connection = Redis.from_url(
        settings.redis_url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=patience_seconds
    )
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def enqueue_waiting(settings: Settings) -> int:
    """Wake workers for every row that is due; a lost job costs only time, since the row stays."""
    now = clock.now()
    due = db.session.execute(
        select(OutboxRow.id)
        .where(
            OutboxRow.state == "waiting",
            OutboxRow.available_at <= now,
            or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
        )
        .order_by(OutboxRow.id)
        .limit(1000)
    ).scalars()
    ids = list(due)
    if not ids:
        return 0
    jobs = queue(settings, patience_seconds=PATIENCE_SECONDS)
    # Without a worker the same rows are due on every pass: one job for each is enough.
    queued = set(jobs.job_ids)
    missing = [outbox_id for outbox_id in ids if job_id(outbox_id) not in queued]
    for outbox_id in missing:
        jobs.enqueue(
            ALLOWED, outbox_id, job_id=job_id(outbox_id), job_timeout=60, result_ttl=0, failure_ttl=3600
        )
    return len(missing)


def job_id(outbox_id: int) -> str:
    return f"outbox-{outbox_id}"


class OutboxWorker(SimpleWorker):
    """Refuses every job that is not exactly ours, whatever Redis hands over."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        if not is_ours(job):
            self.log.error("refused a foreign job: %s", job.id)
            self.connection.delete(job.key)
            return
        super().execute_job(job, queue)


def is_ours(job: Job) -> bool:
    """Our function, one outbox id, and nothing else that RQ would import or call."""
    callbacks = ("_success_callback_name", "_failure_callback_name", "_stopped_callback_name")
    if any(getattr(job, name, None) for name in callbacks):
        return False
    try:
        name, instance, arguments, keywords = JSONSerializer.loads(job.data)
    except Exception:  # pickle, or anything else that is not our JSON
        return False
    return (
        name == ALLOWED
        and instance is None
        and not keywords
        and isinstance(arguments, list)
        and [type(argument) for argument in arguments] == [int]
    )


def work(settings: Settings, *, burst: bool = False, name: str | None = None) -> None:
    """Run a worker in this process (within an application context)."""
    jobs = queue(settings)
    OutboxWorker([jobs], connection=jobs.connection, serializer=JSONSerializer, name=name).work(
        burst=burst, with_scheduler=False, logging_level="WARNING"
    )
