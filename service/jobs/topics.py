"""The work behind each topic of a service task (declared in processes.topics), done outside any transaction.

It may be done twice, when a process dies before its answer is stored: each bears its job's key with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.engine import Connection

from service.clock import local_day
from service.database import AnyRow, db, iso_instant
from service.engine.step import Scalar
from service.errors import Unavailable
from service.http.extensions import settings
from service.jobs.announcing import sends_mail
from service.models import Case, Unit, Webhook
from service.notifications import words
from service.notifications.delivering import as_sent
from service.notifications.events import case_data, event_id
from service.notifications.kinds import Kind
from service.notifications.recipients import holders_on
from service.notifications.telling import Telling, tell
from service.notifications.webhook_sending import Sender
from service.processes.outbox_rows import job_key
from service.processes.queries import procedure
from service.processes.task_rows import unit_of
from service.processes.topics import NOTIFY, WEBHOOK

# Answers by which a system says *not now* instead of *no*.
NOT_NOW = frozenset({408, 425, 429})


class JobRefused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The work was refused for good: `code` is what a boundary error event of the task may catch."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Job:
    """One opening of a service task. `key` is the same at every attempt."""

    case_id: uuid.UUID
    ref: str
    element: str
    name: str
    topic: str
    properties: Mapping[str, str]
    created_at: datetime

    @property
    def key(self) -> str:
        return job_key(self.case_id, self.ref)


@dataclass(frozen=True)
class Done:
    """What the work answered: values for the case (`<task>.<key>`), and what to write along with its step."""

    result: Mapping[str, Scalar]
    alongside: Callable[[Connection, AnyRow, datetime], None] | None = None


# Called with the job and the time; raises JobRefused, or anything else to be tried again later.
Work: TypeAlias = Callable[[Job, datetime], Done]


def notify(job: Job, _now: datetime) -> Done:
    """Tell the people of the case's own unit of that group; they are told in the case's transaction, once."""

    def told(connection: Connection, case: AnyRow, now: datetime) -> None:
        group = job.properties["group"]
        place = (group, unit_of(case, group, procedure(case.process_version_id).agencies))
        commune = connection.execute(select(Unit.name).where(Unit.id == case.commune_id)).scalar_one()
        said = words.notice(job.properties["text"], commune, case.code, case.year)
        tell(
            connection,
            [
                Telling(user, Kind.NOTICE, said, f"/ho-so/{job.case_id}", job.key, case_id=job.case_id)
                for user in holders_on(connection, [place], local_day(now)).everybody(place)
            ],
            now=now,
            by_email=sends_mail(settings()),
        )

    return Done({}, told)


def call_webhook(job: Job, now: datetime) -> Done:
    """POST to the webhook of that name and wait until it takes the case in (2xx); `status` is its answer."""
    connection = db.session.connection()
    known = connection.execute(
        select(Webhook.url, Webhook.secret).where(Webhook.name == job.properties["webhook"], Webhook.active)
    ).one_or_none()
    if known is None:
        raise JobRefused("unknown", f"Không có webhook tên {job.properties['webhook']!r}.")
    body = as_sent(
        {
            "type": "service_task",
            "timestamp": iso_instant(job.created_at),
            "data": {
                "case": _case_data(connection, job.case_id),
                "step": {"element": job.element, "name": job.name},
            },
        }
    )
    db.session.rollback()  # no connection is held while a slow server is talked to
    answer = Sender(settings().webhook_hosts).send(
        url=known.url, secret=known.secret, message_id=event_id(job.key), body=body, now=now
    )
    if answer.is_success:
        return Done({"status": answer.status})
    said = f"Webhook {job.properties['webhook']}: bên nhận trả lời {answer.status}. {answer.beginning[:200]}"
    if 400 <= answer.status < 500 and answer.status not in NOT_NOW:
        raise JobRefused("refused", said)
    raise Unavailable(said)


def _case_data(connection: Connection, case_id: uuid.UUID) -> dict[str, object]:
    return case_data(
        connection.execute(
            select(
                Case.id.label("case_id"),
                Case.code,
                Case.year,
                Case.procedure,
                Unit.code.label("commune_code"),
                Unit.name.label("commune"),
            )
            .join(Unit, Unit.id == Case.commune_id)
            .where(Case.id == case_id)
        ).one()
    )


WORK: Mapping[str, Work] = {NOTIFY: notify, WEBHOOK: call_webhook}
