"""Ed25519 (RFC 8032) over Python's integers: to sign and to verify a few short texts per minute.

Checking is strict: canonical encodings only, S below the group's order, no point of small order as a key.
Signing multiplies the base by random halves of its secrets; what is left of Python's own unevenness is a
reason never to sign a text that a stranger chooses (docs/decisions/0025 and 0027).
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from typing import TypeAlias

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

# Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
Point: TypeAlias = tuple[int, int, int, int]
Table: TypeAlias = tuple[tuple[Point, ...], ...]
NEUTRAL: Point = (0, 1, 1, 0)
WINDOW = 4


def new_seed() -> bytes:
    """A private key: 32 bytes of the operating system's randomness."""
    return secrets.token_bytes(32)


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that belong to a private key."""
    scalar, _ = _expanded(seed)
    return _times_base(scalar)


def sign(seed: bytes, message: bytes) -> bytes:
    """The 64 bytes of the signature; the same for the same message."""
    scalar, prefix = _expanded(seed)
    public = _times_base(scalar)
    nonce = _number(prefix, message) % ORDER
    commitment = _times_base(nonce)
    challenge = _number(commitment, public, message) % ORDER
    return commitment + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the key's over `message`; anything malformed is not."""
    if len(public) != 32 or len(signature) != 64:
        return False
    table = _key_table(public)
    s = int.from_bytes(signature[32:], "little")
    if table is None or s >= ORDER:
        return False
    challenge = _number(signature[:32], public, message) % ORDER
    # R = S·B − k·A, with −k as a scalar of its own.
    found = _add(_multiplied(_base_table(), s), _multiplied(table, ORDER - challenge))
    return _encoded(found) == signature[:32]


def _times_base(secret: int) -> bytes:
    """In two random halves, each as long as any other: how long it takes says nothing about the secret."""
    half = secrets.randbelow(ORDER)
    table = _base_table()
    return _encoded(_add(_multiplied(table, half), _multiplied(table, (secret - half) % ORDER)))


def _number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def _expanded(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & (2**254 - 8) | 2**254, digest[32:]


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _table(point: Point) -> Table:
    """For each place of four bits its sixteen multiples: a product is then 64 additions."""
    rows = []
    for _ in range(256 // WINDOW):
        row = [NEUTRAL]
        for _ in range(2**WINDOW - 1):
            row.append(_add(row[-1], point))
        rows.append(tuple(row))
        point = _add(row[-1], point)
    return tuple(rows)


def _multiplied(table: Table, scalar: int) -> Point:
    found = NEUTRAL
    for row in table:
        found = _add(found, row[scalar & (2**WINDOW - 1)])
        scalar >>= WINDOW
    return found


@lru_cache(maxsize=1)
def _base_table() -> Table:
    y = 4 * pow(5, P - 2, P) % P
    x = _x_of(y, 0)
    if x is None:
        raise AssertionError("the base point is on the curve")
    return _table((x, y, 1, x * y % P))


@lru_cache(maxsize=64)
def _key_table(public: bytes) -> Table | None:
    """None where the bytes are no key: no point, not canonical, or of small order."""
    y = int.from_bytes(public, "little")
    sign_of_x, y = y >> 255, y & (2**255 - 1)
    if y >= P or (x := _x_of(y, sign_of_x)) is None:
        return None
    point: Point = (x, y, 1, x * y % P)
    eightfold = point
    for _ in range(3):
        eightfold = _add(eightfold, eightfold)
    return None if eightfold[0] == 0 else _table(point)


def _x_of(y: int, sign_of_x: int) -> int | None:
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - squared) % P or (x == 0 and sign_of_x):
        return None
    return P - x if x & 1 != sign_of_x else x


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
