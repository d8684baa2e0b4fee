"""The witnessed log: events in the order in which they were taken into one tree, and how far it had grown.

Append-only like the events themselves. See docs/decisions/0025 and docs/log-format.md.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


class LogLeaf(Base):
    """One event's place in the tree. No foreign key: to check one would write to the event's row."""

    __tablename__ = "log_leaf"

    index: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(_BIG, unique=True)
    # The event's hash, which is the leaf's data.
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogNode(Base):
    """The common hash of 2^level leaves, for every eighth level: proofs read few rows (see audit.merkle)."""

    __tablename__ = "log_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogKey(Base):
    """A public key of the log, in force from `since` until the next one is."""

    __tablename__ = "log_key"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # As signed notes write it: NAME+ID+BASE64.
    public: Mapped[str] = mapped_column(String(400), unique=True)
    since: Mapped[datetime]


class LogCheckpoint(Base):
    """A signed statement of how far the tree had grown; `note` is the truth, the columns repeat it.

    Every event up to position `settled` is in the tree; later ones may still be on their way.
    """

    __tablename__ = "log_checkpoint"

    number: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(_BIG)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    origin: Mapped[str] = mapped_column(String(300))
    made_at: Mapped[datetime]
    settled: Mapped[int] = mapped_column(_BIG)
    note: Mapped[str] = mapped_column(Text)


class LogCosignature(Base):
    """A witness's line under a checkpoint."""

    __tablename__ = "log_cosignature"

    checkpoint: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.number"), primary_key=True)
    witness: Mapped[str] = mapped_column(String(300), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    cosigned_at: Mapped[datetime]
