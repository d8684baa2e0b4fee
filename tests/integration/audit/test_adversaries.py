"""Who can write to the database, then who also holds the log's key: what they alter is found and named.

Each attack is on a log whose checkpoints the witness has signed; a later checkpoint covers the attack up.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from service.app import create_core
from service.audit.canonical import canonical, chain_hash
from service.audit.findings import Report, Trust
from service.audit.log_keys import known_keys, stored_key
from service.audit.merkle import Edge, leaf_hash
from service.audit.operations import GENESIS
from service.audit.verifying import verify_all, verify_case
from service.audit.witnessing import Refused, ask_witness, last_seen
from service.database import db, transaction
from service.errors import WrongState
from service.models import (
    Case,
    Event,
    LogCheckpoint,
    LogCosignature,
    LogKey,
    LogLeaf,
    LogNode,
    StreamHead,
)
from tests.builders import NOON, a_case_at
from tests.integration.audit.logs import (
    WITNESS,
    NearWitness,
    a_witness,
    keep_and_sign,
    record_events,
    settings,
    witnessed,
)
from tests.integration.conftest import settings_for, within
from tests.integration.service.test_log import without_triggers
from witness.notes import LOG_ALGORITHM, Checkpoint, Note, PrivateKey

Attack = Callable[["Scene"], None]


@dataclass
class Scene:
    """A case, and a dossier's views in two checkpoints, both cosigned; nothing is pending."""

    case_id: uuid.UUID
    viewed: uuid.UUID
    witness: NearWitness

    @property
    def views(self) -> Any:
        return (Event.stream == "access") & (Event.stream_id == str(self.viewed))

    @property
    def of_case(self) -> Any:
        return (Event.stream == "case") & (Event.stream_id == str(self.case_id))


@pytest.fixture(scope="module")
def made(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, uuid.UUID, uuid.UUID]:
    """The scene's folder, case and dossier, made once for all attacks."""
    folder = tmp_path_factory.mktemp("scene")
    shutil.copy(sqlite_template, folder / "congnhan.db")
    with contextmanager(within)(create_core(settings_for(f"sqlite:///{folder}/congnhan.db", folder))):
        case_id = a_case_at("self_assess")
        witness = witnessed(folder)
        viewed = record_events(5)
        keep_and_sign()
        assert ask_witness(settings(), witness)
        without_triggers()
    return folder, case_id, viewed


@pytest.fixture
def scene(made: tuple[Path, uuid.UUID, uuid.UUID], tmp_path: Path) -> Iterator[Scene]:
    folder, case_id, viewed = made
    for name in ("congnhan.db", "log_key", "witness.json"):
        shutil.copy(folder / name, tmp_path / name)
    with contextmanager(within)(create_core(settings_for(f"sqlite:///{tmp_path}/congnhan.db", tmp_path))):
        yield Scene(case_id, viewed, a_witness(tmp_path))


def trust(scene: Scene, *, asked: bool = False, kept: tuple[Note, ...] = ()) -> Trust:
    origin = known_keys()[0].key.name
    seen = last_seen(WITNESS.public, origin, scene.witness) if asked else None
    key = stored_key(settings().log_key_path)
    return Trust(
        witness=WITNESS.public, current=key.public if key else None, kept=[*kept, *([seen] if seen else [])]
    )


def found(report: Report) -> dict[str, str]:
    return {finding.kind: f"{finding.place}: {finding.sentence}" for finding in report.findings}


def change(*statements: Any) -> None:
    with transaction() as session:
        for statement in statements:
            session.execute(statement)


def rechain(where: Any, alter: Callable[[int, dict[str, Any]], dict[str, Any]]) -> None:
    """Write the bodies of a stream anew, with hashes that follow from each other again, and its head."""
    rows = db.session.execute(select(Event.position, Event.body).where(where).order_by(Event.seq)).all()
    previous, statements = GENESIS, []
    for number, row in enumerate(rows, 1):
        body = canonical(alter(number, orjson.loads(row.body)))
        previous = chain_hash(previous, body)
        statements.append(
            update(Event).where(Event.position == row.position).values(body=body, hash=previous)
        )
    last = orjson.loads(rows[-1].body)
    if last["stream"] == "case":
        statements.append(
            update(Case).where(Case.id == uuid.UUID(last["stream_id"])).values(last_hash=previous)
        )
    else:
        statements.append(
            update(StreamHead).where(StreamHead.stream_id == last["stream_id"]).values(hash=previous)
        )
    change(*statements)


