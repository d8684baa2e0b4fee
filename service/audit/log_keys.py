"""The log's key: private in a file of the server, public in a table that keeps the former ones as well.

The file is in no backup: whoever restores elsewhere gives the log a new key, and its history shows that.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from sqlalchemy import insert, select

from service.audit.tree import await_turn
from service.config import Settings
from service.database import db, transaction
from service.errors import BadConfiguration, WrongState
from service.models import LogKey
from witness.notes import LOG_ALGORITHM, Malformed, PrivateKey, PublicKey


@dataclass(frozen=True)
class KeyInForce:
    """`until` None: the key of today."""

    key: PublicKey
    since: datetime
    until: datetime | None


def known_keys() -> list[KeyInForce]:
    """Every key that the log has had, the first one first. Raises Malformed for a row that is no key."""
    rows = db.session.execute(select(LogKey.public, LogKey.since).order_by(LogKey.number)).all()
    ends = [*(row.since for row in rows[1:]), None] if rows else []
    return [
        KeyInForce(PublicKey.parse(row.public), row.since, end) for row, end in zip(rows, ends, strict=True)
    ]


def key_at(keys: Sequence[KeyInForce], moment: datetime) -> PublicKey | None:
    """The key in force at that moment; in the moment of a rotation the later one."""
    return next((one.key for one in reversed(keys) if one.since <= moment), None)


def stored_key(path: Path) -> PrivateKey | None:
    """The private key; None where there is no file. Raises BadConfiguration for a file that is none."""
    try:
        key = PrivateKey.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path}: không đọc được khóa của nhật ký ({error}).") from error
    if key.algorithm != LOG_ALGORITHM:
        raise BadConfiguration(f"{path}: không phải khóa của nhật ký.")
    return key


def ready_key(configured: Settings, now: datetime) -> PrivateKey:
    """The key that signs, known to the table; made where the log has never had one.

    Raises WrongState where the file is missing though there was a key, or holds a former one, or the name of
    the log would change: what that means is for people to decide (`congnhan audit key`).
    """
    path, keys = configured.log_key_path, known_keys()
    key = stored_key(path)
    if key is None:
        if keys:
            raise WrongState(
                f"Không thấy khóa của nhật ký ở {path}. Hãy đưa tệp khóa về chỗ cũ, hoặc đổi khóa: "
                "congnhan audit key --rotate"
            )
        key = _made(path, configured.log_name or _name(configured), replace=False)
    _register(key, now)
    return key


def rotate_key(configured: Settings, now: datetime) -> PrivateKey:
    """A new key under the same name; the old private key is gone, its public one stays known."""
    keys = known_keys()
    former = stored_key(configured.log_key_path)
    name = keys[-1].key.name if keys else former.name if former else configured.log_name or _name(configured)
    key = _made(configured.log_key_path, name, replace=True)
    _register(key, now)
    return key


def _register(key: PrivateKey, now: datetime) -> None:
    public = str(key.public)
    known = [str(one.key) for one in known_keys()]
    if known and known[-1] == public:
        return
    with transaction() as session:
        await_turn(session.connection())
        rows = session.execute(select(LogKey.public, LogKey.since).order_by(LogKey.number)).all()
        if rows and rows[-1].public == public:
            return
        if any(row.public == public for row in rows):
            raise WrongState(
                "Tệp khóa của nhật ký là một khóa đã thôi dùng; hãy đưa khóa hiện hành về chỗ cũ."
            )
        if rows and PublicKey.parse(rows[-1].public).name != key.name:
            raise WrongState("Khóa mới mang tên khác: nhật ký không đổi tên được.")
        since = max([now, *(row.since for row in rows)])
        session.execute(insert(LogKey).values(number=len(rows) + 1, public=public, since=since))


def _name(configured: Settings) -> str:
    """Unlike that of any other log: a witness knows its logs by it."""
    host = urlsplit(configured.public_url).netloc
    return f"{host}/nhat-ky" if host else f"congnhan-{token_hex(8)}/nhat-ky"


def _made(path: Path, name: str, *, replace: bool) -> PrivateKey:
    try:
        key = PrivateKey.new(name, LOG_ALGORITHM)
    except Malformed as error:
        raise BadConfiguration(f"CONGNHAN_LOG_NAME: {name!r} không làm tên nhật ký được.") from error
    temporary = path.with_name(f"{path.name}.{token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(key.as_text() + "\n")
            target.flush()
            os.fsync(target.fileno())
        if replace:
            temporary.replace(path)
            return key
        try:
            # link, not rename: of two processes starting at once the first one's key must stay.
            os.link(temporary, path)
        finally:
            temporary.unlink()
    except FileExistsError:
        return stored_key(path) or key
    except OSError as error:
        raise BadConfiguration(f"{path}: không ghi được khóa của nhật ký ({error.strerror}).") from error
    return key
