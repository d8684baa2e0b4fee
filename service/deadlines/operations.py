"""Entering deadlines: one, or a file of them; all of a file or nothing.

Every change is one transaction and one event of the administration stream, with what was before and after.
What open due dates make of it is worked out afterwards: see service.processes.recomputing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.operations import SYSTEM, Actor, record_administration
from service.calendars.pending import deadlines_scope, note_pending
from service.calendars.spans import unit_of_period
from service.calendars.tables import Line, refuse_wrong
from service.database import transaction
from service.deadlines.files import read_line
from service.deadlines.queries import (
    DeadlineKey,
    DeadlineRow,
    StepDeadline,
    districts_by_code,
    read_deadline,
)
from service.engine.definition import compile_published
from service.errors import BadInput, NotFound, WrongState
from service.models import Deadline, ProcessVersion
from service.wording import _


def checked_deadline(cells: dict[str, str]) -> DeadlineRow:
    """One deadline as typed ({column: text}, see files.HEADINGS). Raises BadInput with what is wrong."""
    line = Line(1, cells)
    row = read_line(line)
    if row is None:
        raise BadInput(" ".join(sentence[:1].upper() + sentence[1:] for sentence in line.errors))
    check_known([row])
    return row


def check_known(rows: Iterable[DeadlineRow]) -> None:
    """Raise BadInput naming by line every district, procedure or step that does not exist.

    A procedure of which no version is published yet may have any steps: its deadlines may come first.
    """
    with transaction() as session:
        _refuse_unknown(session.connection(), list(rows))


def trial_of(
    rows: Iterable[DeadlineRow], removed: Iterable[DeadlineKey] = ()
) -> tuple[frozenset[str], dict[tuple[str, int, str, uuid.UUID | None], StepDeadline | None]]:
    """(scopes, deadlines) to try out entering these rows and taking those away: see differences.Trial."""
    rows, removed = list(rows), list(removed)
    with transaction() as session:
        districts: dict[str, uuid.UUID | None] = {"": None}
        districts |= districts_by_code(
            session.connection(),
            [key.district for key in (*(row.key for row in rows), *removed) if key.district],
        )
    tried: dict[tuple[str, int, str, uuid.UUID | None], StepDeadline | None] = {
        (row.key.procedure, row.key.year, row.key.element, districts[row.key.district]): StepDeadline(
            row.last_day, row.wording, row.source, row.period
        )
        for row in rows
    }
    tried |= {(key.procedure, key.year, key.element, districts[key.district]): None for key in removed}
    return frozenset(deadlines_scope(procedure, year) for procedure, year, _, _ in tried), tried


def set_deadlines(*, rows: Iterable[DeadlineRow], by: Actor = SYSTEM, now: datetime) -> list[DeadlineKey]:
    """Enter or replace these deadlines, all or none; returns the keys of those that changed."""
    rows = list(rows)
    try:
        with transaction() as session:
            connection = session.connection()
            districts = _refuse_unknown(connection, rows)
            changes = [(read_deadline(row.key, connection), row) for row in rows]
            changes = [
                (before, row) for before, row in changes if before is None or _told(before) != _told(row)
            ]
            for before, row in changes:
                if before is not None:
                    _delete(connection, row.key, districts)
                connection.execute(insert(Deadline).values(**_columns(row, districts)))
            if changes:
                note_pending(connection, {_scope(row.key) for _, row in changes})
                record_administration(
                    connection,
                    "deadlines_set",
                    {
                        "deadlines": [
                            {"before": None if before is None else _told(before), "after": _told(row)}
                            for before, row in changes
                        ]
                    },
                    by=by,
                    at=now,
                )
            return [row.key for _, row in changes]
    except IntegrityError as error:
        raise WrongState(_("Thời hạn vừa được người khác thay đổi. Hãy tải lại rồi thử lại.")) from error


def remove_deadline(*, key: DeadlineKey, by: Actor = SYSTEM, now: datetime) -> None:
    """Take a deadline away; the one for all districts, where there is one, holds again. Raises NotFound."""
    with transaction() as session:
        connection = session.connection()
        before = read_deadline(key, connection)
        if before is None:
            raise NotFound(_("Không có thời hạn này; có thể người khác vừa xóa."))
        _delete(connection, key, districts_by_code(connection, [key.district]))
        note_pending(connection, [_scope(key)])
        record_administration(
            connection,
            "deadlines_set",
            {"deadlines": [{"before": _told(before), "after": None}]},
            by=by,
            at=now,
        )


def _scope(key: DeadlineKey) -> str:
    return deadlines_scope(key.procedure, key.year)


def _refuse_unknown(connection: Connection, rows: list[DeadlineRow]) -> dict[str, uuid.UUID]:
    """{code: id} of the districts named; raises BadInput naming the lines that name something unknown."""
    districts = districts_by_code(connection, (row.key.district for row in rows if row.key.district))
    procedures = set(connection.execute(select(ProcessVersion.key).distinct()).scalars())
    steps = {
        procedure: {
            element
            for row in connection.execute(
                select(ProcessVersion.diagram, ProcessVersion.calls).where(ProcessVersion.key == procedure)
            ).all()
            for element in compile_published(row.diagram, _called(connection, row.calls)).elements
        }
        for procedure in {row.key.procedure for row in rows} & procedures
    }
    lines = []
    for row in rows:
        line = Line(row.line, {})
        if row.key.district and row.key.district not in districts:
            line.wrong(
                _(
                    "không có huyện nào mang mã %(district)s; để trống là cho mọi huyện.",
                    district=f"{row.key.district!r}",
                )
            )
        if row.key.element not in steps.get(row.key.procedure, {row.key.element}):
            line.wrong(
                _(
                    "quy trình %(procedure)s không có bước %(element)s.",
                    procedure=f"{row.key.procedure!r}",
                    element=f"{row.key.element!r}",
                )
            )
        lines.append(line)
    refuse_wrong(lines)
    return districts


def _called(connection: Connection, calls: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """The diagrams that a version calls, as they were settled when it was published."""
    pinned = sorted(pin["content_hash"] for pin in calls.values())
    rows = connection.execute(
        select(ProcessVersion.key, ProcessVersion.diagram).where(ProcessVersion.content_hash.in_(pinned))
    )
    return {row.key: row.diagram for row in rows}


def _columns(row: DeadlineRow, districts: dict[str, uuid.UUID]) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "procedure": row.key.procedure,
        "year": row.key.year,
        "element": row.key.element,
        "district_id": districts[row.key.district] if row.key.district else None,
        "last_day": row.last_day,
        "period": row.period.count if row.period is not None else None,
        "period_unit": unit_of_period(row.period) if row.period is not None else None,
        "wording": row.wording,
        "source": row.source,
    }


def _delete(connection: Connection, key: DeadlineKey, districts: dict[str, uuid.UUID]) -> None:
    connection.execute(
        delete(Deadline).where(
            Deadline.procedure == key.procedure,
            Deadline.year == key.year,
            Deadline.element == key.element,
            Deadline.district_id == districts[key.district]
            if key.district
            else Deadline.district_id.is_(None),
        )
    )


def _told(row: DeadlineRow) -> dict[str, Any]:
    return {
        "procedure": row.key.procedure,
        "year": row.key.year,
        "district": row.key.district,
        "element": row.key.element,
        "last_day": row.last_day.isoformat() if row.last_day else None,
        "period": row.period.count if row.period is not None else None,
        "period_unit": unit_of_period(row.period) if row.period is not None else None,
        "wording": row.wording,
        "source": row.source,
    }
