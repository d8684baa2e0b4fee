"""`congnhan audit verify`: whether anything that was recorded has been altered, as one who distrusts us asks.

Four things are held against each other: the chains of events, the tree's leaves, the signed checkpoints with
the witness's signatures, and what the witness itself (or a note that somebody kept) says. Whoever alters one
would have to alter all, and does not hold the witness's key.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Select, select

from service.audit.canonical import as_bytes
from service.audit.chains import chains
from service.audit.log_keys import KeyInForce, key_at, known_keys
from service.audit.merkle import Edge, inclusion_proof, is_included, leaf_hash
from service.audit.tree import CHECKPOINT, LEAF, NODE, stored_hashes
from service.connections import unhurried
from service.database import AnyRow, db, table_of
from service.models import Case, Event, LogCosignature
from witness.notes import Checkpoint, Malformed, Note, PublicKey

ROWS_AT_ONCE = 2000
# A broken log is told by the first place of each kind; more of a kind are counted.
_EVENT, _CASE, _COSIGNATURE = table_of(Event), table_of(Case), table_of(LogCosignature)

# Of what kind it is, where, and what is wrong.
Found: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class Finding:
    """The first bad place of its kind; `kind` is stable, `times` how many of it there are."""

    kind: str
    place: str
    sentence: str
    times: int = 1

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "place": self.place, "sentence": self.sentence, "times": self.times}


@dataclass
class Trust:
    """Whose signatures count. `log_keys` empty: those of the installation's own table.

    `current` is the public half of the key file of this machine, where there is one; `kept` are notes that
    others kept (the witness, an auditor, a bundle), with signatures of the log or of the witness.
    """

    log_keys: Sequence[PublicKey] = ()
    witness: PublicKey | None = None
    current: PublicKey | None = None
    kept: Sequence[Note] = ()


@dataclass
class Report:
    """What was looked at, how far a witness has signed, and what is wrong."""

    events: int = 0
    leaves: int = 0
    checkpoints: int = 0
    # Recorded after the last checkpoint, so not yet in the tree.
    pending: int = 0
    # (size, seconds since 1970) of the largest checkpoint that a witness has signed and that holds.
    cosigned: tuple[int, int] | None = None
    _first: dict[str, Found] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)

    def add(self, found: Iterable[Found]) -> None:
        for one in found:
            self._times[one[0]] += 1
            self._first.setdefault(one[0], one)

    @property
    def findings(self) -> list[Finding]:
        return [Finding(*one, times=self._times[kind]) for kind, one in self._first.items()]

    def as_json(self) -> dict[str, Any]:
        return {
            "whole": not self._first,
            "events": self.events,
            "leaves": self.leaves,
            "checkpoints": self.checkpoints,
            "pending": self.pending,
            "cosigned_size": self.cosigned[0] if self.cosigned else None,
            "cosigned_at": self.cosigned[1] if self.cosigned else None,
            "findings": [finding.as_json() for finding in self.findings],
        }


def verify_all(trust: Trust) -> Report:
    """Everything, in one pass over the chains and one over the tree, with a constant amount of memory."""
    db.session.rollback()
    unhurried(db.session.connection())
    report = Report()
    report.add(_chains(report))
    report.add(_unsequenced(report))
    keys = _keys(report, trust)
    report.add(_tree(report, _Checkpoints(report, keys, trust)))
    return report


def verify_case(case_id: uuid.UUID, trust: Trust) -> Report:
    """One case: its chain, each event under its leaf in the newest checkpoint, and that one's signatures."""
    db.session.rollback()
    report = Report()
    keys = _keys(report, trust)
    newest = _newest(trust)
    root = b""
    if newest is not None:
        checkpoints = _Checkpoints(report, keys, trust)
        report.add(checkpoints.signatures(newest))
        root, report.checkpoints = bytes(newest.root), 1
    streams = [("case", str(case_id)), ("access", str(case_id))]
    for stream, stream_id in streams:
        of_stream = (_EVENT.c.stream == stream) & (_EVENT.c.stream_id == stream_id)
        report.add(_chains(report, of_stream))
        rows = db.session.execute(
            select(*_NAMED, _EVENT.c.hash.label("data"), _LEAF_NUMBER, LEAF.c.hash)
            .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
            .where(of_stream)
            .order_by(_EVENT.c.seq)
        ).all()
        for row in rows:
            report.add(_in_checkpoint(report, row, newest, root))
    report.add(_end_of_case(case_id))
    return report


