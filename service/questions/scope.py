"""Which cases, people and units a question is about; every question starts from what its viewer may see."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_

from service.administration.typed import start_of
from service.database import db, table_of
from service.identity.queries import visible_cases
from service.identity.viewer import Viewer
from service.models import Appointment, Case, Event, Position, ProcessVersion, Submission, Unit, User
from service.processes.independence import readable_submissions
from service.questions import bodies
from service.questions.asked import Asked, wrong
from service.vietnamese import searchable, without_controls
from service.wording import _


@dataclass(frozen=True)
class CaseFacts:
    id: uuid.UUID
    code: str
    commune: str
    year: int
    version_id: uuid.UUID
    status: str
    outcome: str | None


def cases_asked(viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
    """Conditions on Case: visible, and as asked for."""
    conditions = [visible_cases(viewer)]
    if asked.year is not None:
        conditions.append(Case.year == asked.year)
    if asked.status:
        conditions.append(Case.status == asked.status)
    if asked.outcome:
        conditions.append(Case.outcome == asked.outcome)
    if code := without_controls(asked.case).upper():
        conditions.append(func.upper(Case.code).contains(code, autoescape=True))
    if asked.version:
        conditions.append(Case.process_version_id == version_asked(asked.version))
    if asked.unit:
        units = units_named(asked.unit)
        conditions.append(Case.commune_id.in_(units) | Case.district_id.in_(units))
    return conditions


def case_facts(viewer: Viewer, asked: Asked, *more: ColumnElement[bool]) -> dict[str, CaseFacts]:
    """{name of its stream: the case}, of all that are visible, asked for and fulfil `more`; one statement."""
    case, unit = table_of(Case).c, table_of(Unit).c
    rows = db.session.execute(
        select(case.id, case.code, unit.name, case.year, case.process_version_id, case.status, case.outcome)
        .select_from(table_of(Case).join(table_of(Unit), unit.id == case.commune_id))
        .where(*cases_asked(viewer, asked), *more)
    )
    return {str(row[0]): CaseFacts(*row) for row in rows}


def only_of_cases(case_id: Any, viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
    """The condition on a column of case ids, none where every case is asked about."""
    if viewer.sees_all_cases and not asked.about_cases:
        return []
    return [case_id.in_(select(Case.id).where(*cases_asked(viewer, asked)))]


def only_of_streams(viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
    """As `only_of_cases`, of events."""
    if viewer.sees_all_cases and not asked.about_cases:
        return []
    return [Event.stream_id.in_(select(bodies.stream_of(Case.id)).where(*cases_asked(viewer, asked)))]


def the_case(viewer: Viewer, code: str) -> uuid.UUID:
    """The one visible case of exactly this code; raises BadInput, the same for one that is not visible."""
    found = db.session.execute(
        select(Case.id).where(
            visible_cases(viewer), func.upper(Case.code) == without_controls(code).strip().upper()
        )
    ).scalar_one_or_none()
    if found is None:
        sentence = (
            _("Không có hồ sơ mã “%(code)s” trong số hồ sơ ông/bà được xem.", code=code)
            if code.strip()
            else _("Ghi mã hồ sơ, ví dụ CN-2023-000001.")
        )
        raise wrong("case", sentence)
    return found


def units_named(words: str) -> list[uuid.UUID]:
    """Units whose names have these words, diacritics aside."""
    wanted = searchable(without_controls(words))
    rows = db.session.execute(select(Unit.id, Unit.name))
    return sorted((row.id for row in rows if wanted in searchable(row.name)), key=lambda one: one.hex)


def people_named(words: str) -> list[uuid.UUID]:
    """People whose name, or account, has these words, diacritics aside."""
    wanted = searchable(without_controls(words))
    rows = db.session.execute(select(User.id, User.display_name, User.username))
    return sorted(
        (
            row.id
            for row in rows
            if wanted in searchable(row.display_name) or wanted in searchable(row.username)
        ),
        key=lambda one: one.hex,
    )


def seats_of(units: Collection[uuid.UUID]) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """(positions of these units, everybody who has ever held one of them)."""
    rows = db.session.execute(
        select(Position.id, Appointment.user_id)
        .outerjoin(Appointment, Appointment.position_id == Position.id)
        .where(Position.unit_id.in_(units))
    ).all()
    people = {row.user_id for row in rows if row.user_id is not None}
    return sorted({row.id for row in rows}, key=lambda one: one.hex), sorted(people, key=lambda one: one.hex)


def version_asked(text: str) -> uuid.UUID | None:
    """The version that “key:number” names; None, which no case has, where there is none."""
    key, _colon, number = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise wrong("version", _("Không có phiên bản quy trình này. Hãy chọn trong danh sách."))
    return db.session.execute(
        select(ProcessVersion.id).where(ProcessVersion.key == key, ProcessVersion.version == int(number))
    ).scalar_one_or_none()


def in_span(asked: Asked, at: ColumnElement[datetime] | None = None) -> list[ColumnElement[bool]]:
    """Conditions on the time of an event: from the first day to the end of the last, in Thanh Hóa."""
    when = Event.recorded_at if at is None else at
    conditions: list[ColumnElement[bool]] = []
    if asked.since is not None:
        conditions.append(when >= start_of(asked.since))
    if asked.until is not None:
        conditions.append(when < start_of(asked.until + timedelta(days=1)))
    return conditions


def is_in_span(asked: Asked, at: datetime) -> bool:
    return (asked.since is None or at >= start_of(asked.since)) and (
        asked.until is None or at < start_of(asked.until + timedelta(days=1))
    )


def readable_contents(
    viewer: Viewer, wanted: Sequence[tuple[uuid.UUID, int]]
) -> dict[tuple[uuid.UUID, int], bytes]:
    """{(case, seq): content} of those submissions that the viewer may read."""
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Submission.case_id, Submission.seq, Submission.content).where(
            tuple_(Submission.case_id, Submission.seq).in_(wanted), readable_submissions(viewer)
        )
    )
    return {(row.case_id, row.seq): row.content for row in rows}
