"""Looking into the canonical bytes of events and submissions within a statement, on both databases.

RFC 8785 sorts keys, leaves no spaces and escapes quotes inside texts, so a piece of JSON stands in the bytes
exactly where the document says it: nobody's words can be mistaken for it.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, LargeBinary, String, literal, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

FOR_SOMEBODY = b'{"actor":{"acting_for":"'


class Contains(FunctionElement[bool]):
    """Whether the bytes of the first argument have those of the second somewhere."""

    type = Boolean()
    inherit_cache = True


@compiles(Contains, "sqlite")
def _contains_on_sqlite(element: Contains, compiler: Any, **more: Any) -> str:
    return "(instr({}, {}) > 0)".format(*(compiler.process(one, **more) for one in element.clauses))


@compiles(Contains, "postgresql")
def _contains_on_postgresql(element: Contains, compiler: Any, **more: Any) -> str:
    body, part = (compiler.process(one, **more) for one in element.clauses)
    return f"(position({part} in {body}) > 0)"


class StreamOf(FunctionElement[str]):
    """The name of a case's stream: its id as text with dashes, which SQLite does not store."""

    type = String(36)
    inherit_cache = True


@compiles(StreamOf, "sqlite")
def _stream_on_sqlite(element: StreamOf, compiler: Any, **more: Any) -> str:
    (column,) = (compiler.process(one, **more) for one in element.clauses)
    parts = (
        f"substr({column}, {first}, {count})" for first, count in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    )
    return " || '-' || ".join(parts)


@compiles(StreamOf, "postgresql")
def _stream_on_postgresql(element: StreamOf, compiler: Any, **more: Any) -> str:
    (column,) = (compiler.process(one, **more) for one in element.clauses)
    return f"CAST({column} AS VARCHAR(36))"


def contains(body: Any, part: bytes) -> ColumnElement[bool]:
    return Contains(body, literal(part, LargeBinary()))


def stream_of(case_id: Any) -> ColumnElement[str]:
    return StreamOf(case_id)


def for_somebody(body: Any) -> ColumnElement[bool]:
    """Done in somebody else's place: `acting_for` is the first that a body says."""
    return (body >= literal(FOR_SOMEBODY, LargeBinary())) & (
        body < literal(FOR_SOMEBODY + b"\xff", LargeBinary())
    )


def in_place_of(body: Any, absent: uuid.UUID) -> ColumnElement[bool]:
    first = FOR_SOMEBODY + str(absent).encode()
    return (body >= literal(first, LargeBinary())) & (body < literal(first + b"\xff", LargeBinary()))


def lists(body: Any, user_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a list in the body names this person; of a completed task only `helped_by` lists people."""
    quoted = f'"{user_id}"'.encode()
    return contains(body, b"[" + quoted) | contains(body, b"," + quoted)


def raw(column: Any) -> ColumnElement[Any]:
    """An id as the driver gives it, for `known`: to make UUIDs of tens of thousands takes long."""
    return type_coerce(column, String())


def known(value: Any) -> uuid.UUID:
    """The id that a driver, or a body, has written."""
    return value if isinstance(value, uuid.UUID) else _known(value)


@lru_cache(maxsize=50_000)
def _known(text: str) -> uuid.UUID:
    return uuid.UUID(text)


def stream_name(value: Any) -> str:
    """As `stream_of`, of an id that has been read."""
    return str(value) if isinstance(value, uuid.UUID) else _stream_name(value)


@lru_cache(maxsize=50_000)
def _stream_name(text: str) -> str:
    return str(uuid.UUID(text))