_LEAF_NUMBER = LEAF.c.index.label("leaf")
_NAMED = (_EVENT.c.position, _EVENT.c.stream, _EVENT.c.stream_id, _EVENT.c.seq)


def _with_cosignature(trust: Trust) -> Select[Any]:
    """Checkpoints with the line of the witness, None where it has not signed."""
    name = trust.witness.name if trust.witness else ""
    of_witness = (_COSIGNATURE.c.checkpoint == CHECKPOINT.c.number) & (_COSIGNATURE.c.witness == name)
    return select(CHECKPOINT, _COSIGNATURE.c.line).outerjoin(_COSIGNATURE, of_witness)


def _newest(trust: Trust) -> AnyRow | None:
    """The newest checkpoint that the witness has signed, else the newest."""
    by_witness = _COSIGNATURE.c.line.is_(None)
    query = _with_cosignature(trust).order_by(by_witness, CHECKPOINT.c.number.desc()).limit(1)
    return db.session.execute(query).one_or_none()


def _in_checkpoint(report: Report, row: AnyRow, newest: AnyRow | None, root: bytes) -> Iterator[Found]:
    place = _place(row)
    if row.leaf is None:
        if newest is not None and row.position <= newest.settled:
            yield "not-in-tree", place, "sự kiện không có trong cây nhật ký, dù đã đến lượt"
        else:
            report.pending += 1
        return
    report.leaves += 1
    if as_bytes(row.data) != as_bytes(row.hash):
        yield "leaf", place, f"nội dung khác với lá số {row.leaf} của cây nhật ký"
        return
    if newest is None or row.leaf >= newest.size:
        report.pending += 1
        return
    try:
        proof = inclusion_proof(row.leaf, newest.size, stored_hashes)
    except LookupError:
        proof = []
    if not is_included(leaf_hash(as_bytes(row.data)), row.leaf, newest.size, proof, root):
        yield "root", place, f"lá số {row.leaf} không dẫn đến gốc của điểm kiểm số {newest.number}"


def _end_of_case(case_id: uuid.UUID) -> Iterator[Found]:
    case = db.session.execute(
        select(_CASE.c.code, _CASE.c.last_hash).where(_CASE.c.id == case_id)
    ).one_or_none()
    last = db.session.execute(
        select(_EVENT.c.hash)
        .where(_EVENT.c.stream == "case", _EVENT.c.stream_id == str(case_id))
        .order_by(_EVENT.c.seq.desc())
        .limit(1)
    ).scalar()
    if case is not None and (last is None or as_bytes(case.last_hash) != as_bytes(last)):
        yield "head", f"hồ sơ {case.code}", "chuỗi không kết thúc ở sự kiện cuối đã ghi"


