"""Whom a message is for: a case by its id or code, or the case of a procedure for a commune and a year."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from service.database import AnyRow
from service.models import Case, Unit

LOOKED_UP_AT_ONCE = 100
LATEST_YEAR = 9999

# What trying to deliver needs of a receiver.
_RECEIVER = (Case.id, Case.rev, Case.status, Case.awaited)


@dataclass(frozen=True)
class Receiver:
    """A case as it stands: whether it has ended, and which messages it awaits."""

    id: uuid.UUID
    rev: int
    finished: bool
    awaited: frozenset[str]


def full_address(connection: Connection, to: Mapping[str, Any], sender: uuid.UUID | None) -> dict[str, Any]:
    """`to` of a throwing event or an act, filled up: {"case"} or {"procedure", "commune", "year"}.

    An absent commune or year is the sending case's own. What cannot be anybody's address stays as it is and
    finds nobody.
    """
    if "case" in to:
        return {"case": str(to["case"])}
    own: dict[str, Any] = {}
    if sender is not None and not {"commune", "year"} <= to.keys():
        row = connection.execute(
            select(Unit.code, Case.year).join(Unit, Unit.id == Case.commune_id).where(Case.id == sender)
        ).one()
        own = {"commune": row.code, "year": row.year}
    return {**own, **{key: to[key] for key in ("procedure", "commune", "year") if key in to}}


def find_receivers(connection: Connection, addresses: Sequence[Mapping[str, Any]]) -> list[Receiver | None]:
    """The case at each full address, in their order; None where there is none (yet)."""
    found: dict[tuple[Any, ...], Receiver] = {}
    keys = [_key(address) for address in addresses]
    wanted = sorted({key for key in keys if key is not None}, key=repr)
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        chunk = wanted[start : start + LOOKED_UP_AT_ONCE]
        communes = _communes(connection, {key[1] for key in chunk if len(key) == 3})
        conditions = [one for key in chunk if (one := _condition(key, communes)) is not None]
        if not conditions:
            continue
        rows = connection.execute(
            select(*_RECEIVER, Case.code, Case.procedure, Case.commune_id, Case.year).where(or_(*conditions))
        )
        for row in rows:
            receiver = receiver_of(row)
            for key in (row.id,), (row.code,), (row.procedure, row.commune_id, row.year):
                found[key] = receiver
        for key in chunk:
            if len(key) == 3 and (there := found.get((key[0], communes.get(key[1]), key[2]))) is not None:
                found[key] = there
    return [found.get(key) if key is not None else None for key in keys]


def _communes(connection: Connection, codes: set[str]) -> dict[str, uuid.UUID]:
    """Looked up first, so that every condition on cases is answered by one of their indexes."""
    if not codes:
        return {}
    units = connection.execute(select(Unit.code, Unit.id).where(Unit.code.in_(sorted(codes))))
    return {row.code: row.id for row in units}


def receiver_of(row: AnyRow, case_id: uuid.UUID | None = None) -> Receiver:
    """From a row with a case's rev, status and awaited, and its id as `id` unless given."""
    return Receiver(case_id or row.id, row.rev, row.status == "finished", frozenset(row.awaited))


def _key(address: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if "case" in address:
        try:
            return (uuid.UUID(str(address["case"])),)
        except ValueError:
            return (str(address["case"]),)
    year = str(address.get("year", ""))
    if not (year.isascii() and year.isdigit() and int(year[:9]) <= LATEST_YEAR):
        return None
    return (str(address.get("procedure", "")), str(address.get("commune", "")), int(year))


def _condition(key: tuple[Any, ...], communes: Mapping[str, uuid.UUID]) -> ColumnElement[bool] | None:
    if len(key) == 3:
        commune = communes.get(key[1])
        if commune is None:
            return None
        return and_(Case.procedure == key[0], Case.commune_id == commune, Case.year == key[2])
    return Case.id == key[0] if isinstance(key[0], uuid.UUID) else Case.code == key[0]
