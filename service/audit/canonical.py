"""Canonical JSON (RFC 8785) of what the log stores: the stored bytes are the hashed bytes.

Our documents hold no floats (decimals and large integers are strings), and for such documents orjson with
sorted keys writes exactly what RFC 8785 asks as long as keys are ASCII; anything else goes to the reference
implementation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
import rfc8785

SAFE_INTEGER = 2**53 - 1


def canonical(document: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes; raises ValueError for floats and integers beyond 2^53-1."""
    if _is_plain(document):
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return rfc8785.dumps(dict(document))


def _is_plain(document: Mapping[str, Any]) -> bool:
    """Whether orjson's output is already canonical; refuses what a log must not hold, wherever it stands."""
    plain = True
    found: list[Any] = [document]
    for value in found:  # grows by what its containers hold
        if value is None or isinstance(value, str | bool):
            continue
        if isinstance(value, int):
            if abs(value) > SAFE_INTEGER:
                raise ValueError("a large integer must be written as a string")
        elif isinstance(value, list | tuple):
            found.extend(value)
        elif isinstance(value, Mapping):
            plain = plain and all(isinstance(key, str) and key.isascii() for key in value)
            found.extend(value.values())
        else:
            raise ValueError(f"{type(value).__name__} has no canonical form; write decimals as strings")
    return plain


def chain_hash(previous: bytes, body: bytes) -> bytes:
    """SHA-256 over the 32 bytes of the previous hash followed by the body."""
    return hashlib.sha256(previous + body).digest()


def as_bytes(stored: object) -> bytes:
    """What a column of bytes holds; a tampered cell may be text."""
    return bytes(stored) if isinstance(stored, bytes | memoryview) else str(stored).encode()


def salted_digest(salt: bytes, content: bytes) -> str:
    return hashlib.sha256(salt + content).hexdigest()
