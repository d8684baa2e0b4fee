"""Whether a chain of events follows from its first link, over rows as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.audit.canonical import as_bytes, chain_hash
from service.audit.operations import GENESIS
from service.database import iso_instant


@dataclass
class Chain:
    """One stream, walked from the beginning; where it has got to, and the bodies that held."""

    stream: str
    stream_id: str
    seq: int = 0
    hash: bytes = GENESIS
    breaks: list[tuple[int, str]] = field(default_factory=list)
    events: int = 0

    def follow(self, row: Any) -> dict[str, Any] | None:
        """Take the next event (seq, body, hash, type, actor_id, recorded_at); its body, None if it broke."""
        self.events += 1
        raw = as_bytes(row.body)
        if row.seq != self.seq + 1:
            self.breaks.append((row.seq, f"thiếu sự kiện số {self.seq + 1}"))
        body = None
        if chain_hash(self.hash, raw) != row.hash:
            self.breaks.append((row.seq, "mã băm không khớp với nội dung và sự kiện trước"))
        else:
            body = orjson.loads(raw)
            if _repeated(body) != (
                self.stream,
                self.stream_id,
                row.seq,
                row.type,
                str(row.actor_id) if row.actor_id else None,
                iso_instant(row.recorded_at),
            ):
                self.breaks.append((row.seq, "các cột không khớp với nội dung"))
        self.seq, self.hash = row.seq, as_bytes(row.hash)
        return body


def _repeated(body: dict[str, Any]) -> tuple[Any, ...]:
    """What the event's other columns repeat from its body."""
    return (body["stream"], body["stream_id"], body["seq"], body["type"], body["actor"]["id"], body["at"])


def chains(rows: Iterable[Any]) -> Iterator[Chain]:
    """Each chain once it has been walked. `rows` are ordered by stream, id and seq."""
    chain: Chain | None = None
    for row in rows:
        if chain is None or (chain.stream, chain.stream_id) != (row.stream, row.stream_id):
            if chain is not None:
                yield chain
            chain = Chain(row.stream, row.stream_id)
        chain.follow(row)
    if chain is not None:
        yield chain
