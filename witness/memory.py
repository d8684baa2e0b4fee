"""What a witness must never forget: of each log the last checkpoint that it cosigned.

One JSON file, written beside and renamed over the former one after both file and folder have reached the
disk, so that a power cut leaves the old state or the new. A damaged file is refused, never begun anew: a
witness that forgot would cosign a fork.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from witness.notes import Checkpoint, Note

FORMAT = 1


class Forgetful(Exception):  # noqa: N818 a fact about the file
    """The witness's memory is damaged, or another witness has it open; it must not go on."""


@dataclass(frozen=True)
class Seen:
    """The note as it was cosigned, with the log's signature and the witness's."""

    note: str

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse(self.note).text)


class Memory:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _read(path)

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(self._seen)

    def __getitem__(self, origin: str) -> Seen | None:
        return self._seen.get(origin)

    def keep(self, origin: str, seen: Seen) -> None:
        """Returns once the disk has it. Raises OSError where it has not; then nothing is remembered."""
        kept = self._seen | {origin: seen}
        notes = {name: one.note for name, one in sorted(kept.items())}
        content = json.dumps({"format": FORMAT, "logs": notes}, ensure_ascii=False, indent=1)
        write_durably(self._path, content.encode())
        self._seen = kept


def _read(path: Path) -> dict[str, Seen]:
    try:
        content = json.loads(path.read_bytes())
        seen = {str(origin): Seen(note) for origin, note in content["logs"].items()}
        whole = content["format"] == FORMAT and all(
            one.checkpoint.origin == origin for origin, one in seen.items()
        )
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Forgetful(f"{path}: {error}") from error
    if not whole:
        raise Forgetful(f"{path}: another format, or a note of another log")
    return seen


def write_durably(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two witnesses over one memory would each undo what the other remembers."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Forgetful(f"{folder}: another witness is using it") from error
        yield
