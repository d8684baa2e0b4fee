"""What was done in somebody else's place (*xử lý thay*), and by which paper."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from service.audit.queries import RecordedEvent, events_at
from service.cases.timeline import people_in, sentence_of
from service.clock import local_day
from service.database import AnyRow, db
from service.identity.queries import names_of
from service.identity.viewer import Viewer
from service.models import Appointment, Event, Position, Unit
from service.processes.queries import procedure
from service.questions import bodies
from service.questions.answers import PAGE, Answer, Line, page_of
from service.questions.asked import Asked
from service.questions.kinds import moment
from service.questions.scope import case_facts, in_span, only_of_streams
from service.wording import _, marked

COLUMNS = (
    marked("Xã, hồ sơ"),
    marked("Lúc"),
    marked("Người xử lý thay"),
    marked("Thay cho"),
    marked("Vị trí"),
    marked("Việc"),
    marked("Căn cứ"),
)


def done_by_substitutes(
    viewer: Viewer, asked: Asked, *, cursor: str | None = None, size: int | None = PAGE
) -> Answer:
    """The latest first: read from the log, where each act names whose place it was done in."""
    cases = case_facts(viewer, asked)
    found = [
        row
        for row in db.session.execute(
            select(Event.position, Event.stream_id).where(
                Event.stream == "case",
                Event.actor_id.is_not(None),
                bodies.for_somebody(Event.body),
                *in_span(asked),
                *only_of_streams(viewer, asked),
            )
        )
        if row.stream_id in cases
    ]
    page, following = page_of(found, lambda row: (-row.position,), cursor, size)
    events = events_at([row.position for row in page])
    names = names_of(people_in(events))
    seats = _seats({event.position_id for event in events if event.position_id})
    papers = _papers(events)
    lines = []
    for event in events:
        case = cases[event.stream_id]
        lines.append(
            Line(
                (
                    f"{case.commune}, {case.code}",
                    moment(event.at),
                    names.get(event.actor_id, "") if event.actor_id else "",
                    names.get(event.acting_for, "") if event.acting_for else "",
                    seats.get(event.position_id, "") if event.position_id else "",
                    sentence_of(event, procedure(case.version_id), names),
                    _basis(event, papers),
                ),
                case.id,
                event.seq,
            )
        )
    return Answer(
        columns=tuple(_(one) for one in COLUMNS),
        lines=lines,
        total=len(found),
        summary=_(
            "%(acts)s việc do người xử lý thay làm, ở %(cases)s hồ sơ.",
            acts=len(found),
            cases=len({row.stream_id for row in found}),
        )
        if found
        else _("Không có việc nào do người xử lý thay làm."),
        next_cursor=following,
    )


def _seats(positions: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not positions:
        return {}
    rows = db.session.execute(
        select(Position.id, Position.title, Unit.name)
        .join(Unit, Unit.id == Position.unit_id)
        .where(Position.id.in_(sorted(positions)))
    )
    return {row.id: f"{row.title}, {row.name}" for row in rows}


def _papers(events: list[RecordedEvent]) -> list[AnyRow]:
    people = sorted({event.actor_id for event in events if event.actor_id})
    if not people:
        return []
    return list(
        db.session.execute(
            select(
                Appointment.user_id,
                Appointment.substitutes_id,
                Appointment.position_id,
                Appointment.valid_from,
                Appointment.valid_to,
                Appointment.legal_basis,
            ).where(Appointment.user_id.in_(people), Appointment.substitutes_id.is_not(None))
        )
    )


def _basis(event: RecordedEvent, papers: list[AnyRow]) -> str:
    """The paper that stood on the day; that there is none is said, for it should not be."""
    day = local_day(event.at)
    for one in papers:
        if (
            (one.user_id, one.substitutes_id, one.position_id)
            == (event.actor_id, event.acting_for, event.position_id)
            and one.valid_from <= day
            and (one.valid_to is None or day <= one.valid_to)
        ):
            return one.legal_basis or _("không ghi căn cứ")
    return _("KHÔNG CÓ ủy quyền nào còn hiệu lực ngày này")
