"""The Merkle tree over the log's events (RFC 6962 §2.1): its root, and proofs of what is in it.

Pure: the tree is read through a function that gives stored hashes. Kept are the leaves' hashes (level 0) and
of every 256 nodes their common one (levels 8, 16, …), so that appending and proving cost O(log n).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from witness.proofs import EMPTY_ROOT, is_consistent, is_included, leaf_hash, node_hash

__all__ = [
    "EMPTY_ROOT",
    "Edge",
    "consistency_proof",
    "inclusion_proof",
    "is_consistent",
    "is_included",
    "leaf_hash",
    "root_of",
    "tree_root",
]

# Every eighth level is stored: an eighth of a path is computed from at most 256 hashes.
LEVELS_APART = 8

# Answers the hashes `first` to `after` (not included) of a stored level.
Stored: TypeAlias = Callable[[int, int, int], Sequence[bytes]]


class Edge:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first."""

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self._roots = list(roots)

    @classmethod
    def of(cls, size: int, stored: Stored) -> Edge:
        """The edge of the first `size` leaves of a stored tree."""
        return cls(size, [_complete(level, first, stored) for level, first in _subtrees(0, size)])

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take one more leaf's hash; what is complete now and to be stored: (level, index, hash)."""
        index, level = self.size, 0
        self.size += 1
        while index & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            index, level = index >> 1, level + 1
            if level % LEVELS_APART == 0:
                yield level, index, leaf
        self._roots.append(leaf)

    def root(self) -> bytes:
        return _folded(self._roots) if self._roots else EMPTY_ROOT


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """The root over the hashes of leaves."""
    edge = Edge()
    for leaf in leaves:
        for _ in edge.append(leaf):
            pass
    return edge.root()


def root_of(size: int, stored: Stored) -> bytes:
    """The root of the first `size` leaves of a stored tree."""
    return _range(0, size, stored) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, stored: Stored) -> list[bytes]:
    """The path from leaf `index` to the root of the first `size` leaves, from below."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path, first, after = [], 0, size
    while after - first > 1:
        middle = first + _left(after - first)
        if index < middle:
            path.append((middle, after))
            after = middle
        else:
            path.append((first, middle))
            first = middle
    return [_range(*one, stored) for one in reversed(path)]


def consistency_proof(old: int, size: int, stored: Stored) -> list[bytes]:
    """That the first `size` leaves begin with the first `old`; nothing where one of them is none or all."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} does not begin with {old}")
    if old in (0, size):
        return []
    path, first, after, begins_here = [], 0, size, True
    while old != after:
        middle = first + _left(after - first)
        if old <= middle:
            path.append((middle, after))
            after = middle
        else:
            path.append((first, middle))
            first, begins_here = middle, False
    if not begins_here:
        path.append((first, after))
    return [_range(*one, stored) for one in reversed(path)]


def _left(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _subtrees(first: int, after: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the complete subtrees that make up a range as RFC 6962 cuts it, largest first."""
    while first < after:
        level = (after - first).bit_length() - 1
        yield level, first >> level
        first += 1 << level


def _range(first: int, after: int, stored: Stored) -> bytes:
    return _folded([_complete(level, index, stored) for level, index in _subtrees(first, after)])


def _complete(level: int, index: int, stored: Stored) -> bytes:
    lower = level - level % LEVELS_APART
    width = level - lower
    hashes = list(stored(lower, index << width, (index + 1) << width))
    if len(hashes) != 1 << width:
        raise LookupError(f"the tree lacks nodes of level {lower} at {index << width}")
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _folded(roots: Sequence[bytes]) -> bytes:
    found = roots[-1]
    for root in reversed(roots[:-1]):
        found = node_hash(root, found)
    return found
