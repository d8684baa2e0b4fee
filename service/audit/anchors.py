"""How far the log had grown when something was signed: printed on paper, it holds the log from outside."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import select

from service.audit.tree import CHECKPOINT, last_checkpoint
from service.database import db
from service.models import LogCheckpoint, LogCosignature


def log_as_signed() -> dict[str, Any] | None:
    """The last checkpoint that a witness has signed, else the last one; None before the first.

    `origin`, `size`, `root` (base64, as a checkpoint writes it), `short` (its first 64 bits for people) and
    `witnesses` (their names).
    """
    cosigned = db.session.scalars(
        select(LogCheckpoint)
        .where(CHECKPOINT.c.number.in_(select(LogCosignature.checkpoint)))
        .order_by(CHECKPOINT.c.number.desc())
        .limit(1)
    ).one_or_none()
    checkpoint = cosigned or last_checkpoint()
    if checkpoint is None:
        return None
    names = select(LogCosignature.witness).where(LogCosignature.checkpoint == checkpoint.number)
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode("ascii"),
        "short": short_root(checkpoint.root),
        "witnesses": sorted(db.session.scalars(names)),
    }


def short_root(root: bytes) -> str:
    """The first 64 bits in groups of four digits, to be read out and compared by eye."""
    digits = root[:8].hex()
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))
