"""Reading the administration stream: who changed what, when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select

from service.administration.sentences import KINDS, Names, details, sentence
from service.administration.step_names import newest_procedures, step_name
from service.administration.typed import start_of
from service.database import db
from service.identity.queries import names_of
from service.models import Case, Document, Event, EventPrivatePart, Position, Round, Unit
from service.wording import _, marked

SIZE = 50
# So far back a page of a unit or a person looks for what concerns it.
SEARCHED = 2000
SYSTEM = marked("Hệ thống, dòng lệnh")
# Which words of an event name somebody or something by its id.
_USERS = ("user", "absent", "substitute")


@dataclass(frozen=True)
class Change:
    seq: int
    at: datetime
    actor: str
    acting_for: str
    kind: str
    sentence: str
    details: tuple[str, ...]


def list_changes(
    *,
    kinds: Sequence[str] = (),
    first: date | None = None,
    last: date | None = None,
    before: int | None = None,
    size: int = SIZE,
) -> tuple[list[Change], int | None]:
    """The latest first, and the number to continue before. `first` and `last` are included."""
    query = _stream()
    if kinds:
        query = query.where(Event.type.in_(kinds))
    if first is not None:
        query = query.where(Event.recorded_at >= start_of(first))
    if last is not None:
        query = query.where(Event.recorded_at < start_of(last + timedelta(days=1)))
    if before is not None:
        query = query.where(Event.seq < before)
    events = list(db.session.scalars(query.limit(size + 1)))
    return told(events[:size]), events[size - 1].seq if len(events) > size else None


def loaded_at() -> datetime | None:
    """When units, on which all else hangs, were first loaded by no person; None where that is not known."""
    return db.session.execute(
        _stream()
        .with_only_columns(Event.recorded_at)
        .where(Event.type == "units_imported", Event.actor_id.is_(None))
        .order_by(None)
        .order_by(Event.seq)
        .limit(1)
    ).scalar_one_or_none()


def latest_data(kind: str, most: int = 50) -> list[dict[str, Any]]:
    """What the latest events of one kind say, the latest first."""
    events = db.session.scalars(_stream().where(Event.type == kind).limit(most))
    return [orjson.loads(event.body)["data"] for event in events]


def changes_about(ids: set[uuid.UUID], kinds: Sequence[str], most: int = 20) -> list[Change]:
    """The latest changes of these kinds that name one of `ids`: people, positions, units, districts."""
    wanted = {str(one) for one in ids}
    found = []
    for event in db.session.scalars(_stream().where(Event.type.in_(kinds)).limit(SEARCHED)):
        data = orjson.loads(event.body)["data"]
        if wanted & {value for value in data.values() if isinstance(value, str)}:
            found.append(event)
            if len(found) == most:
                break
    return told(found)


def told(events: Sequence[Event]) -> list[Change]:
    """Each in a sentence, names instead of ids."""
    bodies = {event.seq: orjson.loads(event.body) for event in events}
    private = _private([event.position for event in events])
    names = _names(list(bodies.values()))
    changes = []
    for event in events:
        body = bodies[event.seq]
        data = {**body["data"], **private.get(event.position, {})}
        absent = body["actor"].get("acting_for")
        changes.append(
            Change(
                seq=event.seq,
                at=event.recorded_at,
                actor=names.user(body["actor"]["id"]) if body["actor"]["id"] else _(SYSTEM),
                acting_for=names.user(absent) if absent else "",
                kind=KINDS.get(event.type, event.type),
                sentence=sentence(event.type, data, names),
                details=tuple(details(event.type, data, names)),
            )
        )
    return changes


def _stream() -> Any:
    return (
        select(Event)
        .where(Event.stream == "administration", Event.stream_id == "")
        .order_by(Event.seq.desc())
    )


def _private(positions: Sequence[int]) -> dict[int, dict[str, str]]:
    """What people typed, as far as it is text and retention has left it."""
    found: dict[int, dict[str, str]] = {}
    if positions:
        for row in db.session.execute(
            select(EventPrivatePart.position, EventPrivatePart.name, EventPrivatePart.content).where(
                EventPrivatePart.position.in_(positions),
                EventPrivatePart.name.in_(SHOWN),
                EventPrivatePart.salt != b"",
            )
        ):
            found.setdefault(row.position, {})[row.name] = row.content.decode(errors="replace")
    return found


# The private parts that a reader of the stream may see in full.
SHOWN = ("legal_basis", "username", "reason")


def _names(bodies: Sequence[Mapping[str, Any]]) -> Names:
    """Names of everybody and everything that the events mention, two or three statements for all."""
    users: set[uuid.UUID] = set()
    positions: set[uuid.UUID] = set()
    units: set[uuid.UUID] = set()
    for body in bodies:
        actor, data = body["actor"], body["data"]
        users |= _ids(actor, ("id", "acting_for")) | _ids(data, _USERS)
        positions |= _ids(data, ("position",))
        units |= _ids(data, ("unit", "district", "predecessor", "successor"))
    named = {str(key): name for key, name in names_of(users).items()}
    seats = (
        db.session.execute(
            select(Position.id, Position.title, Unit.name)
            .join(Unit, Unit.id == Position.unit_id)
            .where(Position.id.in_(sorted(positions)))
        ).all()
        if positions
        else []
    )
    places = (
        db.session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(sorted(units)))).all()
        if units
        else []
    )
    return Names(
        steps=_steps(bodies),
        rounds=_called(Round.id, Round.name, bodies, "round"),
        cases=_called(Case.id, Case.code, bodies, "case"),
        papers=_papers(bodies),
        users=named,
        positions={str(row.id): f"{row.title}, {row.name}" for row in seats},
        units={str(row.id): row.name for row in places},
    )


def _called(identity: Any, name: Any, bodies: Sequence[Mapping[str, Any]], key: str) -> dict[str, str]:
    """{id: name} of what the events mention under `key`; no statement where they mention none."""
    ids = set().union(*(_ids(body["data"], (key,)) for body in bodies))
    if not ids:
        return {}
    return {
        str(row[0]): row[1]
        for row in db.session.execute(select(identity, name).where(identity.in_(sorted(ids))))
    }


def _papers(bodies: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """{round's act: number and date of its paper}, of those that have a number by now."""
    acts = set().union(*(_ids(body["data"], ("act",)) for body in bodies))
    if not acts:
        return {}
    rows = db.session.execute(
        select(Document.round_act_id, Document.number, Document.issued_on).where(
            Document.round_act_id.in_(sorted(acts)), Document.number != "", Document.issued_on.is_not(None)
        )
    )
    return {
        str(act): _(" số %(number)s ngày %(day)s", number=number, day=f"{issued_on:%d/%m/%Y}")
        for act, number, issued_on in rows
    }


def _steps(bodies: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names of the steps whose deadlines the events changed; no diagram is read where there are none."""
    told = [
        change["after"] or change["before"]
        for body in bodies
        if body["type"] == "deadlines_set"
        for change in body["data"]["deadlines"]
    ]
    if not told:
        return {}
    bundles = newest_procedures()
    keys = {(one["procedure"], one["element"]) for one in told}
    return {key: step_name(*key, bundles) for key in keys}


def _ids(data: Mapping[str, Any], keys: Sequence[str]) -> set[uuid.UUID]:
    found = set()
    for key in keys:
        value = data.get(key)
        if isinstance(value, str) and len(value) == 36:
            found.add(uuid.UUID(value))
    return found