def _chains(report: Report, which: Any = True) -> Iterator[Found]:
    rows = db.session.execute(
        select(
            _EVENT.c.stream,
            _EVENT.c.stream_id,
            _EVENT.c.seq,
            _EVENT.c.body,
            _EVENT.c.hash,
            _EVENT.c.type,
            _EVENT.c.actor_id,
            _EVENT.c.recorded_at,
        )
        .where(which)
        .order_by(_EVENT.c.stream, _EVENT.c.stream_id, _EVENT.c.seq)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for chain in chains(rows):
        report.events += chain.events
        for seq, what in chain.breaks:
            yield "chain", f"{_stream(chain.stream, chain.stream_id)}, sự kiện {seq}", what


def _unsequenced(report: Report) -> Iterator[Found]:
    """Events without a leaf: those of the last seconds, and those that somebody put in afterwards."""
    settled = db.session.execute(
        select(CHECKPOINT.c.settled).order_by(CHECKPOINT.c.number.desc()).limit(1)
    ).scalar()
    rows = db.session.execute(
        select(*_NAMED)
        .outerjoin(LEAF, LEAF.c.position == _EVENT.c.position)
        .where(LEAF.c.index.is_(None))
        .order_by(_EVENT.c.position)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for row in rows:
        if row.position <= (settled or 0):
            yield "not-in-tree", _place(row), "sự kiện không có trong cây nhật ký, dù đã đến lượt"
        else:
            report.pending += 1


def _tree(report: Report, checkpoints: _Checkpoints) -> Iterator[Found]:
    """Leaves in their order, each held against its event; the root against each checkpoint on the way."""
    edge, nodes = Edge(), _stored_nodes()
    yield from checkpoints.at(edge)
    rows = db.session.execute(
        select(
            _LEAF_NUMBER,
            LEAF.c.position.label("at"),
            LEAF.c.hash,
            _EVENT.c.hash.label("data"),
            *_NAMED,
        )
        .outerjoin(_EVENT, _EVENT.c.position == LEAF.c.position)
        .order_by(LEAF.c.index)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    next_size = checkpoints.next_size
    for row in rows:
        number, position, hashed, data = row[:4]
        if number != edge.size:
            yield "leaf", f"lá số {edge.size}", "không còn trong cây nhật ký"
            break
        if data is None:
            yield "missing", f"sự kiện ở vị trí {position}", f"không còn, dù là lá số {number} của nhật ký"
        elif data != hashed:
            yield "leaf", _place(row), f"mã băm khác với lá số {number} của cây nhật ký"
        for level, index, node in edge.append(leaf_hash(as_bytes(hashed))):
            if nodes.get((level, index)) != node:
                yield "node", f"nút {index} tầng {level}", "khác với các lá của nó"
        if edge.size == next_size:
            yield from checkpoints.at(edge)
            next_size = checkpoints.next_size
    report.leaves = edge.size
    yield from checkpoints.rest(edge)


def _stored_nodes() -> dict[tuple[int, int], bytes]:
    """One for 256 leaves."""
    rows = db.session.execute(select(NODE.c.level, NODE.c.index, NODE.c.hash))
    return {(level, index): as_bytes(found) for level, index, found in rows}


class _Checkpoints:
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
                _with_cosignature(self._trust)
                .where(CHECKPOINT.c.number > last)
                .order_by(CHECKPOINT.c.number)
                .limit(ROWS_AT_ONCE)
            ).all()
            if not rows:
                return
            yield from rows
            last = rows[-1].number


def _keys(report: Report, trust: Trust) -> Sequence[KeyInForce]:
    try:
        keys = known_keys()
    except Malformed as error:
        report.add([("key", "khóa của nhật ký", f"không đọc được ({error})")])
        return []
    if trust.current is not None and keys and keys[-1].key != trust.current:
        report.add([("key", "khóa của nhật ký", "khóa mới nhất đã ghi không phải khóa trong tệp khóa")])
    if trust.log_keys:
        unknown = [one.key for one in keys if one.key not in trust.log_keys]
        report.add([("key", f"khóa {unknown[0]}", "không có trong các khóa đã nêu")] if unknown else [])
    return keys


def _place(row: AnyRow) -> str:
    return f"{_stream(row.stream, row.stream_id)}, sự kiện {row.seq}"


def _stream(stream: str, stream_id: str) -> str:
    if stream == "case":
        code = _code(stream_id)
        return f"hồ sơ {code}" if code else f"chuỗi hồ sơ {stream_id}"
    return f"chuỗi {stream} {stream_id}".strip()


def _code(stream_id: str) -> str | None:
    try:
        case_id = uuid.UUID(stream_id)
    except ValueError:
        return None
    return db.session.execute(select(_CASE.c.code).where(_CASE.c.id == case_id)).scalar()
