"""Files on disk under their SHA-256: written whole or not at all, never overwritten.

A file is stored before the row that names it commits, so a transaction that fails leaves bytes that nobody
names; `sweep` takes those away once they are old. Stores and sweeps exclude each other by a lock on the
folder, and storing what is there makes it young again: what somebody is about to name is never swept.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from service.errors import NotFound, StorageFull, TooLarge
from service.wording import _

CHUNK = 1024 * 1024
HEAD = 8192


@dataclass(frozen=True)
class StoredBytes:
    """`head` is the beginning of the content, for recognising its type."""

    sha256: str
    size: int
    head: bytes


def store(
    root: Path,
    stream: BinaryIO,
    largest: int,
    inspect: Callable[[StoredBytes, Path], None] | None = None,
) -> StoredBytes:
    """Read `stream` to its end into storage; raises TooLarge beyond `largest` bytes, StorageFull.

    `inspect(stored, path)` sees the whole content before it is taken in; if it raises, nothing stays.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=root, prefix="incoming-")
    except OSError as error:
        raise shortage(error) from error
    temporary = Path(name)
    try:
        digest, size, head = hashlib.sha256(), 0, b""
        with os.fdopen(handle, "wb") as target:
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                size += len(chunk)
                if size > largest:
                    raise TooLarge(
                        _(
                            "Tệp lớn hơn %(largest)s MB. Hãy nén hoặc chia nhỏ tệp.",
                            largest=largest // (1024 * 1024),
                        )
                    )
                head = head or chunk[:HEAD]
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        stored = StoredBytes(digest.hexdigest(), size, head)
        if inspect is not None:
            inspect(stored, temporary)
        with _folder(root, fcntl.LOCK_SH):
            _take_in(root, temporary, path_of(root, stored.sha256))
        return stored
    except OSError as error:
        raise shortage(error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _take_in(root: Path, temporary: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():
        os.utime(final)
    else:
        temporary.replace(final)
    # Also for bytes that were there: whoever brought them may not have come as far as this.
    _sync_directory(final.parent)
    _sync_directory(root)


def sweep(
    root: Path,
    named: Callable[[str], bool],
    older_than: timedelta,
    *,
    only: Collection[str] | None = None,
) -> int:
    """Remove what was stored longer than `older_than` ago and is not `named(sha256)`; returns how many.

    Uploads that were cut off go too; `only`: no more than these contents are looked at. The age is the
    file's own, by the clock of the machine that holds it.
    """
    if not root.is_dir():
        return 0
    gone = 0
    everything = sorted(root.glob("incoming-*")) + sorted(root.glob("??/*")) if only is None else []
    for path in everything or [path_of(root, sha256) for sha256 in sorted(only or ())]:
        unfinished = path.name.startswith("incoming-")
        if not _is_old(path, older_than) or (not unfinished and named(path.name)):
            continue
        with _folder(root, fcntl.LOCK_EX):
            # Looked at again behind the lock: somebody may have stored the same bytes meanwhile.
            if _is_old(path, older_than):
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _is_old(path: Path, age: timedelta) -> bool:
    try:
        return path.stat().st_mtime < time.time() - age.total_seconds()
    except FileNotFoundError:
        return False


@contextmanager
def _folder(root: Path, kind: int) -> Iterator[None]:
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def path_of(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def read(root: Path, sha256: str) -> Iterator[bytes]:
    """The content in chunks; raises NotFound before the first chunk when it is not there."""
    path = path_of(root, sha256)
    if not path.is_file():
        raise NotFound(_("Tệp không còn trong kho lưu trữ; hãy báo quản trị viên."))
    return _chunks(path)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        yield from iter(lambda: source.read(CHUNK), b"")


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def shortage(error: OSError) -> Exception:
    """StorageFull where the disk has no room or refuses to be written; anything else as it is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
        return StorageFull()
    return error
