"""Backups: made while people work, restored into an empty database of either kind, refused when damaged."""

from __future__ import annotations

import io
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from service.app import create_core
from service.audit.check import check_everything
from service.backup.format import LEFT_OUT
from service.backup.operations import LAST_BACKUP_AT, Made, back_up
from service.backup.restoring import restore, restore_files
from service.backup.sealing import seal, unsealed
from service.backup.shelf import Shelf
from service.cli.within import upgrade_database
from service.database import Base, db, transaction
from service.demo.story import play
from service.documents.signed_copies import SignedCopy, file_signed_copy
from service.dossiers.storage import store
from service.errors import BadConfiguration, BadInput, StorageFull, WrongState
from service.migrations.schema import newest
from service.models import (
    CalendarDay,
    Case,
    Document,
    Event,
    LoginSession,
    Notification,
    RoundItem,
    Setting,
    Webhook,
)
from service.tasks.operations import save_draft
from tests.builders import NOON, an_open_case, open_task, person, story_answers
from tests.integration.conftest import MEGABYTE, settings_for
from tests.integration.retention.scenes import an_ended_case, erased, ten_years_for
from tests.integration.service.scenes import ALL_STEPS, all_met, elsewhere, open_tasks, step_done

IDENTITY = pyrage.x25519.Identity.generate()
PUBLIC = str(IDENTITY.to_public())
SUNRISE = datetime(2023, 11, 20, 5, 0, tzinfo=UTC)


@dataclass
class Backups:
    """A folder of backups of the current application, five minutes apart."""

    folder: Path
    files: Path
    made: int = 0

    def make(self, **options: Any) -> Made:
        self.made += 1
        db.session.rollback()
        return back_up(
            **{
                "to": self.folder,
                "recipients": [PUBLIC],
                "files": self.files,
                "now": NOON,
                "made_at": SUNRISE + timedelta(minutes=5 * self.made),
                **options,
            }
        )


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    return Backups(tmp_path / "backups", tmp_path / "files")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'restored.db'}"
    return str(request.getfixturevalue("postgres_url"))


