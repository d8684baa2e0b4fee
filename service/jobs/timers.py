"""Timers are rows: whoever sees a due one first fires it, late ones too, in order."""

from __future__ import annotations

import uuid
from datetime import datetime

import structlog
from sqlalchemy import select, update

from service.audit.operations import SYSTEM
from service.database import db, transaction
from service.engine import runtime
from service.engine.errors import TimerNotSet
from service.errors import CaseChangedMeanwhile
from service.models import Timer
from service.processes.queries import procedure
from service.processes.steps import apply_step, context_for, read_case

log = structlog.get_logger(__name__)


def fire_due(now: datetime, most: int = 1000) -> int:
    """Fire every timer that is due, oldest first; returns how many fired here.

    One at a time, since firing may set another that is due before the next: after a standstill things
    happen in the order in which they were due.
    """
    fired = 0
    passed_over: set[uuid.UUID] = set()
    while fired + len(passed_over) < most:
        timer_id = db.session.execute(
            select(Timer.id)
            .where(Timer.state == "set", Timer.due_at <= now, Timer.id.not_in(passed_over))
            .order_by(Timer.due_at, Timer.id)
            .limit(1)
        ).scalar_one_or_none()
        if timer_id is None:
            break
        if _fire(timer_id, now):
            fired += 1
        else:
            passed_over.add(timer_id)
    return fired


def _fire(timer_id: uuid.UUID, now: datetime) -> bool:
    try:
        with transaction() as session:
            connection = session.connection()
            timer = connection.execute(
                select(Timer.id, Timer.case_id, Timer.ref, Timer.element).where(
                    Timer.id == timer_id, Timer.state == "set"
                )
            ).one_or_none()
            case = read_case(connection, timer.case_id) if timer else None
            if timer is None or case is None:
                return False
            bundle = procedure(case.process_version_id)
            at = max(now, case.last_event_at)
            context, deadlines = context_for(connection, case, bundle, [timer.element], at)
            step = runtime.fire_timer(bundle.definition, case.state, timer.ref, context)
            fired = connection.execute(
                update(Timer).where(Timer.id == timer.id, Timer.state == "set").values(state="fired")
            )
            if fired.rowcount != 1:
                return False
            apply_step(
                connection,
                case,
                bundle,
                step,
                kind="timer_fired",
                data={"timer": timer.ref, "element": timer.element},
                by=SYSTEM,
                now=at,
                deadlines=deadlines,
            )
        return True
    except (CaseChangedMeanwhile, TimerNotSet):
        return False  # the case moved first: the timer is cleared, or is looked at again on the next pass
    except Exception as error:  # one bad timer must not hold up the others
        db.session.rollback()
        log.error("timer failed", timer=str(timer_id), error=repr(error))
        return False
