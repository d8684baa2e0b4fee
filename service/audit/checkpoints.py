"""The signed checkpoints, held one after the other against the tree as it was when each was signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from service.audit.canonical import as_bytes
from service.audit.findings import Found, Report, Trust
from service.audit.log_keys import KeyInForce, key_at
from service.audit.merkle import Edge
from service.audit.tree import CHECKPOINT
from service.database import AnyRow, db, table_of
from service.models import LogCosignature
from witness.notes import Checkpoint, Malformed, Note

ROWS_AT_ONCE = 2000
COSIGNATURE = table_of(LogCosignature)


def with_cosignature(trust: Trust) -> Select[Any]:
    """Checkpoints with the line of the witness, None where it has not signed."""
    name = trust.witness.name if trust.witness else ""
    of_witness = (COSIGNATURE.c.checkpoint == CHECKPOINT.c.number) & (COSIGNATURE.c.witness == name)
    return select(CHECKPOINT, COSIGNATURE.c.line).outerjoin(COSIGNATURE, of_witness)


class Checkpoints:
    """The stored checkpoints in their order, looked at as the tree reaches their sizes."""

    def __init__(self, report: Report, keys: Sequence[KeyInForce], trust: Trust) -> None:
        self._report, self._keys, self._trust = report, keys, trust
        self._rows = self._read()
        self._row = next(self._rows, None)
        self._number, self._good = 0, 0
        self._kept = sorted(
            ((Checkpoint.parse(note.text), note) for note in trust.kept), key=lambda one: one[0].size
        )

    @property
    def next_size(self) -> int:
        """The next size at which something is to be compared; -1 when there is nothing any more."""
        sizes = [self._row.size] if self._row is not None else []
        sizes += [self._kept[0][0].size] if self._kept else []
        return min(sizes, default=-1)

    def at(self, edge: Edge) -> Iterator[Found]:
        """All that is said about the tree of exactly this size."""
        root = edge.root()
        while self._row is not None and self._row.size <= edge.size:
            yield from self._compare(self._row, edge.size, root)
            self._row = next(self._rows, None)
        while self._kept and self._kept[0][0].size <= edge.size:
            checkpoint, _ = self._kept.pop(0)
            if (checkpoint.size, checkpoint.root) != (edge.size, root):
                yield (
                    "witness",
                    f"cỡ {checkpoint.size}",
                    "nhật ký ở đây khác với điểm kiểm mà nhân chứng hoặc người khác đang giữ",
                )

    def rest(self, edge: Edge) -> Iterator[Found]:
        """What speaks of a tree larger than there is."""
        while self._row is not None:
            yield (
                "truncated",
                f"điểm kiểm số {self._row.number}",
                f"ghi {self._row.size} lá, cây nhật ký chỉ còn {edge.size}",
            )
            yield from self.signatures(self._row)
            self._row = next(self._rows, None)
        for checkpoint, _ in self._kept:
            yield (
                "witness",
                f"cỡ {checkpoint.size}",
                f"người khác giữ điểm kiểm cỡ {checkpoint.size}, nhật ký ở đây chỉ còn {edge.size} lá",
            )

    def _compare(self, row: AnyRow, size: int, root: bytes) -> Iterator[Found]:
        place = f"điểm kiểm số {row.number}"
        self._report.checkpoints += 1
        if row.number != self._number + 1:
            yield "checkpoint", f"điểm kiểm số {self._number + 1}", "không còn"
        self._number = row.number
        if row.size != size:
            yield "consistency", place, f"cỡ {row.size} nhỏ hơn điểm kiểm trước nó"
        elif as_bytes(row.root) != root:
            where = f"trong các lá từ số {self._good} đến {row.size - 1}"
            yield "root", place, f"cây không ra gốc đã ký: có thay đổi {where}"
        else:
            self._good = row.size
        yield from self.signatures(row)

    def signatures(self, row: AnyRow) -> Iterator[Found]:
        place = f"điểm kiểm số {row.number}"
        try:
            note = Note.parse(row.note)
            said = Checkpoint.parse(note.text)
        except Malformed as error:
            yield "checkpoint", place, f"không đọc được ({error})"
            return
        if (said.origin, said.size, said.root) != (row.origin, row.size, as_bytes(row.root)):
            yield "checkpoint", place, "các cột không khớp với văn bản đã ký"
        key = key_at(self._keys, row.made_at)
        keys = self._trust.log_keys or ([key] if key else [])
        if not any(key.name == said.origin and note.signed_by(key) for key in keys):
            yield "signature", place, "không mang chữ ký của khóa nhật ký lúc ấy"
        yield from self._cosigned(row, note)

    def _cosigned(self, row: AnyRow, note: Note) -> Iterator[Found]:
        witness = self._trust.witness
        if witness is None or row.line is None:
            return
        place = f"điểm kiểm số {row.number}"
        try:
            time = Note.parse(f"{note.text}\n{row.line}").cosigned_at(witness)
        except Malformed:
            time = None
        if time is None:
            yield "cosignature", place, f"chữ ký của nhân chứng {witness.name} không khớp"
        else:
            self._report.cosigned = max(self._report.cosigned or (0, 0), (row.size, time))

    def _read(self) -> Iterator[AnyRow]:
        last = 0
        while True:
            rows = db.session.execute(
                with_cosignature(self._trust)
                .where(CHECKPOINT.c.number > last)
                .order_by(CHECKPOINT.c.number)
                .limit(ROWS_AT_ONCE)
            ).all()
            if not rows:
                return
            yield from rows
            last = rows[-1].number
