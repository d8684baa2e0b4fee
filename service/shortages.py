"""Which database errors pass by themselves, told by their codes; and what to call them.

PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html. SQLite: its primary result codes,
https://www.sqlite.org/rescode.html.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import ConnectionLost, Disturbed, StorageFull, Unavailable

# Serialization failure, deadlock: the server has undone all of it for another transaction's sake.
_UNDONE = ("40001", "40P01")
# Connection failures; the server stops, restarts or starts; the session idled too long in a transaction.
_LOST = ("08", "57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04")
# Disk full, input/output error, read-only: nothing can be written for now.
_UNWRITABLE = ("53100", "58030", "25006")
# Other shortages of the server; a lock or a statement that took longer than we are willing to wait.
_BUSY = ("53", "55P03", "57014")

_SQLITE_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SQLITE_UNWRITABLE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
)


def as_shortage(error: BaseException) -> Unavailable | None:
    """The domain's word for a database error that goes away by itself; None for any other."""
    if isinstance(error, PoolTimeout):
        return Unavailable()
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    return of_driver(error.orig)


def of_driver(driver: BaseException) -> Unavailable | None:
    """The same for an error that came past SQLAlchemy (PostgreSQL's COPY)."""
    if isinstance(driver, sqlite3.Error):
        return _of_sqlite(driver)
    if (state := getattr(driver, "sqlstate", None)) is not None:
        return _of_postgresql(str(state))
    if type(driver).__name__ in ("OperationalError", "InterfaceError"):
        return ConnectionLost()  # a connection that is gone, or never came about, has no code
    return _by_its_words(str(driver))


def _of_postgresql(state: str) -> Unavailable | None:
    if state in _UNDONE:
        return Disturbed()
    if state.startswith(_LOST):
        return ConnectionLost()
    if state in _UNWRITABLE:
        return StorageFull()
    return Unavailable() if state.startswith(_BUSY) else None


def _of_sqlite(error: sqlite3.Error) -> Unavailable | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return _by_its_words(str(error))
    primary = code & 0xFF
    if primary in _SQLITE_UNWRITABLE:
        return StorageFull()
    return Unavailable() if primary in _SQLITE_BUSY else None


def _by_its_words(text: str) -> Unavailable | None:
    """For drivers that lose the code on the way."""
    text = text.lower()
    if any(word in text for word in ("full", "no space", "readonly", "disk i/o", "unable to open")):
        return StorageFull()
    return Unavailable() if "locked" in text or "busy" in text else None
