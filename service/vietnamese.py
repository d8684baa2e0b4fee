"""Vietnamese text for searching and ordering, independent of the database's collations."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: rank for rank, letter in enumerate(_LETTERS)}
# The order of tones in Vietnamese dictionaries: none, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"": 0, "\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_LONGEST_NAME = 200


def searchable(text: str) -> str:
    """Lower case, without diacritics, single spaces: "Thẩm  Tra" → "tham tra"."""
    return _searchable_name(text) if len(text) <= _LONGEST_NAME else _without_marks(text)


@lru_cache(maxsize=5_000)
def _searchable_name(text: str) -> str:
    """Names of units and steps, and what leaders note, are compared at each search."""
    return _without_marks(text)


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    # A letter that is ASCII has no mark to be asked for.
    kept = (c for c in decomposed if c < "\x80" or not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def without_controls(text: str) -> str:
    """What somebody can have meant to type: control characters (a NUL above all) become spaces."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text).strip()


@lru_cache(maxsize=2_000)
def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Dictionary order: letters first (ă after a, đ after d), tones only to break ties."""
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text.casefold()):
        base, tone = _split_tone(char)
        letters.append(_RANK.get(base, 1000 + ord(base[0])) if base.strip() else -1)
        tones.append(tone)
    return tuple(letters), tuple(tones)


def _split_tone(char: str) -> tuple[str, int]:
    decomposed = unicodedata.normalize("NFD", char)
    tone = next((c for c in decomposed if c in _TONES and c), "")
    base = unicodedata.normalize("NFC", "".join(c for c in decomposed if c != tone))
    return base or char, _TONES[tone]
