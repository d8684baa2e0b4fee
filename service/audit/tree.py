"""Reading the stored tree: its size, its hashes, its last checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from service.audit.merkle import leaf_hash
from service.database import db, table_of
from service.models import LogCheckpoint, LogCosignature, LogLeaf, LogNode

LEAF, NODE, CHECKPOINT = table_of(LogLeaf), table_of(LogNode), table_of(LogCheckpoint)


# Any number that nothing else in the database locks.
_ONE_AT_A_TIME = 8_246_311_906


def is_my_turn(connection: Connection) -> bool:
    """Whether this transaction is the only one that adds to the tree, until its end."""
    if connection.dialect.name == "sqlite":
        return True  # it has the write lock
    taken = connection.execute(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME))).scalar_one()
    return bool(taken)


def await_turn(connection: Connection) -> None:
    """As `is_my_turn`, after whoever is at it has ended."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def stored_hashes(level: int, first: int, after: int) -> Sequence[bytes]:
    """For `service.audit.merkle`; fewer where some are missing."""
    table = NODE if level else LEAF
    query = (
        select(table.c.hash)
        .where(table.c.index >= first, table.c.index < after, *([NODE.c.level == level] if level else []))
        .order_by(table.c.index)
    )
    found = db.session.execute(query).scalars()
    return [bytes(one) if level else leaf_hash(bytes(one)) for one in found]


def tree_size() -> int:
    last = db.session.execute(select(func.max(LEAF.c.index))).scalar()
    return 0 if last is None else last + 1


def last_checkpoint() -> LogCheckpoint | None:
    return db.session.scalars(
        select(LogCheckpoint).order_by(LogCheckpoint.number.desc()).limit(1)
    ).one_or_none()


def signed_note(checkpoint: LogCheckpoint) -> str:
    """The checkpoint with every signature that it has: the log's, then those of witnesses."""
    lines = db.session.scalars(
        select(LogCosignature.line)
        .where(LogCosignature.checkpoint == checkpoint.number)
        .order_by(LogCosignature.witness)
    )
    return checkpoint.note + "".join(lines)
