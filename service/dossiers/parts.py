"""Bytes of files that are still on their way: one growing file per upload, in a folder of their own.

Nothing here is evidence yet: backups and checks do not look at it, and what is abandoned is swept away.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from service.dossiers.storage import shortage

# Longer than two characters, so that `storage.sweep` never takes it for a folder of whole files.
FOLDER = "unfinished"


def part_path(root: Path, upload_id: uuid.UUID) -> Path:
    return root / FOLDER / upload_id.hex


@contextmanager
def growing(root: Path, upload_id: uuid.UUID) -> Iterator[BinaryIO]:
    """The bytes so far, for this caller alone: whoever sends the same upload meanwhile waits here.

    Made where there are none. Raises StorageFull.
    """
    path = part_path(root, upload_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise shortage(error) from error
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def size_of(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def write_at(file: BinaryIO, offset: int, data: bytes) -> None:
    """Put `data` at `offset`, surely on disk; what a failed attempt left there goes. Raises StorageFull."""
    try:
        file.truncate(offset)
        file.seek(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise shortage(error) from error


def remove(root: Path, upload_id: uuid.UUID) -> None:
    part_path(root, upload_id).unlink(missing_ok=True)


def is_abandoned(root: Path, upload_id: uuid.UUID, age: timedelta) -> bool:
    """Whether nothing has come for so long, by the clock of the machine; also where nothing is left of it."""
    try:
        return part_path(root, upload_id).stat().st_mtime < time.time() - age.total_seconds()
    except FileNotFoundError:
        return True


def upload_ids(root: Path) -> list[uuid.UUID]:
    """The uploads of which there are bytes."""
    folder = root / FOLDER
    return [uuid.UUID(hex=path.name) for path in sorted(folder.glob("?" * 32))] if folder.is_dir() else []