def third(number: int, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"data": {**body["data"], "altered": "1"}} if number == 3 else body


def first(number: int, body: dict[str, Any]) -> dict[str, Any]:
    return third(number + 2, body)


def adjust_leaves() -> None:
    """Make leaves and nodes anew from the events as they are now."""
    events = db.session.execute(
        select(LogLeaf.index, Event.hash)
        .join(Event, Event.position == LogLeaf.position)
        .order_by(LogLeaf.index)
    ).all()
    change(*(update(LogLeaf).where(LogLeaf.index == row.index).values(hash=row.hash) for row in events))


def rebuild_tree() -> None:
    """All leaves from the events that there are, without gaps; nodes as well."""
    rows = db.session.execute(select(Event.position, Event.hash).order_by(Event.position)).all()
    change(delete(LogLeaf), delete(LogNode))
    edge, nodes = Edge(), []
    for row in rows:
        nodes += [
            {"level": level, "index": index, "hash": one}
            for level, index, one in edge.append(leaf_hash(bytes(row.hash)))
        ]
    leaves = [
        {"index": index, "position": row.position, "hash": bytes(row.hash)} for index, row in enumerate(rows)
    ]
    change(insert(LogLeaf).values(leaves), *([insert(LogNode).values(nodes)] if nodes else []))


def sign_anew(key: PrivateKey) -> None:
    """With the log's key: every checkpoint again, over the tree as it is now."""
    leaves = [
        leaf_hash(bytes(one)) for one in db.session.scalars(select(LogLeaf.hash).order_by(LogLeaf.index))
    ]
    for row in db.session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.number)).all():
        edge = Edge()
        size = min(row.size, len(leaves))
        for leaf in leaves[:size]:
            list(edge.append(leaf))
        body = str(Checkpoint(row.origin, size, edge.root()))
        note = f"{body}\n{key.signature_line(body)}"
        change(
            update(LogCheckpoint)
            .where(LogCheckpoint.number == row.number)
            .values(size=size, root=edge.root(), note=note)
        )


def the_key() -> PrivateKey:
    key = stored_key(settings().log_key_path)
    assert key is not None
    return key


def test_nothing_is_said_of_a_log_that_nobody_touched(scene: Scene):
    report = verify_all(trust(scene, asked=True))

    assert report.findings == []
    total = db.session.execute(select(func.count()).select_from(Event)).scalar_one()
    assert (report.events, report.leaves, report.checkpoints, report.pending) == (total, total, 2, 0)
    assert report.cosigned is not None
    assert report.cosigned[0] == total
    assert verify_case(scene.case_id, trust(scene)).findings == []


def change_a_body(scene: Scene) -> None:
    change(update(Event).where(scene.views, Event.seq == 3).values(body=b"{}"))


def delete_an_event(scene: Scene) -> None:
    change(delete(Event).where(scene.views, Event.seq == 3))


def delete_the_tail(scene: Scene) -> None:
    last = db.session.execute(select(Event.hash).where(scene.views, Event.seq == 3)).scalar_one()
    change(
        delete(Event).where(scene.views, Event.seq > 3),
        update(StreamHead).where(StreamHead.stream_id == str(scene.viewed)).values(seq=3, hash=last),
    )


def delete_a_stream(scene: Scene) -> None:
    change(
        delete(Event).where(scene.views),
        delete(StreamHead).where(StreamHead.stream_id == str(scene.viewed)),
    )


def insert_a_stream(scene: Scene) -> None:
    """Whole in itself, at a position that was passed long ago."""
    row = db.session.execute(select(Event).where(scene.views, Event.seq == 1)).scalar_one()
    stream = str(uuid.uuid4())
    body = canonical(orjson.loads(row.body) | {"stream_id": stream})
    hashed = chain_hash(GENESIS, body)
    change(
        insert(Event).values(
            position=0,
            stream="access",
            stream_id=stream,
            seq=1,
            type=row.type,
            recorded_at=row.recorded_at,
            body=body,
            hash=hashed,
        ),
        insert(StreamHead).values(stream="access", stream_id=stream, seq=1, hash=hashed),
    )


def swap_two(scene: Scene) -> None:
    three = db.session.execute(select(Event.position).where(scene.views, Event.seq == 3)).scalar_one()
    change(
        update(Event).where(Event.position == three).values(position=-1),
        update(Event).where(Event.position == three + 1).values(position=three),
        update(Event).where(Event.position == -1).values(position=three + 1),
    )


