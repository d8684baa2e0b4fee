"""A disk that forgets what was not synced: a VFS for SQLite with a second, durable image of each file.

Every write goes to the real file, so that the service sees what it wrote; the image takes it over only when
the file is synced. After a power cut the image is what is left, with any part of the later writes on top: a
device may have written them already, in any order, and torn between sectors.

The VFS is SQLite's own with three methods replaced; layouts are from https://www.sqlite.org/c3ref/vfs.html
and https://www.sqlite.org/c3ref/io_methods.html.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path

SECTOR = 512
NAME = "losing"

# The name goes on as the pointer that it is: SQLite keeps it until the file is closed.
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", c_void_p),
        ("others", c_void_p * 15),
    )


class _Methods(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", c_void_p),
        ("xTruncate", c_void_p),
        ("xSync", c_void_p),
        ("others", c_void_p * 13),
    )


class _File(Structure):
    _fields_ = (("pMethods", POINTER(_Methods)),)


def sqlite_library() -> ctypes.CDLL | None:
    """The SQLite that this interpreter's sqlite3 module calls; None where it keeps its symbols to itself."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    return library if hasattr(library, "sqlite3_vfs_register") else None


class LosingDisk:
    """`images`: durable content by path. `pending`: writes since the last sync: (offset, bytes), in order."""

    def __init__(self) -> None:
        self.images: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[int, bytes | None]]] = {}
        self.syncs = 0
        self._paths: dict[int, str] = {}
        self._kept: list[object] = []  # what C points to must not be collected

    def forget_unsynced(self, folder: Path, chance: random.Random | None = None) -> None:
        """The power is cut: write what is left into `folder`, under the files' own names.

        With `chance` some of what was not synced is there all the same, some of it torn.
        """
        for path, image in self.images.items():
            left = bytearray(image)
            for offset, content in self.pending[path] if chance else ():
                if chance and chance.random() < 0.5:
                    whole = chance.random() < 0.7
                    kept = None if content is None else content if whole else _torn(content, chance)
                    _put(left, offset, kept)
            if left or path.endswith(".db"):
                (folder / Path(path).name).write_bytes(left)

    def opened(self, file: int, path: str) -> None:
        self._paths[file] = path
        if path not in self.images:
            known = Path(path)
            self.images[path] = bytearray(known.read_bytes() if known.exists() else b"")
            self.pending[path] = []

    def written(self, file: int, offset: int, content: bytes | None) -> None:
        """`content` None: truncated to `offset`."""
        if path := self._paths.get(file):
            self.pending[path].append((offset, content))

    def synced(self, file: int) -> None:
        if path := self._paths.get(file):
            self.syncs += 1
            for offset, content in self.pending[path]:
                _put(self.images[path], offset, content)
            self.pending[path] = []


def _put(image: bytearray, offset: int, content: bytes | None) -> None:
    if content is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(content)] = content


def _torn(content: bytes, chance: random.Random) -> bytes:
    """The first sectors only."""
    return content[: SECTOR * chance.randint(0, len(content) // SECTOR)] or content[:0]


@contextmanager
def losing_disk() -> Iterator[LosingDisk]:
    """SQLite's `vfs=losing` while this is open."""
    library = sqlite_library()
    if library is None:
        raise RuntimeError("this interpreter's SQLite keeps its symbols to itself")
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    usual = library.sqlite3_vfs_find(None)
    disk = LosingDisk()
    ours = _Vfs()
    ctypes.memmove(ctypes.byref(ours), usual, ctypes.sizeof(_Vfs))
    real_open = _OPEN(usual.contents.xOpen)
    methods: dict[int, _Methods] = {}

    def replaced(original: ctypes._Pointer[_Methods]) -> _Methods:
        real = original.contents
        write, truncate, sync = _WRITE(real.xWrite), _TRUNCATE(real.xTruncate), _SYNC(real.xSync)

        def on_write(file: int, buffer: int, amount: int, offset: int) -> int:
            disk.written(file, offset, ctypes.string_at(buffer, amount))
            return int(write(file, buffer, amount, offset))

        def on_truncate(file: int, size: int) -> int:
            disk.written(file, size, None)
            return int(truncate(file, size))

        def on_sync(file: int, flags: int) -> int:
            # To the real disk nothing needs to be forced: it is not the one that loses power.
            disk.synced(file)
            return 0

        hooks = (_WRITE(on_write), _TRUNCATE(on_truncate), _SYNC(on_sync))
        copy = _Methods()
        ctypes.memmove(ctypes.byref(copy), original, ctypes.sizeof(_Methods))
        copy.xWrite, copy.xTruncate, copy.xSync = (ctypes.cast(hook, c_void_p) for hook in hooks)
        disk._kept.extend((*hooks, write, truncate, sync, copy))
        return copy

    def on_open(_vfs: int, name: int | None, file: int, flags: int, out: ctypes._Pointer[c_int]) -> int:
        code = int(real_open(ctypes.cast(usual, c_void_p), name, file, flags, out))
        handle = ctypes.cast(file, POINTER(_File)).contents
        if code == 0 and name is not None and handle.pMethods:
            address = ctypes.addressof(handle.pMethods.contents)
            if address not in methods:
                methods[address] = replaced(handle.pMethods)
            handle.pMethods = ctypes.pointer(methods[address])
            disk.opened(file, ctypes.string_at(name).decode())
        return code

    hook = _OPEN(on_open)
    ours.xOpen = ctypes.cast(hook, c_void_p)
    ours.zName = NAME.encode()
    disk._kept.extend((hook, real_open, ours))
    library.sqlite3_vfs_register(ctypes.byref(ours), 0)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(ours))
