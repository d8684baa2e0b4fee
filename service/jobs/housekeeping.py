"""What is tidied up once an hour: old answers and beats, bytes in vain, due dates left by a crash, lists of
records whose destruction was approved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from service.calendars.pending import pending_scopes
from service.config import Settings
from service.database import db
from service.dossiers.housekeeping import sweep_files, sweep_uploads
from service.http.idempotency import forget_old_answers
from service.jobs.heartbeat import forget_old_beats
from service.processes.recomputing import recompute
from service.retention.carrying_out import carry_out

log = structlog.get_logger(__name__)

RESUMED = "Tính lại tiếp sau khi bị ngắt quãng, theo lịch và thời hạn hiện hành."


def tidy(configured: Settings, now: datetime) -> None:
    """Each part for itself: one that fails is logged, and the others are done."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: forget_old_answers(now),
        lambda: forget_old_beats(now),
        lambda: resume_recomputing(now),
        lambda: sweep_files(configured.files_dir),
        lambda: sweep_uploads(configured.files_dir),
        lambda: carry_out(configured.files_dir, now),
    )
    for part in parts:
        try:
            part()
        except Exception as error:
            db.session.rollback()
            log.error("housekeeping failed", error=repr(error)[:200])


def resume_recomputing(now: datetime) -> bool:
    """Do what a change of the calendar or of deadlines left to be done; whether there was anything.

    Usually who made the change is done with it at once, and this is one look at a row by its key. Two at
    once come to the same: each case is set right behind its own lock, and only where it differs.
    """
    db.session.rollback()
    if not pending_scopes():
        return False
    done = recompute(reason=RESUMED, now=now)
    log.info("due dates recomputed", changed=done.changed, cases=done.cases, finished=done.finished)
    for failure in done.failed:
        log.error("due date not recomputed", error=failure)
    return True
