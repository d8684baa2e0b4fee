"""RQ: jobs carry an outbox id only, as JSON, and run one allow-listed function."""

from __future__ import annotations

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import select

from service import clock
from service.config import Settings
from service.database import db
from service.errors import BadConfiguration
from service.jobs.outbox import claim, deliver
from service.models import OutboxRow

QUEUE = "congnhan"
ALLOWED = "service.jobs.worker.handle_outbox"


def handle_outbox(outbox_id: int) -> bool:
    """The one function that a job may run. Redis says *look*; the database decides whether there is work."""
    if not isinstance(outbox_id, int) or isinstance(outbox_id, bool):
        raise ValueError("a job carries an outbox id only")
    now = clock.now()
    claimed = claim(now, outbox_id)
    return deliver(claimed, now) if claimed is not None else False


def queue(settings: Settings) -> Queue:
    if settings.redis_url is None:
        raise BadConfiguration("Chưa đặt REDIS_URL.")
    return Queue(QUEUE, connection=Redis.from_url(settings.redis_url), serializer=JSONSerializer)


def enqueue_waiting(settings: Settings) -> int:
    """Wake workers for every row that is due; a lost job costs only time, since the row stays."""
    now = clock.now()
    due = db.session.execute(
        select(OutboxRow.id)
        .where(OutboxRow.state == "waiting", OutboxRow.available_at <= now)
        .order_by(OutboxRow.id)
        .limit(1000)
    ).scalars()
    jobs = queue(settings)
    ids = list(due)
    for outbox_id in ids:
        jobs.enqueue(ALLOWED, outbox_id, job_timeout=60, result_ttl=0, failure_ttl=3600)
    return len(ids)


class OutboxWorker(SimpleWorker):
    """Refuses every job that is not exactly ours, whatever Redis hands over."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        if job.func_name != ALLOWED or job.kwargs or len(job.args) != 1:
            self.log.error("refused a foreign job: %s", job.func_name)
            job.delete()
            return
        super().execute_job(job, queue)


def work(settings: Settings, *, burst: bool = False, name: str | None = None) -> None:
    """Run a worker in this process (within an application context)."""
    jobs = queue(settings)
    OutboxWorker([jobs], connection=jobs.connection, serializer=JSONSerializer, name=name).work(
        burst=burst, with_scheduler=False, logging_level="WARNING"
    )