@contextmanager
def at(url: str, folder: Path) -> Iterator[Flask]:
    """Another installation, within this process."""
    with (app := create_core(settings_for(url, folder))).app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def told_apart(rows: dict[str, list[tuple[Any, ...]]], other: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    return [table for table in rows if rows[table] != other[table]]


def all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a backup holds; when the last one was made is not part of it."""
    db.session.rollback()
    found = {
        table.name: sorted((tuple(row) for row in db.session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in LEFT_OUT
    }
    found["setting"] = [row for row in found["setting"] if row[0] != LAST_BACKUP_AT]
    db.session.rollback()
    return found


def restored_rows(source: Path, url: str, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with at(url, folder):
        restore(source, [IDENTITY], upgrade=upgrade_database)
        assert list(check_everything()) == []
        return all_rows()


def test_a_finished_story_comes_back_whole_in_either_database(
    either_core: Flask, empty_url: str, backups: Backups, tmp_path: Path
):
    play(backups.files, 5 * MEGABYTE)
    with transaction() as session:
        session.execute(
            insert(CalendarDay).values(
                day=NOON.date(), is_working=False, name="Ngày nghỉ\x09“thử”", source="Quyết định"
            )
        )
    before = all_rows()

    made = backups.make()

    assert made.kind == "full"
    assert made.rows == sum(map(len, before.values()))
    after = restored_rows(backups.folder, empty_url, tmp_path)
    assert told_apart(before, after) == []


def test_parts_bring_back_the_state_of_the_newest_one(
    either_core: Flask, empty_url: str, backups: Backups, tmp_path: Path
):
    case_id = an_open_case()
    backups.make()
    for element in ALL_STEPS[:4]:
        step_done(case_id, element, all_met(element))
        made = backups.make()
        assert made.kind == "part"
    an_open_case("phuong-minh-hoa")
    task_id = open_task(case_id, "department_verify")
    save_draft(
        task_id=task_id,
        answers=story_answers("department_verify", "minh-hoa"),
        seen_rev=0,
        by=person("so-tttt-chuyenvien"),
        now=NOON,
    )
    made = backups.make()
    before = all_rows()

    after = restored_rows(backups.folder, empty_url, tmp_path)

    assert told_apart(before, after) == []
    assert made.rows < sum(map(len, before.values())) / 2


def test_what_was_erased_since_does_not_come_back_with_an_older_backup(
    either_core: Flask, empty_url: str, backups: Backups, tmp_path: Path
):
    case_id = an_ended_case()
    ten_years_for()
    backups.make()
    erased(case_id, files=tmp_path / "files")
    assert backups.make().kind == "part"
    before = all_rows()

    after = restored_rows(backups.folder, empty_url, tmp_path)

    # A bell that an older backup of the chain holds may ring again; nothing else comes back.
    assert set(told_apart(before, after)) <= {"notification"}


def test_a_part_holds_only_what_changed(either_core: Flask, backups: Backups):
    case_id = an_open_case()
    full = backups.make()
    quiet = backups.make()
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(basis_source="khác"))
    touched = backups.make()

    assert full.rows > 200
    assert quiet.rows <= 10  # that the backup before was made is a row too
    assert touched.rows <= quiet.rows + 3


def test_rows_that_were_taken_away_stay_away(
    either_core: Flask, empty_url: str, backups: Backups, tmp_path: Path
):
    case_id = an_open_case()
    round_id = uuid.uuid4()
    with transaction() as session:
        a_round(session, round_id, case_id)
    backups.make()
    with transaction() as session:
        session.execute(delete(RoundItem))
    backups.make()

    after = restored_rows(backups.folder, empty_url, tmp_path)

    assert after["round_item"] == []
    assert len(after["round"]) == 1


def a_round(session: Any, round_id: uuid.UUID, case_id: uuid.UUID) -> None:
    from service.models import Round

    case = session.get_one(Case, case_id)
    officer = person("so-tttt-chuyenvien")
    session.execute(
        insert(Round).values(
            id=round_id,
            procedure="recognition",
            year=2023,
            number=1,
            name="Đợt 1",
            department_id=case.department_id,
            province_id=case.province_id,
            state="gathering",
            rev=0,
            draft={},
            opened_by=officer.id,
            opened_at=NOON,
        )
    )
    session.execute(
        insert(RoundItem).values(round_id=round_id, case_id=case_id, list="assigned", reason="", live=True)
    )


def test_what_commits_late_with_an_early_number_is_not_missed(
    postgres_core: Flask, backups: Backups, tmp_path: Path, postgres_url: str
):
    """Two write; the one that took the smaller number commits after the backup."""
    user = person("kiemtra").id
    with postgres_core.app_context(), db.engine.connect() as slow:
        slow.execute(insert(Notification).values(**a_notification(user, "slow")))
        with db.engine.begin() as quick:
            quick.execute(insert(Notification).values(**a_notification(user, "quick")))
        backups.make()
        slow.commit()
    backups.make()

    before = all_rows()
    after = restored_rows(backups.folder, postgres_url, tmp_path)

    assert len(after["notification"]) == 2
    assert told_apart(before, after) == []


def a_notification(user: uuid.UUID, key: str) -> dict[str, Any]:
    return {
        "user_id": user,
        "kind": "thu",
        "title": key,
        "body": "",
        "link": "/",
        "dedup_key": key,
        "created_at": NOON,
    }


def test_writers_do_not_wait_for_a_backup_nor_show_in_it(
    either_core: Flask, backups: Backups, monkeypatch: pytest.MonkeyPatch, empty_url: str, tmp_path: Path
):
    """Somebody opens a case in the middle of the backup: it is in the next one."""
    from service.backup import writing

    totals = writing.totals

    def meanwhile(connection: Any) -> dict[str, int]:
        elsewhere(either_core, an_open_case)
        monkeypatch.setattr(writing, "totals", totals)
        return totals(connection)

    monkeypatch.setattr(writing, "totals", meanwhile)
    before = all_rows()
    backups.make()
    with at(empty_url, tmp_path):
        restore(backups.folder, [IDENTITY], upgrade=upgrade_database)
        assert told_apart(before, all_rows()) == []

    assert backups.make().kind == "part"
    assert db.session.execute(select(Case.code)).scalars().all() == ["CN-2023-000001"]


def test_sessions_beats_and_secrets_are_left_out(core: Flask, backups: Backups, tmp_path: Path):
    secret = "bi-mat-cua-webhook"
    with transaction() as session:
        session.execute(
            insert(LoginSession).values(
                token_hash=b"t" * 32,
                user_id=person("kiemtra").id,
                created_at=NOON,
                expires_at=NOON,
                user_agent="trinh-duyet-rieng",
            )
        )
        session.execute(
            insert(Webhook).values(
                id=uuid.uuid4(),
                name="Cổng",
                url="https://cong.example/",
                secret=secret,
                kinds=[],
                active=True,
                created_at=NOON,
            )
        )
    made = backups.make()

    with unsealed(made.path, [IDENTITY]) as plain:
        content = plain.read()

    assert "Cổng".encode() in content
    for hidden in (secret, "trinh-duyet-rieng", "login_session", "process_beat"):
        assert hidden.encode() not in content
    after = restored_rows(backups.folder, f"sqlite:///{tmp_path / 'restored.db'}", tmp_path)
    assert [row[4:7] for row in after["webhook"]] != []
    with at(f"sqlite:///{tmp_path / 'restored.db'}", tmp_path):
        assert db.session.execute(select(Webhook.secret, Webhook.active)).one() == ("", False)


def test_nothing_readable_lies_in_the_folder(core: Flask, backups: Backups):
    an_open_case()
    backups.make()
    backups.make()

    lying = b"".join(path.read_bytes() for path in backups.folder.rglob("*") if path.is_file())

    for word in ("CN-2023-000001", "xa-thidu-chuyenvien", "Ủy ban nhân dân"):
        assert word.encode() not in lying


def test_evidence_and_signed_copies_are_kept_once_and_come_back(
    core: Flask, backups: Backups, tmp_path: Path
):
    play(backups.files, 5 * MEGABYTE)
    paper = store(backups.files, io.BytesIO(b"%PDF-1.7 ban da ky"), MEGABYTE)
    document = db.session.scalars(
        select(Document.id).where(Document.signer_title.contains("thị xã")).limit(1)
    ).one()
    file_signed_copy(
        document_id=document,
        copy=SignedCopy("ban-da-ky.pdf", paper.size, paper.sha256),
        by=person("huyen-bimson-vanthu"),
        now=NOON,
    )
    first, second = backups.make(), backups.make(full=True)

    stored = sorted(path.name for path in backups.files.rglob("*") if path.is_file())
    shutil.rmtree(backups.files)
    came, missing = restore_files(backups.folder, [IDENTITY], tmp_path / "again")

    assert paper.sha256 in stored
    assert first.files == len(stored)
    assert (second.files, came, missing) == (0, len(stored), [])
    assert sorted(path.name for path in (tmp_path / "again").rglob("*") if path.is_file()) == stored
    assert backups.make(full=True).missing == ()  # still on the shelf


def test_evidence_that_the_storage_has_lost_is_named(core: Flask, backups: Backups):
    play(backups.files, 5 * MEGABYTE)
    shutil.rmtree(backups.files)

    assert len(backups.make().missing) > 0


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("cut short", "bị cắt ngắn hoặc đã bị sửa"),
        ("cut off its end cleanly", "bị cắt ngắn hoặc đã bị sửa"),
        ("one byte changed", "bị cắt ngắn hoặc đã bị sửa"),
        ("another key", "khóa giải mã này không mở được"),
        ("not a backup", "không phải bản sao lưu"),
        ("somebody else's content", "không phải bản sao lưu của Công nhận"),
        ("a newer format", "chỉ đọc đến 1"),
        ("a newer schema", "lược đồ 9998"),
        ("its predecessor is gone", "thiếu bản sao lưu trước đó"),
        ("an older one under its name", "của một bản sao lưu khác"),
    ],
)
def test_a_damaged_backup_is_refused_in_a_sentence_and_leaves_nothing(
    core: Flask, backups: Backups, tmp_path: Path, harm: str, sentence: str
):
    first = backups.make().path
    an_open_case()
    path = backups.make().path
    keys = [IDENTITY]
    HARMS[harm](path, first)
    if harm == "another key":
        keys = [pyrage.x25519.Identity.generate()]

    with at(f"sqlite:///{tmp_path / 'restored.db'}", tmp_path):
        with pytest.raises(BadInput, match=sentence):
            restore(backups.folder, keys, upgrade=upgrade_database)
        db.session.rollback()
        if (tmp_path / "restored.db").exists():
            assert all_rows()["user_account"] == []


def resealed(path: Path, change: Callable[[bytes], bytes]) -> None:
    with unsealed(path, [IDENTITY]) as plain:
        content = change(plain.read())
    with path.open("wb") as target:
        seal([content], target, [IDENTITY.to_public()])


HARMS: dict[str, Callable[[Path, Path], object]] = {
    "cut short": lambda path, _: path.write_bytes(path.read_bytes()[:-30]),
    "cut off its end cleanly": lambda path, _: resealed(
        path, lambda content: content[: content.rindex(b'{"end"')]
    ),
    "one byte changed": lambda path, _: path.write_bytes(
        path.read_bytes()[:-600] + bytes([path.read_bytes()[-600] ^ 1]) + path.read_bytes()[-599:]
    ),
    "another key": lambda *_: None,
    "not a backup": lambda path, _: path.write_bytes(b"hello"),
    "somebody else's content": lambda path, _: resealed(path, lambda _content: b'{"product": "khac"}\n'),
    "a newer format": lambda path, _: resealed(
        path, lambda content: content.replace(b'"format":1', b'"format":2', 1)
    ),
    "a newer schema": lambda path, _: resealed(
        path, lambda content: content.replace(f'"schema":"{newest()}"'.encode(), b'"schema":"9998"', 1)
    ),
    "its predecessor is gone": lambda _, first: first.unlink(),
    "an older one under its name": lambda path, first: shutil.copy(first, path),
}


def test_a_database_with_anything_in_it_is_not_restored_into(core: Flask, backups: Backups):
    backups.make()
    before = all_rows()

    with pytest.raises(WrongState, match="đã có dữ liệu"):
        restore(backups.folder, [IDENTITY], upgrade=upgrade_database)

    assert told_apart(before, all_rows()) == []


def test_data_that_does_not_agree_with_its_log_is_not_taken_unless_asked_for(
    core: Flask, backups: Backups, tmp_path: Path
):
    case_id = an_open_case()
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(active=["chairman_decide"]))
    backups.make()

    with at(f"sqlite:///{tmp_path / 'restored.db'}", tmp_path):
        with pytest.raises(BadInput, match="CN-2023-000001"):
            restore(backups.folder, [IDENTITY], upgrade=upgrade_database)
        assert all_rows()["user_account"] == []
        done = restore(backups.folder, [IDENTITY], upgrade=upgrade_database, accept_findings=True)
        assert "CN-2023-000001" in done.findings[0]
        assert len(all_rows()["case_file"]) == 1


def test_work_goes_on_in_a_restored_database(
    core: Flask, backups: Backups, postgres_url: str, tmp_path: Path
):
    case_id = an_open_case()
    step_done(case_id, "self_assess", all_met("self_assess"))
    backups.make()

    with at(postgres_url, tmp_path):
        restore(backups.folder, [IDENTITY], upgrade=upgrade_database)
        step_done(case_id, "district_appraise", all_met("district_appraise"))
        assert list(open_tasks(case_id)) == ["member_opinion"]
        an_open_case("phuong-minh-hoa")
        assert sorted(db.session.execute(select(Case.code)).scalars()) == ["CN-2023-000001", "CN-2023-000002"]
        assert list(check_everything()) == []
        triggers = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        assert db.session.execute(text(triggers)).scalar_one() >= 12
        with pytest.raises(Exception, match="append-only"), transaction() as session:
            session.execute(delete(Event).execution_options(synchronize_session=False))


def test_a_disk_that_fills_up_leaves_the_old_backups_and_no_half_one(
    core: Flask, backups: Backups, monkeypatch: pytest.MonkeyPatch
):
    first = backups.make()
    kept = {path.name: path.read_bytes() for path in backups.folder.iterdir() if path.is_file()}

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.backup.shelf.os.fsync", full)
    with pytest.raises(StorageFull, match="Các bản cũ còn nguyên"):
        backups.make()
    monkeypatch.undo()

    assert {path.name: path.read_bytes() for path in backups.folder.iterdir() if path.is_file()} == kept
    assert backups.make().kind == "part"
    assert first.path.exists()


def test_two_backups_at_once_do_not_mix(core: Flask, backups: Backups):
    shelf = Shelf(backups.folder)

    with shelf.locked(), pytest.raises(WrongState, match="Một lần sao lưu khác"):
        backups.make()


def test_what_a_killed_backup_left_is_swept_away(core: Flask, backups: Backups):
    backups.make()
    (backups.folder / "incoming-abc").write_bytes(b"half")

    backups.make()

    assert not (backups.folder / "incoming-abc").exists()


def test_a_new_full_backup_begins_when_the_last_is_old_or_its_account_is_lost(core: Flask, backups: Backups):
    made = [backups.make().kind, backups.make().kind]
    made.append(backups.make(made_at=SUNRISE + timedelta(days=1, minutes=10)).kind)
    (backups.folder / "newest.json").write_text("{}")
    made.append(backups.make(made_at=SUNRISE + timedelta(days=1, minutes=20)).kind)

    assert made == ["full", "part", "full", "full"]


def test_only_as_many_chains_are_kept_as_asked_for(core: Flask, backups: Backups):
    first = [backups.make().path, backups.make().path]
    second = [backups.make(full=True).path, backups.make().path]
    third = backups.make(full=True, keep=2)

    assert [path.exists() for path in first] == [False, False]
    assert [path.exists() for path in second] == [True, True]
    assert third.pruned == 2


def test_when_the_last_backup_was_made_is_known_to_the_installation(either_core: Flask, backups: Backups):
    backups.make()

    value = db.session.execute(select(Setting.value).where(Setting.name == LAST_BACKUP_AT)).scalar_one()
    assert value == "2023-11-20T05:00:00.000000Z"  # noon in Thanh Hóa


@pytest.mark.parametrize("keys", [[], ["age1khongphaikhoa"]])
def test_without_a_good_key_nothing_is_written(core: Flask, backups: Backups, keys: list[str]):
    with pytest.raises(BadConfiguration, match="age1"):
        backups.make(recipients=keys)

    assert not backups.folder.exists()


def test_each_of_several_keys_opens_it(core: Flask, backups: Backups):
    other = pyrage.x25519.Identity.generate()
    made = backups.make(recipients=[PUBLIC, str(other.to_public())])

    for identity in (IDENTITY, other):
        with unsealed(made.path, [identity]) as plain:
            assert plain.readline().startswith(b'{"kind":"full"')


def test_large_contents_pass_through_in_pieces(tmp_path: Path):
    path = tmp_path / "large"
    piece = bytes(range(256)) * 4096
    with path.open("wb") as target:
        seal((piece for _ in range(40)), target, [IDENTITY.to_public()])

    with unsealed(path, [IDENTITY]) as plain:
        read = sum(len(chunk) for chunk in iter(lambda: plain.read(100_000), b""))

    assert read == 40 * len(piece)
    assert path.stat().st_size < read / 50
