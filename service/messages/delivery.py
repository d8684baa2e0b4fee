"""A message reaches its receiver: consumed in the receiver's own transaction, or left waiting, or expired."""

from __future__ import annotations

import random
import time
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from service.audit.operations import SYSTEM
from service.database import AnyRow, db, transaction
from service.engine import runtime
from service.engine.errors import EngineError, MessageNotExpected, SignalNotExpected
from service.engine.step import Step, StepContext
from service.errors import CaseChangedMeanwhile
from service.messages.payloads import unpacked
from service.messages.rows import CASE_ENDED, DELIVERED, NOBODY_WAITS, TOO_LATE, WAITING, expire
from service.models import Message
from service.processes.queries import Procedure, procedure
from service.processes.record import kept
from service.processes.steps import apply_step, context_for, read_case

ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 0.05
# The receiver finds here who sent the message, as the address of an answer: `<event>.sender`.
SENDER = "sender"


def deliver_message(message: uuid.UUID, now: datetime) -> None:
    """Deliver a message to its receiver, after those of the same name that the same sender sent before it.

    Whatever is no longer waiting is passed over, so that twice is once. Raises EngineError where the
    receiver could not go on with it: it stays waiting, and the error with it.
    """
    for waiting in _in_line(message):
        for attempt in range(ATTEMPTS):
            try:
                _deliver_once(waiting, now)
                break
            except CaseChangedMeanwhile:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311


def _in_line(message: uuid.UUID) -> list[uuid.UUID]:
    """The message and what must reach its receiver before it, in order."""
    db.session.rollback()
    mine, earlier = aliased(Message), aliased(Message)
    before = db.session.execute(
        select(earlier.id)
        .join(
            mine,
            (mine.sender_case_id == earlier.sender_case_id)
            & (mine.receiver_case_id == earlier.receiver_case_id)
            & (mine.name == earlier.name)
            & (mine.kind == earlier.kind)
            & (mine.position > earlier.position),
        )
        .where(mine.id == message, earlier.state == WAITING)
        .order_by(earlier.position)
    ).scalars()
    return [*before, message]


def _deliver_once(message_id: uuid.UUID, now: datetime) -> None:
    session = db.session()
    session.rollback()  # read the present, not the snapshot of an earlier attempt
    connection = session.connection()
    message = connection.execute(
        select(Message.__table__).where(Message.id == message_id, Message.state == WAITING)
    ).one_or_none()
    case = read_case(connection, message.receiver_case_id) if message is not None else None
    if message is None or case is None:
        return
    why = CASE_ENDED if case.status == "finished" else TOO_LATE if message.expires_at <= now else ""
    if why:
        _expire(message_id, why, now)
        return
    bundle = procedure(case.process_version_id)
    catching = bundle.definition.catching(message.kind, message.name)
    context, deadlines = context_for(connection, case, bundle, catching, max(now, case.last_event_at))
    try:
        step = _caught(message, bundle, case, context)
    except (MessageNotExpected, SignalNotExpected):
        _not_expected(message, case, now)
        return
    except EngineError as error:
        _keep_error(message_id, error)
        raise
    with transaction() as writing:
        connection = writing.connection()
        taken = connection.execute(
            update(Message)
            .where(Message.id == message_id, Message.state == WAITING)
            .values(state=DELIVERED, delivered_at=now, seen_rev=case.rev, last_error="")
        )
        if taken.rowcount != 1:
            return
        apply_step(
            connection,
            case,
            bundle,
            step,
            kind=f"{message.kind}_caught",
            data={
                "name": message.name,
                "source": message.source,
                "sender": str(message.sender_case_id) if message.sender_case_id else None,
            },
            by=SYSTEM,
            now=now,
            deadlines=deadlines,
            private={"payload": kept(message.payload)} if message.payload else None,
        )


def _caught(message: AnyRow, bundle: Procedure, case: AnyRow, context: StepContext) -> Step:
    payload: dict[str, Any] = unpacked(message.payload)
    if message.sender_case_id is not None:
        payload[SENDER] = str(message.sender_case_id)
    catch = runtime.catch_signal if message.kind == "signal" else runtime.catch_message
    return catch(bundle.definition, case.state, message.name, payload, context)


def _not_expected(message: AnyRow, case: AnyRow, now: datetime) -> None:
    """A message waits until the receiver has moved; a signal is for who listens when it is called."""
    if message.kind == "signal":
        _expire(message.id, NOBODY_WAITS, now)
        return
    with transaction() as session:
        session.execute(
            update(Message)
            .where(Message.id == message.id, Message.state == WAITING)
            .values(seen_rev=case.rev)
        )


def _expire(message: uuid.UUID, why: str, now: datetime) -> None:
    with transaction() as session:
        expire(session.connection(), message, why, now)


def _keep_error(message: uuid.UUID, error: EngineError) -> None:
    db.session.rollback()
    with transaction() as session:
        session.execute(
            update(Message)
            .where(Message.id == message, Message.state == WAITING)
            .values(last_error=str(error)[:2000])
        )
