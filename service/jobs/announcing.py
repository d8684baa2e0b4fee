"""What people and other systems are told, as jobs: the announcer's pass and its handlers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from service.config import Settings
from service.errors import BadConfiguration
from service.http.extensions import settings
from service.notifications.announcements import announce_tasks
from service.notifications.comments import announce_comment
from service.notifications.delivering import send_email, send_webhook
from service.notifications.drafts import announce_draft
from service.notifications.finishing import announce_finished
from service.notifications.rounds import announce_round
from service.notifications.rows import announce_rows
from service.notifications.smtp import MailServer
from service.notifications.substitutions import announce_substitution
from service.notifications.webhook_sending import Sender

# So many in one pass that a long standstill does not make timers late: the next pass goes on with it.
MOST_AT_A_TIME = 500


def announce_due(now: datetime, most: int = MOST_AT_A_TIME) -> int:
    """Tell people about tasks whose moment has come; how many tasks. One statement when there are none."""
    return announce_tasks(now, by_email=sends_mail(settings()), most=most)


def deliver_case_finished(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    """The row stands in no case's queue, so the case is named in its payload."""
    announce_finished(uuid.UUID(payload["case"]), payload, now, by_email=sends_mail(settings()))


def deliver_comment_added(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    announce_comment(uuid.UUID(payload["comment"]), now, by_email=sends_mail(settings()))


def deliver_rows_given(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    announce_rows(payload, now, by_email=sends_mail(settings()))


def deliver_substitution(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    announce_substitution(payload, now, by_email=sends_mail(settings()))


def deliver_round_told(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    announce_round(payload, now, by_email=sends_mail(settings()))


def deliver_draft_told(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    announce_draft(payload, now, by_email=sends_mail(settings()))


def deliver_email(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    configured = settings()
    if not sends_mail(configured):
        raise BadConfiguration("Thư đang chờ gửi nhưng chưa đặt SMTP_URL.")
    send_email(
        int(payload["notification"]),
        server=MailServer.from_url(configured.smtp_url),
        sender=configured.mail_from,
        public_url=configured.public_url,
        now=now,
    )


def deliver_webhook(*, payload: dict[str, Any], now: datetime, **_row: Any) -> None:
    send_webhook(payload, sender=Sender(settings().webhook_hosts), now=now)


def sends_mail(configured: Settings) -> bool:
    return bool(configured.smtp_url)