def rewrite_the_end(scene: Scene) -> None:
    rechain(scene.views, third)


def rewrite_a_case(scene: Scene) -> None:
    rechain(scene.of_case, first)


def rewrite_and_adjust_leaves(scene: Scene) -> None:
    rechain(scene.views, third)
    adjust_leaves()


def delete_and_rebuild_the_tree(scene: Scene) -> None:
    delete_a_stream(scene)
    rebuild_tree()


def drop_a_checkpoint(scene: Scene) -> None:
    change(
        delete(LogCosignature).where(LogCosignature.checkpoint == 1),
        delete(LogCheckpoint).where(LogCheckpoint.number == 1),
    )


def change_a_column(scene: Scene) -> None:
    change(update(LogCheckpoint).where(LogCheckpoint.number == 1).values(origin="khác"))


def change_a_note(scene: Scene) -> None:
    row = db.session.get_one(LogCheckpoint, 2)
    change(update(LogCheckpoint).where(LogCheckpoint.number == 2).values(note=row.note.replace("/", "+", 1)))


def forge_a_signature(scene: Scene) -> None:
    sign_anew(PrivateKey(the_key().name, LOG_ALGORITHM, bytes(32)))


def a_key_of_their_own(scene: Scene) -> None:
    key = PrivateKey(the_key().name, LOG_ALGORITHM, bytes(32))
    change(insert(LogKey).values(number=2, public=str(key.public), since=NOON))
    rechain(scene.views, third)
    adjust_leaves()
    sign_anew(key)


def forge_a_cosignature(scene: Scene) -> None:
    line = db.session.get_one(LogCosignature, (1, WITNESS.name)).line
    change(update(LogCosignature).where(LogCosignature.checkpoint == 2).values(line=line))


def text_in_a_cell(scene: Scene) -> None:
    change(
        text("UPDATE event SET hash = 'x', body = 'y' WHERE stream_id = :id AND seq = 3").bindparams(
            id=str(scene.viewed)
        )
    )


def add_to_a_case(scene: Scene) -> None:
    """An act that nobody did, chained to the last one; the case's own row does not know of it."""
    last = db.session.scalars(select(Event).where(scene.of_case).order_by(Event.seq.desc())).first()
    assert last is not None
    body = canonical(orjson.loads(last.body) | {"seq": last.seq + 1, "type": "case_withdrawn"})
    change(
        insert(Event).values(
            stream="case",
            stream_id=str(scene.case_id),
            seq=last.seq + 1,
            type="case_withdrawn",
            actor_id=last.actor_id,
            recorded_at=last.recorded_at,
            body=body,
            hash=chain_hash(last.hash, body),
        )
    )


VIEW_3 = "chuỗi access {viewed}, sự kiện 3"
WITH_THE_DATABASE: dict[str, tuple[Attack, str, str]] = {
    "a body": (change_a_body, "chain", VIEW_3),
    "an event gone": (delete_an_event, "missing", "sự kiện ở vị trí"),
    "a tail gone": (delete_the_tail, "missing", "sự kiện ở vị trí"),
    "a stream gone": (delete_a_stream, "missing", "sự kiện ở vị trí"),
    "a stream put in": (insert_a_stream, "not-in-tree", "chuỗi access"),
    "an act added": (add_to_a_case, "head", "hồ sơ {code}"),
    "two exchanged": (swap_two, "leaf", "chuỗi access {viewed}, sự kiện 4"),
    "an end hashed again": (rewrite_the_end, "leaf", VIEW_3),
    "a case hashed again": (rewrite_a_case, "leaf", "hồ sơ {code}, sự kiện 1"),
    "leaves as well": (rewrite_and_adjust_leaves, "root", "điểm kiểm số 2: "),
    "a new tree": (delete_and_rebuild_the_tree, "truncated", "điểm kiểm số 2"),
    "a checkpoint gone": (drop_a_checkpoint, "checkpoint", "điểm kiểm số 1: không còn"),
    "a checkpoint's column": (change_a_column, "checkpoint", "điểm kiểm số 1: các cột"),
    "a checkpoint's note": (change_a_note, "checkpoint", "điểm kiểm số 2"),
    "signatures": (forge_a_signature, "signature", "điểm kiểm số 1"),
    "a key of one's own": (a_key_of_their_own, "key", "khóa của nhật ký"),
    "a cosignature": (forge_a_cosignature, "cosignature", "điểm kiểm số 2"),
    "text for bytes": (text_in_a_cell, "chain", VIEW_3),
}


