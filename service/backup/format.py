"""What a backup looks like inside its encryption: lines of JSON. The whole of it is in docs/backup.md.

    {"product": "congnhan", "format": 1, "kind": "full", …}          header
    {"table": "unit", "columns": [["id", "uuid"], …], "key": ["id"], "whole": true}
    ["6f1c…", "xa-thi-du", …]                                        one row, in the order of the columns
    {"end": true, "rows": {…}, "totals": {…}, "heads": "…", "sha256": "…"}

Bytes are text with one character per byte (ISO 8859-1): the log's JSON stays JSON, and compresses as such.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
)
from sqlalchemy.types import TypeEngine

from service.database import UtcDateTime

PRODUCT = "congnhan"
FORMAT = 1

# Not in a backup: who is logged in, which processes live, files still on their way.
LEFT_OUT = ("login_session", "process_beat", "upload")
# Keys that sign or prove something stay where they are: whoever restores gives new ones.
BLANKED: dict[str, dict[str, Any]] = {"webhook": {"secret": "", "active": False}}

Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True)
class Header:
    """`previous` is the backup that a part continues, `full` the one that its chain begins with."""

    kind: str
    id: str
    full: str
    previous: str | None
    made_at: str
    schema: str
    source: str
    version: str
    product: str = PRODUCT
    format: int = FORMAT

    def line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"


@dataclass(frozen=True)
class Section:
    """The rows of one table; `whole`: all of them, so that what stands in older parts is void."""

    table: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    whole: bool

    def line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"

    @property
    def key_places(self) -> tuple[int, ...]:
        names = [name for name, _ in self.columns]
        return tuple(names.index(name) for name in self.key)


def section_of(table: Table, *, whole: bool) -> Section:
    return Section(
        str(table.name),
        tuple((str(column.name), tag_of(column.type)) for column in table.columns),
        tuple(str(column.name) for column in table.primary_key),
        whole,
    )


_TAGS: tuple[tuple[type[TypeEngine[Any]] | type[UtcDateTime], str], ...] = (
    (Uuid, "uuid"),
    (UtcDateTime, "instant"),
    (Date, "date"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (Numeric, "decimal"),
    (LargeBinary, "bytes"),
    (JSON, "json"),
    (String, "text"),
)
_TYPES: dict[str, Callable[[], Any]] = {
    "uuid": Uuid,
    "instant": UtcDateTime,
    "date": Date,
    "boolean": Boolean,
    "integer": BigInteger,
    "decimal": lambda: Numeric(12, 4),
    "bytes": LargeBinary,
    "json": JSON,
    "text": String,
}


def tag_of(kind: TypeEngine[Any]) -> str:
    """The neutral name of a column's type; raises LookupError for one that has none yet."""
    for known, tag in _TAGS:
        if isinstance(kind, known):
            return tag
    raise LookupError(f"no neutral name for {kind!r}")


def table_for(section: Section) -> Table:
    """The table as the backup describes it, whatever today's models say."""
    return Table(section.table, MetaData(), *(Column(name, _TYPES[tag]()) for name, tag in section.columns))


def row_encoder(section: Section) -> Callable[[Row], bytes]:
    """Answers a function from a row of the database to its line."""
    names = [name for name, _ in section.columns]
    places = [place for place, (_, tag) in enumerate(section.columns) if tag == "bytes"]
    blank = {names.index(name): value for name, value in BLANKED.get(section.table, {}).items()}

    def encode(row: Row) -> bytes:
        values = list(row)
        for place in places:
            if values[place] is not None:
                values[place] = bytes(values[place]).decode("latin-1")
        for place, value in blank.items():
            values[place] = value
        return orjson.dumps(values, default=_plain) + b"\n"

    return encode


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value).__name__)


_READ: dict[str, Callable[[Any], Any]] = {
    "uuid": uuid.UUID,
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "bytes": lambda text: text.encode("latin-1"),
}
_COPY: dict[str, Callable[[Any], Any]] = {
    "bytes": _READ["bytes"],
    "json": lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(),
}


def row_decoder(section: Section, *, for_copy: bool = False) -> Callable[[list[Any]], list[Any]]:
    """Answers a function from a line's values to those that SQLAlchemy (or PostgreSQL's COPY) takes."""
    known = _COPY if for_copy else _READ
    places = [(place, known[tag]) for place, (_, tag) in enumerate(section.columns) if tag in known]

    def decode(values: list[Any]) -> list[Any]:
        for place, read in places:
            if values[place] is not None:
                values[place] = read(values[place])
        return values

    return decode
