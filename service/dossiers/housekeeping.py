"""What storage holds in vain: bytes whose transaction failed after they were written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import exists, select

from service.database import db
from service.dossiers.storage import sweep
from service.models import EvidenceFile

# Far longer than any upload takes until its row commits.
KEPT_UNNAMED = timedelta(days=1)


def sweep_files(root: Path) -> int:
    """Remove files that no dossier names and that are older than a day; returns how many."""
    return sweep(root, _is_named, KEPT_UNNAMED)


def _is_named(sha256: str) -> bool:
    named = db.session.execute(select(exists().where(EvidenceFile.sha256 == sha256))).scalar_one()
    db.session.rollback()  # each answer as of now: a row may commit while the folder is walked
    return bool(named)
