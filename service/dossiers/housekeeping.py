"""What storage holds in vain: bytes whose transaction failed after they were written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import exists, or_, select

from service.database import db
from service.dossiers.storage import sweep
from service.models import Document, EvidenceFile

# Far longer than any upload takes until its row commits.
KEPT_UNNAMED = timedelta(days=1)


def sweep_files(root: Path) -> int:
    """Remove files that no dossier and no signed document names and that are older than a day; returns how many."""
    return sweep(root, _is_named, KEPT_UNNAMED)


def _is_named(sha256: str) -> bool:
    evidence = exists().where(EvidenceFile.sha256 == sha256)
    signed = exists().where(Document.file_sha256 == sha256)
    named = db.session.execute(select(or_(evidence, signed))).scalar_one()
    db.session.rollback()  # each answer as of now: a row may commit while the folder is walked
    return bool(named)
