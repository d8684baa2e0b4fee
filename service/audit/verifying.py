"""`congnhan audit verify`: whether anything that was recorded has been altered, as one who distrusts us asks.

Four things are held against each other: the chains of events, the tree's leaves, the signed checkpoints with
the witness's signatures, and what the witness itself (or a note that somebody kept) says. Whoever alters one
would have to alter all, and does not hold the witness's key.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from service.audit.canonical import as_bytes
from service.audit.chains import chains
from service.audit.checkpoints import COSIGNATURE, ROWS_AT_ONCE, Checkpoints, with_cosignature
from service.audit.findings import Found, Report, Trust
from service.audit.log_keys import KeyInForce, known_keys
from service.audit.merkle import Edge, inclusion_proof, is_included, leaf_hash
from service.audit.tree import CHECKPOINT, LEAF, NODE, stored_hashes
from service.connections import unhurried
from service.database import AnyRow, db, table_of
from service.models import Case, Event, StreamHead
from witness.notes import Malformed

_EVENT, _CASE = table_of(Event), table_of(Case)


def verify_all(trust: Trust) -> Report:
    """Everything, in one pass over the chains and one over the tree, with a constant amount of memory."""
    db.session.rollback()
    unhurried(db.session.connection())
    report = Report()
    report.add(_chains(report))
    report.add(_ends())
    report.add(_unsequenced(report))
    keys = _keys(report, trust)
    report.add(_tree(report, Checkpoints(report, keys, trust)))
    return report


def verify_case(case_id: uuid.UUID, trust: Trust) -> Report:
    """One case: its chain, each event under its leaf in the newest checkpoint, and that one's signatures."""
    db.session.rollback()
    report = Report()
    keys = _keys(report, trust)
    newest = _newest(trust)
    root = b""
    if newest is not None:
        checkpoints = Checkpoints(report, keys, trust)
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


def _newest(trust: Trust) -> AnyRow | None:
    """The newest checkpoint that the witness has signed, else the newest."""
    by_witness = COSIGNATURE.c.line.is_(None)
    query = with_cosignature(trust).order_by(by_witness, CHECKPOINT.c.number.desc()).limit(1)
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


def _ends() -> Iterator[Found]:
    """Every chain ends where what it belongs to says: a case's row, or the head of the stream."""
    last = (
        select(_EVENT.c.stream, _EVENT.c.stream_id, func.max(_EVENT.c.seq).label("seq"))
        .group_by(_EVENT.c.stream, _EVENT.c.stream_id)
        .subquery()
    )
    rows = db.session.execute(
        select(_EVENT.c.stream, _EVENT.c.stream_id, _EVENT.c.seq, _EVENT.c.hash)
        .join(
            last,
            (last.c.stream == _EVENT.c.stream)
            & (last.c.stream_id == _EVENT.c.stream_id)
            & (last.c.seq == _EVENT.c.seq),
        )
        .order_by(_EVENT.c.position)
    ).all()
    heads = {
        ("case", str(row.id)): (row.rev, as_bytes(row.last_hash))
        for row in db.session.execute(select(_CASE.c.id, _CASE.c.rev, _CASE.c.last_hash))
    }
    heads |= {
        (row.stream, row.stream_id): (row.seq, as_bytes(row.hash))
        for row in db.session.execute(select(table_of(StreamHead)))
    }
    ends = {(row.stream, row.stream_id): (row.seq, as_bytes(row.hash)) for row in rows}
    for stream, stream_id in dict.fromkeys([*ends, *heads]):
        if ends.get((stream, stream_id)) != heads.get((stream, stream_id)):
            yield "head", _stream(stream, stream_id), "chuỗi không kết thúc ở sự kiện cuối đã ghi"


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


def _tree(report: Report, checkpoints: Checkpoints) -> Iterator[Found]:
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
