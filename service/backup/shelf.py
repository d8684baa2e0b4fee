"""The folder that backups lie in: names, chains, and the account of what the newest one knows.

20231120T050000Z-full-1f0c….age      20231120T050500Z-part-77ab….age
files/ab/ab12….age                    evidence, once each, under its SHA-256
newest.json                           rev numbers and digests only; lost, the next backup is a full one
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from service.backup.format import FORMAT, Header
from service.errors import BadInput, StorageFull, WrongState

NEWEST = "newest.json"
_NAME = re.compile(r"(?P<at>\d{8}T\d{6}\d{6}Z)-(?P<kind>full|part)-(?P<id>[0-9a-f]{16})\.age")
DIGEST = 8


@dataclass(frozen=True)
class Newest:
    """What the newest backup had seen, so that the next one can be a part."""

    id: str
    full: str
    full_made_at: str
    schema: str
    counts: dict[str, int]
    heads: dict[str, int]
    xmin: int | None = None
    cluster: str | None = None
    digests: dict[str, str] | None = None
    format: int = FORMAT

    @staticmethod
    def packed(digests: Mapping[str, set[bytes]]) -> dict[str, str]:
        return {name: b64encode(b"".join(sorted(found))).decode() for name, found in digests.items()}

    def known(self) -> dict[str, frozenset[bytes]]:
        found = {}
        for name, text in (self.digests or {}).items():
            joined = b64decode(text)
            found[name] = frozenset(joined[start : start + DIGEST] for start in range(0, len(joined), DIGEST))
        return found


class Shelf:
    """Raises StorageFull where the folder cannot be written to; what lies there is then as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def backups(self) -> list[Path]:
        """Oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    def path_for(self, header: Header) -> Path:
        at = datetime.fromisoformat(header.made_at)
        return self.folder / f"{at:%Y%m%dT%H%M%S%f}Z-{header.kind}-{header.id}.age"

    def with_id(self, identifier: str) -> Path | None:
        return next((path for path in self.backups() if id_of(path) == identifier), None)

    def file_path(self, sha256: str) -> Path:
        return self.folder / "files" / sha256[:2] / f"{sha256}.age"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One backup at a time writes here; raises WrongState while another does."""
        with self._telling():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WrongState(f"Một lần sao lưu khác đang ghi vào {self.folder}.") from error
            yield

    def write(self, path: Path, fill: Callable[[BinaryIO], None]) -> None:
        """The whole file under its name, on the disk, or nothing."""
        with self._telling():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix="incoming-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    fill(target)
                    target.flush()
                    os.fsync(target.fileno())
                temporary.replace(path)
                _sync(path.parent)
            finally:
                temporary.unlink(missing_ok=True)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageFull(
                f"Không ghi được bản sao lưu vào {self.folder} ({error.strerror}). Các bản cũ còn nguyên."
            ) from error

    def newest(self) -> Newest | None:
        """None where nothing is known for sure: no account, another format, or its backup is gone."""
        try:
            found = Newest(**orjson.loads((self.folder / NEWEST).read_bytes()))
        except (OSError, orjson.JSONDecodeError, TypeError):
            return None
        return found if found.format == FORMAT and self.with_id(found.id) else None

    def note(self, newest: Newest) -> None:
        self.write(self.folder / NEWEST, lambda target: _write(target, orjson.dumps(asdict(newest))))

    def keep(self, fulls: int) -> list[Path]:
        """Remove the chains before the newest `fulls` full backups; answers what went."""
        kept = [path for path in self.backups() if kind_of(path) == "full"][-fulls:]
        gone = [path for path in self.backups() if kept and path.name < kept[0].name]
        for path in gone:
            path.unlink()
        return gone

    def clear_leftovers(self) -> None:
        """What a killed backup began; only under the lock."""
        for leftover in self.folder.rglob("incoming-*"):
            leftover.unlink(missing_ok=True)


def id_of(path: Path) -> str:
    """The id in a backup's name; raises BadInput for another name."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise BadInput(f"{path.name} không có tên của một bản sao lưu.")
    return match["id"]


def kind_of(path: Path) -> str:
    match = _NAME.fullmatch(path.name)
    return match["kind"] if match else ""


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(data)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
