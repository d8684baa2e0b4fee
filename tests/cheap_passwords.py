"""Passwords hashed with as little work as argon2 allows: what is meant to take long takes tests longest."""

from __future__ import annotations

from argon2 import PasswordHasher

from service.identity import operations

# As the product hashes.
IN_EARNEST = operations._hasher


def hash_cheaply() -> None:
    """From now on in this process. Servers that tests start hash as ever."""
    operations._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
