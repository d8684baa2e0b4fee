"""Files on disk under their SHA-256: written whole or not at all, never overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from service.errors import NotFound, StorageFull, TooLarge

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
        raise _shortage(error) from error
    temporary = Path(name)
    try:
        digest, size, head = hashlib.sha256(), 0, b""
        with os.fdopen(handle, "wb") as target:
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                size += len(chunk)
                if size > largest:
                    raise TooLarge(f"Tệp lớn hơn {largest // (1024 * 1024)} MB. Hãy nén hoặc chia nhỏ tệp.")
                head = head or chunk[:HEAD]
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        stored = StoredBytes(digest.hexdigest(), size, head)
        if inspect is not None:
            inspect(stored, temporary)
        final = path_of(root, stored.sha256)
        final.parent.mkdir(parents=True, exist_ok=True)
        if not final.exists():
            temporary.replace(final)
            _sync_directory(final.parent)
        return stored
    except OSError as error:
        raise _shortage(error) from error
    finally:
        temporary.unlink(missing_ok=True)


def path_of(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def read(root: Path, sha256: str) -> Iterator[bytes]:
    """The content in chunks; raises NotFound before the first chunk when it is not there."""
    path = path_of(root, sha256)
    if not path.is_file():
        raise NotFound("Tệp không còn trong kho lưu trữ; hãy báo quản trị viên.")
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


def _shortage(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
        return StorageFull()
    return error
