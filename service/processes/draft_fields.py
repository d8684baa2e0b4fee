"""The fields of a draft one by one: which there are, which differ, who last changed each and when. Pure.

A field's path is the name that the page sends it by: `report_summary`, `criteria.1.10.raw`,
`criteria_reasons.2.6`. Lists (files, rows of a table to which lines are added) are one field each.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# What of a draft is from before its fields were looked at one by one.
BEFORE = "*"
_BLANK: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Stamp:
    """The rev of the draft at which a field last changed, by whom and when (None: nobody knows)."""

    rev: int
    by: uuid.UUID | None = None
    at: datetime | None = None


NEVER = Stamp(0)


def fields_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """{path: value} of everything that is answered."""
    found: dict[str, Any] = {}
    for key, value in answers.items():
        if not isinstance(value, Mapping):
            found[key] = value
            continue
        for criterion, entry in value.items():
            if isinstance(entry, Mapping):
                found |= {f"{key}.{criterion}.{cell}": one for cell, one in entry.items()}
            else:
                found[f"{key}.{criterion}"] = entry
    return {path: value for path, value in found.items() if value not in _BLANK}


def with_fields(answers: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with these fields laid over; a blank value takes its field away."""
    changed = dict(answers)
    for path, value in changes.items():
        key, _, place = path.partition(".")
        if not place:
            changed[key] = value
            continue
        table = dict(changed.get(key) or {})
        criterion, cell = split_place(place)
        table[criterion] = {**(table.get(criterion) or {}), cell: value} if cell else value
        changed[key] = table
    return {key: value for key, value in changed.items() if value not in _BLANK}


def split_place(place: str) -> tuple[str, str]:
    """(criterion, cell) of what follows a table's key: "1.10.raw", or without a cell "2.6"."""
    head, _, last = place.rpartition(".")
    return (place, "") if last.isdigit() else (head, last)


def criterion_of(path: str) -> str:
    """The criterion whose row the field belongs to; "" where it stands outside the table."""
    place = path.partition(".")[2]
    criterion, cell = split_place(place) if place else ("", "")
    return criterion if cell else ""


def by_numbers(path: str) -> list[tuple[int, str]]:
    """A path's place among others: criterion 1.2 before 1.10, line 2 before line 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.split(".")]


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """Paths whose values are not the same in both ({path: value})."""
    return frozenset(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def digests_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """{path: short digest of the value}, by which a page tells what has been typed into since."""
    return {path: _digest(value) for path, value in fields.items()}


def typed_since(fields: Mapping[str, Any], digests: Mapping[str, str]) -> frozenset[str]:
    """Paths of `fields` that are not as they were when `digests_of` was asked."""
    now = digests_of(fields)
    return frozenset(path for path in now.keys() | digests.keys() if now.get(path) != digests.get(path))


def stamp_of(changed_at: Mapping[str, Any], path: str) -> Stamp:
    """When the field at `path` last changed, of a draft's `changed_at`."""
    found = changed_at.get(path) or changed_at.get(BEFORE)
    if found is None:
        return NEVER
    rev, by, seconds = found
    return Stamp(rev, uuid.UUID(by), datetime.fromtimestamp(seconds, UTC))


def writers_of(changed_at: Mapping[str, Any] | None) -> frozenset[uuid.UUID]:
    """Everybody whose words stand in some field, by a draft's `changed_at`."""
    return frozenset(uuid.UUID(by) for _rev, by, _seconds in (changed_at or {}).values())


def known_stamps(changed_at: Mapping[str, Any] | None, rev: int, by: Any, at: Any) -> dict[str, Any]:
    """A draft's `changed_at`; of one from before there was any, all of it changed when it was last saved."""
    if changed_at or not rev:
        return dict(changed_at or {})
    return {BEFORE: _written(rev, by, at)}


def stamped(
    changed_at: Mapping[str, Any], paths: Iterable[str], *, rev: int, by: uuid.UUID, now: datetime
) -> dict[str, Any]:
    """`changed_at` once the fields at `paths` have changed: {path: [rev, who, seconds since 1970]}."""
    return {**changed_at, **dict.fromkeys(paths, _written(rev, by, now))}


def _written(rev: int, by: uuid.UUID, at: datetime) -> list[Any]:
    return [rev, by.hex, int(at.timestamp())]


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:10]


def _plain(value: Any) -> Any:
    """As it comes back from a browser: line breaks and what surrounds a text are nobody's change."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: plain for key, one in value.items() if (plain := _plain(one)) not in _BLANK}
    return value
