"""Every committed event becomes a leaf, once, whatever the order of commits; how far is signed."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from service.audit import sequencing
from service.audit.log_keys import known_keys, ready_key, rotate_key, stored_key
from service.audit.merkle import leaf_hash, tree_root
from service.audit.sequencing import Settling, keep_log, sequence_events, sign_checkpoint
from service.audit.tree import last_checkpoint
from service.database import db, transaction
from service.errors import BadConfiguration, WrongState
from service.jobs import stopwatch
from service.jobs.background import Standing
from service.models import Event, LogCheckpoint, LogLeaf, LogNode
from tests.builders import NOON, an_open_case
from tests.integration.audit.logs import keep_and_sign, record_events, settings
from tests.integration.service.scenes import at_once, statements
from witness.notes import Checkpoint, Note, PublicKey


def event_hashes() -> list[bytes]:
    return [bytes(one) for one in db.session.scalars(select(Event.hash).order_by(Event.position))]


def leaf_data() -> list[bytes]:
    return [bytes(one) for one in db.session.scalars(select(LogLeaf.hash).order_by(LogLeaf.index))]


def test_events_become_leaves_in_their_order_and_the_root_is_signed(either_core: Flask):
    record_events(5)

    checkpoint = keep_and_sign()

    assert leaf_data() == event_hashes()
    assert checkpoint.root == tree_root(leaf_hash(one) for one in event_hashes())
    note = Note.parse(checkpoint.note)
    assert Checkpoint.parse(note.text) == Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)
    assert note.signed_by(known_keys()[0].key)
    assert known_keys()[0].key.name == checkpoint.origin


def test_a_log_that_has_not_grown_is_not_signed_again(core: Flask):
    settling = Settling()
    record_events(2)
    first = keep_and_sign(settling).number

    with statements() as sent:
        again = keep_and_sign(settling).number
    record_events(1)

    assert again == first
    assert not [statement for statement in sent if statement.startswith("INSERT")]
    assert keep_and_sign(settling).number == first + 1


def test_a_tree_of_many_leaves_keeps_every_eighth_level(core: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sequencing, "LEAVES_AT_ONCE", 100)
    before = len(event_hashes())
    record_events(600 - before)

    checkpoint = keep_and_sign()

    assert (checkpoint.size, checkpoint.settled) == (600, 600)
    assert checkpoint.root == tree_root(leaf_hash(one) for one in event_hashes())
    nodes = db.session.execute(select(LogNode.level, LogNode.index).order_by(LogNode.index)).all()
    assert [tuple(node) for node in nodes] == [(8, 0), (8, 1)]


def test_of_transactions_that_commit_in_reverse_order_none_is_missed(postgres_core: Flask):
    keep_and_sign_nothing()
    written, may_commit = threading.Event(), threading.Event()
    held: list[int] = []

    def early_position_late_commit() -> None:
        with transaction() as session:
            record_events(1)
            held.append(session.execute(select(func.max(Event.position))).scalar_one())
            written.set()
            assert may_commit.wait(30)

    settling = Settling()
    slow = threading.Thread(target=within, args=(postgres_core, early_position_late_commit))
    slow.start()
    assert written.wait(30)
    record_events(1)  # a later position, committed first

    early = keep_and_sign(settling)
    keep_and_sign(settling)
    taken = set(db.session.scalars(select(LogLeaf.position)))
    assert held[0] not in taken
    assert held[0] + 1 in taken
    assert early.settled < held[0]  # nobody says that the position before is settled

    may_commit.set()
    slow.join()
    late = keep_and_sign(settling)

    order = list(db.session.scalars(select(LogLeaf.position).order_by(LogLeaf.index)))
    assert order[-2:] == [held[0] + 1, held[0]]
    assert late.size == early.size + 1
    record_events(1)
    assert keep_and_sign(settling).settled > held[0]


def test_a_position_that_nobody_used_holds_nothing_up(postgres_core: Flask):
    keep_and_sign_nothing()
    settling = Settling()
    with pytest.raises(LookupError):
        record_in_vain()
    record_events(2)
    keep_and_sign(settling)
    record_events(1)

    settled = keep_and_sign(settling).settled

    assert sorted(db.session.scalars(select(LogLeaf.position))) == sorted(
        db.session.scalars(select(Event.position))
    )
    assert settled >= db.session.execute(select(func.max(Event.position))).scalar_one() - 1


def record_in_vain() -> None:
    with transaction():
        record_events(3)
        raise LookupError


def test_many_sequencers_at_once_make_one_tree(either_core: Flask):
    record_events(40)

    answers = at_once(either_core, [partial(keep_log, settings(), NOON, Settling()) for _ in range(4)])

    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    keep_and_sign()
    db.session.rollback()
    assert leaf_data() == event_hashes()
    assert len(known_keys()) == 1


@pytest.mark.parametrize("table", ["log_leaf", "log_node", "log_key", "log_checkpoint", "log_cosignature"])
def test_what_was_taken_in_is_never_changed(either_core: Flask, table: str):
    with transaction() as session:
        column, values = {
            "log_leaf": ("hash", {"index": 0, "position": 1, "hash": bytes(32)}),
            "log_node": ("hash", {"level": 8, "index": 0, "hash": bytes(32)}),
            "log_key": ("public", {"number": 1, "public": "x", "since": NOON}),
            "log_checkpoint": ("note", a_row()),
            "log_cosignature": (
                "line",
                {"checkpoint": 1, "witness": "w", "line": "x", "cosigned_at": NOON},
            ),
        }[table]
        metadata = LogLeaf.metadata.tables
        if table == "log_cosignature":
            session.execute(metadata["log_checkpoint"].insert(), a_row())
        session.execute(metadata[table].insert(), values)

    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
            session.execute(text(statement))


def a_row() -> dict[str, object]:
    return {
        "number": 1,
        "size": 1,
        "root": bytes(32),
        "origin": "x",
        "made_at": NOON,
        "settled": 0,
        "note": "x",
    }


def test_a_new_key_signs_from_its_rotation_on(core: Flask):
    record_events(1)
    first = keep_and_sign()

    rotated = rotate_key(settings(), NOON)
    second = keep_and_sign()

    old, new = known_keys()
    assert (second.size, second.number) == (first.size, first.number + 1)
    assert (old.until, new.until) == (new.since, None)
    assert new.key == rotated.public
    assert old.key.name == new.key.name
    assert Note.parse(second.note).signed_by(new.key)
    assert not Note.parse(second.note).signed_by(old.key)
    assert settings().log_key_path.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_not_replaced_by_itself(core: Flask):
    record_events(1)
    keep_and_sign()
    settings().log_key_path.unlink()
    record_events(1)

    with pytest.raises(WrongState, match="audit key --rotate"):
        keep_and_sign()

    assert leaf_data() == event_hashes()  # the tree grows on; only the signature waits
    rotate_key(settings(), NOON)
    assert keep_and_sign().size == len(event_hashes())


def test_a_former_key_put_back_does_not_sign(core: Flask):
    path = settings().log_key_path
    ready_key(settings(), NOON)
    former = path.read_text()
    rotate_key(settings(), NOON)
    path.write_text(former)

    with pytest.raises(WrongState, match="đã thôi dùng"):
        ready_key(settings(), NOON)


def test_a_file_that_is_no_key_is_named(core: Flask):
    settings().log_key_path.write_text("nothing")

    with pytest.raises(BadConfiguration, match="log_key"):
        stored_key(settings().log_key_path)


def test_an_empty_log_has_no_checkpoint(core: Flask):
    with transaction() as session:
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("DELETE FROM event_private_part"))
        session.execute(text("DELETE FROM event"))

    assert keep_log(settings(), NOON, Settling()) == 0
    assert last_checkpoint() is None
    sign_checkpoint(settings(), NOON)
    assert sequence_events() == 0
    assert known_keys() == []


def keep_and_sign_nothing() -> None:
    """What the template holds already is in the tree."""
    record_events(1)
    settling = Settling()
    keep_and_sign(settling)
    db.session.rollback()


def within(app: Flask, act: object) -> None:
    with app.app_context():
        act()  # type: ignore[operator]
        db.session.remove()


def test_the_names_of_keys(core: Flask):
    key = ready_key(settings(), NOON).public

    assert key.name.startswith("congnhan-")
    assert PublicKey.parse(str(key)) == key
    assert db.session.scalars(select(LogCheckpoint)).all() == []


def test_the_background_keeps_the_log_every_few_seconds(core: Flask, monkeypatch: pytest.MonkeyPatch):
    standing, elapsed = Standing(), [0.0]
    monkeypatch.setattr(stopwatch, "seconds", lambda: elapsed[0])
    record_events(1)
    standing.keep_log(settings(), NOON)
    record_events(1)
    standing.keep_log(settings(), NOON)
    assert db.session.scalars(select(func.count()).select_from(LogCheckpoint)).one() == 1

    elapsed[0] = 9.9  # the most that an event waits
    standing.keep_log(settings(), NOON)

    assert db.session.scalars(select(func.count()).select_from(LogCheckpoint)).one() == 2
    assert leaf_data() == event_hashes()


def test_completing_asks_nothing_more_of_the_database(core: Flask):
    with statements() as sent:
        an_open_case()

    assert not [statement for statement in sent if "log_" in statement]
