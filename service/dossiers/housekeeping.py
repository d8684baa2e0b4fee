"""What storage holds in vain: bytes whose transaction failed, uploads that nobody finished."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, exists, or_, select

from service.database import db, transaction
from service.dossiers import parts
from service.dossiers.storage import sweep
from service.models import Document, EvidenceFile, Upload

# Far longer than any upload takes until its row commits.
KEPT_UNNAMED = timedelta(days=1)
# Whoever was cut off in the afternoon goes on the next morning.
KEPT_UNFINISHED = timedelta(days=1)


def sweep_files(root: Path) -> int:
    """Remove files older than a day that no dossier and no signed document names; returns how many."""
    return sweep(root, _is_named, KEPT_UNNAMED)


def remove_unnamed(root: Path, contents: Collection[str]) -> int:
    """Of these contents, remove at once what nobody names any more; returns how many.

    One that was stored within the last day waits for `sweep_files`: somebody may be about to name it again.
    """
    return sweep(root, _is_named, KEPT_UNNAMED, only=contents)


def contents_to_forget() -> list[str]:
    """Hashes of files that retention erased and that no dossier or document names any more."""
    erased = db.session.execute(
        select(EvidenceFile.sha256)
        .distinct()
        .where(EvidenceFile.erased_at.is_not(None))
        .order_by(EvidenceFile.sha256)
    ).scalars()
    return [sha256 for sha256 in list(erased) if not _is_named(sha256)]


def sweep_uploads(root: Path) -> int:
    """Forget uploads of which nothing has come for a day, and bytes that no row knows; returns how many."""
    known = set(db.session.execute(select(Upload.id)).scalars())
    db.session.rollback()
    gone = 0
    for upload_id in sorted(known | set(parts.upload_ids(root))):
        if not parts.is_abandoned(root, upload_id, KEPT_UNFINISHED):
            continue
        with transaction() as session:
            session.execute(delete(Upload).where(Upload.id == upload_id))
        # Whoever goes on at this very moment finds no row and is told to begin anew.
        parts.remove(root, upload_id)
        gone += 1
    return gone


def _is_named(sha256: str) -> bool:
    evidence = exists().where(EvidenceFile.sha256 == sha256, EvidenceFile.erased_at.is_(None))
    signed = exists().where(Document.file_sha256 == sha256)
    named = db.session.execute(select(or_(evidence, signed))).scalar_one()
    db.session.rollback()  # each answer as of now: a row may commit while the folder is walked
    return bool(named)
