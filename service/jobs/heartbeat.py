"""That a process is alive, as a row which everybody may read; nothing is decided by it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service.database import db, transaction
from service.errors import Unavailable
from service.jobs.stopwatch import Every
from service.models import ProcessBeat
from service.version import VERSION

log = structlog.get_logger(__name__)

INTERVAL = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(days=1)


class Heart:
    """Of one process; `role` is web, worker or scheduler."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.name = f"{role}@{socket.gethostname()}"[:100] + f":{os.getpid()}"
        self._every = Every(INTERVAL)
        self._started_at: datetime | None = None

    def beat_if_due(self, now: datetime) -> None:
        """Say so every ten seconds; a database that is away is met by the work itself."""
        if not self._every.is_due():
            return
        self._started_at = self._started_at or now
        try:
            self._write(now)
        except (SQLAlchemyError, Unavailable) as error:
            db.session.rollback()
            log.warning("no heartbeat", process=self.name, error=type(error).__name__)

    def _write(self, now: datetime) -> None:
        row = {"role": self.role, "version": VERSION, "started_at": self._started_at, "beat_at": now}
        with transaction() as session:
            known = session.execute(update(ProcessBeat).where(ProcessBeat.name == self.name).values(row))
            if known.rowcount:  # type: ignore[attr-defined]
                return
            try:
                session.execute(insert(ProcessBeat).values(name=self.name, **row))
            except IntegrityError:
                session.rollback()  # another thread of this process was first

    def stop(self) -> None:
        """A process that ends in good order is not missed."""
        try:
            with transaction() as session:
                session.execute(delete(ProcessBeat).where(ProcessBeat.name == self.name))
        except (SQLAlchemyError, Unavailable):
            db.session.rollback()


def forget_old_beats(now: datetime) -> None:
    with transaction() as session:
        session.execute(delete(ProcessBeat).where(ProcessBeat.beat_at < now - FORGOTTEN_AFTER))