@pytest.mark.parametrize("name", WITH_THE_DATABASE)
def test_who_can_write_to_the_database_is_found(scene: Scene, name: str):
    attack, kind, place = WITH_THE_DATABASE[name]
    code = db.session.get_one(Case, scene.case_id).code

    attack(scene)
    before = verify_all(trust(scene))
    record_events(1)
    with_a_later_checkpoint = verify_all_after_another_checkpoint(scene)

    for report in (before, with_a_later_checkpoint):
        assert place.format(viewed=scene.viewed, code=code) in found(report)[kind]


def verify_all_after_another_checkpoint(scene: Scene) -> Report:
    try:
        keep_and_sign()
    except (LookupError, IntegrityError, WrongState):  # the sequencer may stumble over the ruins
        db.session.rollback()
    return verify_all(trust(scene))


def test_with_the_key_as_well_the_witness_gives_it_away(scene: Scene):
    rewrite_and_adjust_leaves(scene)
    sign_anew(the_key())

    assert "điểm kiểm số 2" in found(verify_all(trust(scene)))["cosignature"]

    change(delete(LogCosignature))
    assert found(verify_all(trust(scene))) == {}  # the database alone knows no better
    assert "cosignature" not in found(verify_all(trust(scene, asked=True)))
    assert set(found(verify_all(trust(scene, asked=True)))) == {"witness"}


def test_with_the_key_a_case_that_never_was_is_found_too(scene: Scene):
    change(delete(LogCosignature))
    delete_and_rebuild_the_tree(scene)
    sign_anew(the_key())

    wrong = found(verify_all(trust(scene, asked=True)))

    assert wrong["witness"].startswith("cỡ ")
    record_events(5)
    keep_and_sign()
    assert "witness" in found(verify_all(trust(scene, asked=True)))  # nor once it is as long again
    with pytest.raises(Refused):
        ask_witness(settings(), scene.witness)


def test_a_note_that_an_auditor_kept_does_as_well_as_the_witness(scene: Scene):
    kept = Note.parse(db.session.get_one(LogCheckpoint, 1).note)
    rechain(scene.of_case, first)
    adjust_leaves()
    sign_anew(the_key())
    change(delete(LogCosignature))

    assert set(found(verify_all(trust(scene, kept=(kept,))))) == {"witness"}


def test_other_keys_than_those_that_were_named_do_not_count(scene: Scene):
    stranger = PrivateKey(the_key().name, LOG_ALGORITHM, bytes(32)).public

    wrong = found(verify_all(replace(trust(scene), log_keys=[stranger], current=None)))

    assert set(wrong) == {"key", "signature"}


@pytest.mark.parametrize("attack", [rewrite_a_case, rewrite_the_end])
def test_of_one_case_only_its_own_harm_is_told(scene: Scene, attack: Attack):
    attack(scene)

    report = verify_case(scene.case_id, trust(scene))

    assert set(found(report)) == ({"leaf"} if attack is rewrite_a_case else set())


def test_of_one_case_the_root_is_computed_too(scene: Scene):
    rechain(scene.of_case, first)
    adjust_leaves()

    assert set(found(verify_case(scene.case_id, trust(scene)))) == {"root"}


def test_what_was_recorded_just_now_is_counted_not_blamed(scene: Scene):
    record_events(2)

    report = verify_all(trust(scene, asked=True))

    assert (report.findings, report.pending) == ([], 2)


def test_on_either_database(either_core: Flask, tmp_path: Path):
    case_id = a_case_at("self_assess")
    near = witnessed(tmp_path)
    scene = Scene(case_id, record_events(300), near)
    keep_and_sign()
    assert ask_witness(settings(), near)
    assert verify_all(trust(scene, asked=True)).findings == []
    assert verify_case(case_id, trust(scene)).findings == []
    if db.engine.dialect.name == "sqlite":
        without_triggers()
    else:
        with transaction() as session:
            for table in ("event", "log_leaf"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))

    rechain(scene.views, third)
    assert set(found(verify_all(trust(scene)))) == {"leaf"}
    adjust_leaves()

    assert set(found(verify_all(trust(scene, asked=True)))) == {"root", "node", "witness"}
