"""The sequencer: committed events become leaves of the one tree, and how far it has grown is signed.

It runs beside the hot path, which knows nothing of it. Any number of processes may try: an advisory lock (on
SQLite the write lock) lets one of them append at a time. See docs/decisions/0025 for why nothing is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from service.audit.log_keys import ready_key
from service.audit.merkle import Edge, leaf_hash
from service.audit.tree import CHECKPOINT, LEAF, NODE, is_my_turn, last_checkpoint, stored_hashes, tree_size
from service.config import Settings
from service.database import AnyRow, db, table_of, transaction
from service.models import Event, LogCheckpoint
from witness.notes import Checkpoint, Note, PrivateKey

LEAVES_AT_ONCE = 1000
_EVENT = table_of(Event)

# A transaction that may still commit an event whose position it holds already has this lock on the table.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relation = to_regclass('event')"
)


@dataclass
class Settling:
    """Up to which position no event can appear any more; of one process, losing it costs time only.

    PostgreSQL gives positions away before commits, and commits come in another order. `upper` was visible
    when `writers` were still under way: once they have all ended, everything up to `upper` is committed or
    never will be.
    """

    upper: int = 0
    writers: frozenset[str] = field(default_factory=frozenset)

    def look(self, connection: Connection) -> int:
        """The position that is settled by now; a new look begins where the former one has ended."""
        if connection.dialect.name == "sqlite":
            return _highest(connection)  # one writer at a time: positions are commits' order
        if not self.upper:
            self._begin(connection)
        if self.writers & _writers(connection):
            return 0
        settled = self.upper
        self._begin(connection)
        return settled

    def _begin(self, connection: Connection) -> None:
        # In this order, each as of its own moment.
        self.upper = _highest(connection)
        self.writers = _writers(connection)


def keep_log(
    configured: Settings, now: datetime, settling: Settling, keep_on: Callable[[], bool] = lambda: True
) -> int:
    """Take every committed event into the tree and sign how far it has grown; how many leaves were added."""
    settled = _settled_by_now(settling)
    added, complete = 0, False
    while not complete and keep_on():
        taken = sequence_events()
        if taken is None:
            break
        added, complete = added + taken, taken < LEAVES_AT_ONCE
    sign_checkpoint(configured, now, settled=settled if complete else 0)
    return added


def _settled_by_now(settling: Settling) -> int:
    db.session.rollback()
    settled = settling.look(db.session.connection())
    db.session.rollback()
    return settled


def sequence_events() -> int | None:
    """Up to LEAVES_AT_ONCE committed events that are not in the tree become its next leaves.

    In the order of their positions; how many, fewer than LEAVES_AT_ONCE only where that is all. None while
    another process is at it. Two statements when there are none.
    """
    after = _settled_before()
    if not _unsequenced(after, 1):
        return 0
    with transaction() as session:
        connection = session.connection()
        if not is_my_turn(connection):
            return None
        events = _unsequenced(_settled_before(), LEAVES_AT_ONCE)
        if not events:
            return 0
        edge = Edge.of(tree_size(), stored_hashes)
        leaves, nodes = [], []
        for event in events:
            leaves.append({"index": edge.size, "position": event.position, "hash": bytes(event.hash)})
            for level, index, found in edge.append(leaf_hash(bytes(event.hash))):
                nodes.append({"level": level, "index": index, "hash": found})
        connection.execute(insert(LEAF), leaves)
        if nodes:
            connection.execute(insert(NODE), nodes)
        return len(leaves)


def sign_checkpoint(configured: Settings, now: datetime, *, settled: int = 0) -> None:
    """Make a checkpoint if the tree has grown, or the key is another, since the last one.

    `settled` is the position up to which the tree is known to be complete. Raises WrongState and
    BadConfiguration where no key may sign (see log_keys.ready_key).
    """
    size = tree_size()
    if not size:
        return
    key = ready_key(configured, now)
    last = last_checkpoint()
    if last is not None and last.size == size and _is_signed_with(key, last):
        return
    # Root and signature are made before the lock: what is in the tree does not change.
    checkpoint = Checkpoint(key.public.name, size, Edge.of(size, stored_hashes).root())
    body = str(checkpoint)
    row = {
        "number": last.number + 1 if last else 1,
        "size": size,
        "root": checkpoint.root,
        "origin": checkpoint.origin,
        "made_at": max(now, last.made_at) if last else now,
        "settled": max(settled, last.settled) if last else settled,
        "note": f"{body}\n{key.signature_line(body)}",
    }
    with transaction() as session:
        connection = session.connection()
        if not is_my_turn(connection):
            return
        newest = last_checkpoint()
        if (newest.number if newest else 0) == (last.number if last else 0):
            connection.execute(insert(CHECKPOINT), row)


def _is_signed_with(key: PrivateKey, checkpoint: LogCheckpoint) -> bool:
    key_id = key.public.id
    return any(signature.key_id == key_id for signature in Note.parse(checkpoint.note).signatures)


def _settled_before() -> int:
    query = select(CHECKPOINT.c.settled).order_by(CHECKPOINT.c.number.desc()).limit(1)
    return db.session.execute(query).scalar() or 0


def _unsequenced(after: int, most: int) -> Sequence[AnyRow]:
    query = (
        select(_EVENT.c.position, _EVENT.c.hash)
        .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
        .where(_EVENT.c.position > after, LEAF.c.position.is_(None))
        .order_by(_EVENT.c.position)
        .limit(most)
    )
    return db.session.execute(query).all()


def _highest(connection: Connection) -> int:
    return connection.execute(select(func.max(_EVENT.c.position))).scalar() or 0


def _writers(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(_WRITERS).scalars())
