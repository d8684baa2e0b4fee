"""Encryption (age, X25519 recipients) and compression (zstd) of a stream, in memory of constant size.

Format of the outer layer: https://age-encryption.org/v1. Each 64 KiB is authenticated on its own, and so is
the end; a passphrase is not offered, since the library would need the whole backup in memory for it.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import pyrage
import zstandard

from service.errors import BadConfiguration, BadInput

Recipient: TypeAlias = pyrage.x25519.Recipient
Identity: TypeAlias = pyrage.x25519.Identity

COMPRESSION = 3
BLOCK = 256 * 1024


def recipients_of(keys: Iterable[str]) -> list[Recipient]:
    """Public keys ("age1…"); raises BadConfiguration naming the first that is none, or when there is none."""
    found = []
    for key in keys:
        try:
            found.append(pyrage.x25519.Recipient.from_str(key))
        except pyrage.RecipientError:
            raise BadConfiguration(f"{key!r} không phải khóa công khai age (age1…).") from None
    if not found:
        raise BadConfiguration(
            "Chưa có khóa công khai để mã hóa bản sao lưu: đặt BACKUP_RECIPIENT hoặc --recipient age1… "
            "(tạo khóa bằng `congnhan backup keygen`)."
        )
    return found


def identities_in(path: Path) -> list[Identity]:
    """The secret keys in a file as `congnhan backup keygen` or age-keygen writes it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"Không đọc được tệp khóa {path}.") from error
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError:
        raise BadInput(f"{path} không phải tệp khóa age (AGE-SECRET-KEY-1…).") from None
    if not found:
        raise BadInput(f"{path} không có khóa nào.")
    return found


def seal(chunks: Iterable[bytes], target: BinaryIO, recipients: Sequence[Recipient]) -> None:
    """Write `chunks`, compressed and encrypted, to `target`; raises what either of them raises."""
    source, sink = _Pull(_compressed(chunks)), _Push(target)
    try:
        pyrage.encrypt_io(source, sink, list(recipients))
    except (pyrage.EncryptError, OSError):
        raised = source.raised or sink.raised
        if raised is None:
            raise
        raise raised from None


def _compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zstandard.ZstdCompressor(level=COMPRESSION, write_checksum=True).compressobj()
    for chunk in chunks:
        if packed := compressor.compress(chunk):
            yield packed
    yield compressor.flush()


@contextmanager
def unsealed(path: Path, identities: Sequence[Identity]) -> Iterator[BinaryIO]:
    """The plain stream of a sealed file. Raises BadInput: the wrong key, cut short, tampered with.

    Reading may stop early; whoever reads to the end is told on leaving if it was not the true end.
    """
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def decrypt() -> None:
        with os.fdopen(write_end, "wb") as pipe:
            sink = _Push(pipe)
            try:
                with path.open("rb") as source:
                    pyrage.decrypt_io(source, sink, list(identities))
            except (OSError, pyrage.DecryptError) as error:
                if sink.raised is None:  # else nobody reads on, which is no failure
                    failed.append(error)
            with suppress(BrokenPipeError):
                pipe.flush()

    thread = threading.Thread(target=decrypt, name="unseal")
    thread.start()
    pipe = os.fdopen(read_end, "rb")
    try:
        plain = zstandard.ZstdDecompressor().stream_reader(pipe, read_across_frames=True)
        yield cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", plain), BLOCK))
    finally:
        pipe.close()
        thread.join()
        if failed:
            raise BadInput(_why(path, failed[0])) from failed[0]


def _why(path: Path, error: BaseException) -> str:
    if isinstance(error, pyrage.DecryptError) and "matching" in str(error):
        return f"{path.name}: khóa giải mã này không mở được bản sao lưu."
    if isinstance(error, FileNotFoundError):
        return f"Không có tệp {path}."
    if isinstance(error, pyrage.DecryptError):
        return f"{path.name}: không phải bản sao lưu, hoặc phần đầu bị hỏng."
    return f"{path.name}: bản sao lưu bị cắt ngắn hoặc đã bị sửa; không dùng được."


class _Pull:
    """A file to read from, filled by an iterator."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")
        self.raised: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.raised = error
            raise
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken.tobytes()


class _Push:
    """A file to write to that keeps what went wrong, which the library would only tell as text."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.raised: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._target.write(data)
        except BaseException as error:
            self.raised = error
            raise

    def flush(self) -> None:
        self._target.flush()
