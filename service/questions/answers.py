"""An answer as a table: columns, lines that lead to their event, and pages along the lines' keys. Pure."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from service.errors import BadInput
from service.wording import _

Found = TypeVar("Found")
Key = tuple[str | int, ...]
PAGE = 50


@dataclass(frozen=True)
class Line:
    """One row: a text for each column; with `case_id` it leads to the case, with `seq` to the event."""

    cells: tuple[str, ...]
    case_id: uuid.UUID | None = None
    seq: int | None = None


@dataclass(frozen=True)
class Answer:
    """`summary` answers in one sentence, with the figures; `total` counts the lines of all pages.

    `next_cursor` is None on the last page. `notes` say what was left out or could not be counted.
    """

    columns: tuple[str, ...]
    lines: Sequence[Line]
    total: int
    summary: str
    next_cursor: str | None = None
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        return {
            "summary": self.summary,
            "notes": list(self.notes),
            "total": self.total,
            "columns": list(self.columns),
            "lines": [
                {
                    "cells": dict(zip(self.columns, line.cells, strict=True)),
                    **({"case": str(line.case_id)} if line.case_id else {}),
                    **({"event": line.seq} if line.seq else {}),
                }
                for line in self.lines
            ],
        }


def page_of(
    found: Sequence[Found], key: Callable[[Found], Key], cursor: str | None, size: int | None
) -> tuple[list[Found], str | None]:
    """The items after `cursor` in order of their keys, `size` of them (None: all), and where to go on."""
    ordered = sorted(found, key=key)
    if cursor:
        after = read_cursor(cursor)
        try:
            ordered = [one for one in ordered if key(one) > after]
        except TypeError:
            raise bad_cursor() from None
    if size is None or len(ordered) <= size:
        return ordered, None
    return ordered[:size], cursor_of(key(ordered[size - 1]))


def cursor_of(key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def read_cursor(cursor: str) -> Key:
    """Raises BadInput for what is no cursor of ours."""
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except ValueError:
        raise bad_cursor() from None
    if not isinstance(key, list) or not all(isinstance(part, str | int) for part in key):
        raise bad_cursor()
    return tuple(key)


def bad_cursor() -> BadInput:
    return BadInput(
        _("Con trỏ trang không hợp lệ. Hãy tải lại từ trang đầu."), fields={"cursor": [_("Không hợp lệ.")]}
    )
