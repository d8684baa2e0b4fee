"""The version before and this one on one database, people at work all the while: no request fails.

What docs/operations.md says: `congnhan db upgrade` while the old server runs, the new one started beside it,
everybody led to it, the old one stopped. The old one is the real one, its code as it was.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import signal
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine, text

from tests.builders import story_answers
from tests.servers.web import ROOT, WebServer, environment, web_server

STORED = Path(__file__).parents[1] / "data" / "upgrades"
RETURN = {"action": "return", "reason": "Chưa đủ.", "criteria_reasons": {"2.6": "Bổ sung danh sách."}}
# Who prepares and who signs, at which step, with what: once round is two completions of one case.
ROUND = (
    ("self_assess", "xa-{}-chuyenvien", "xa-{}-lanhdao"),
    ("district_appraise", "huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"),
)
COMMUNES = {"UBND xã Thí Dụ": "thidu", "UBND phường Minh Họa": "minhhoa"}
PATIENCE_SECONDS = 120


class Place:
    """Where people are led to, and everything that they were told: (server, method, status)."""

    def __init__(self, address: str, tokens: dict[str, str]) -> None:
        self.address, self.tokens = address, tokens
        self.told: Counter[tuple[str, str, int]] = Counter()
        self.refused: list[str] = []
        self.ended = threading.Event()

    def ask(self, username: str, method: str, path: str, body: Any = None) -> Any:
        netloc = urlsplit(self.address).netloc
        connection = http.client.HTTPConnection(netloc, timeout=60)
        headers = {"Authorization": f"Bearer {self.tokens[username]}", "Content-Type": "application/json"}
        try:
            sent = json.dumps(body) if body is not None else None
            connection.request(method, f"/api/v1{path}", sent, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.told[netloc, method, answer.status] += 1
        if answer.status != 200:
            self.refused.append(f"{method} {path} by {username}: {answer.status} {content.decode()[:300]}")
        return json.loads(content)

    def count(self, method: str, address: str) -> int:
        return sum(
            times
            for (netloc, asked, _), times in self.told.items()
            if asked == method and netloc == urlsplit(address).netloc
        )


class Person(threading.Thread):
    def __init__(self, place: Place) -> None:
        super().__init__(daemon=True)
        self.place, self.problem = place, ""

    def run(self) -> None:
        try:
            while not self.place.ended.is_set():
                self.work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.problem = repr(error)

    def work(self) -> None:
        raise NotImplementedError


class Reader(Person):
    def work(self) -> None:
        for username in ("so-tttt-chuyenvien", "kiemtra"):
            self.place.ask(username, "GET", "/tasks")
            self.place.ask(username, "GET", "/cases")


class Worker(Person):
    """A commune hands its dossier in, the district returns it, and so on."""

    def __init__(self, place: Place, commune: str) -> None:
        super().__init__(place)
        self.commune = commune

    def work(self) -> None:
        for element, officer, leader in ROUND:
            answers = story_answers(element) if element == "self_assess" else RETURN
            one, other = (name.format(COMMUNES[self.commune]) for name in (officer, leader))
            listed = self.place.ask(one, "GET", f"/tasks?element={element}")["items"]
            [task] = [item for item in listed if item["commune"] == self.commune]
            rev = self.place.ask(one, "GET", f"/tasks/{task['id']}")["draft"]
            seen = {"rev": rev["rev"] if rev else 0, "answers": answers}
            self.place.ask(one, "POST", f"/tasks/{task['id']}/submit-for-signature", seen)
            self.place.ask(other, "POST", f"/tasks/{task['id']}/sign", {})


@pytest.fixture
def old(postgres_url: str, tmp_path: Path, before: str) -> Iterator[WebServer]:
    """The version whose schema is `before`, serving the demo on PostgreSQL."""
    root = tmp_path / "old"
    with tarfile.open(STORED / f"{before}-code.tar.xz") as packed:
        packed.extractall(root, filter="data")
    with web_server(tmp_path, root=root, options=["--demo"], DATABASE_URL=postgres_url) as server:
        yield server


def congnhan(*words: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *words],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def until_many_more(place: Place, address: str, people: list[Person]) -> None:
    """Until those at work have been answered a good number of times more by the server there."""
    wanted = place.count("POST", address) + 4
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while place.count("POST", address) < wanted:
        assert [one.problem for one in people if one.problem] == [], place.refused
        assert time.monotonic() < give_up_at, place.told
        time.sleep(0.05)


def tokens_of_all(url: str) -> dict[str, str]:
    """{username: token}, stored as the old version stores them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        tokens = {
            row.username: row for row in connection.execute(text("SELECT id, username FROM user_account"))
        }
        for name, row in tokens.items():
            connection.execute(
                text(
                    "INSERT INTO api_token (id, token_hash, user_id, scopes, created_at, expires_at) "
                    "VALUES (:id, :hash, :user, 'read write', '2023-11-01', '2099-01-01')"
                ),
                {"id": uuid.uuid4(), "hash": hashlib.sha256(name.encode()).digest(), "user": row.id},
            )
    engine.dispose()
    return {name: name for name in tokens}


def revision(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    engine.dispose()
    return found


@pytest.mark.parametrize("before", ["0002", pytest.param("0001", marks=pytest.mark.soak)])
def test_the_database_and_then_the_servers_are_upgraded_while_people_work(
    before: str, old: WebServer, postgres_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": postgres_url, "CONGNHAN_DATA": str(tmp_path)}
    place = Place(old.address, tokens_of_all(postgres_url))
    people: list[Person] = [*(Worker(place, commune) for commune in COMMUNES), Reader(place), Reader(place)]
    for one in people:
        one.start()
    assert revision(postgres_url) == before
    until_many_more(place, old.address, people)

    congnhan("db", "upgrade", **settings)

    assert revision(postgres_url) > before
    until_many_more(place, old.address, people)
    with web_server(tmp_path, DATABASE_URL=postgres_url) as new:
        place.address = new.address
        until_many_more(place, new.address, people)
        assert old.stop(signal.SIGTERM) == 0
        until_many_more(place, new.address, people)
        place.ended.set()
        for one in people:
            one.join(60)
        assert new.stop() == 0

    assert [one.problem for one in people] == [""] * len(people)
    assert place.refused == []
    assert congnhan("db", "check", **settings).strip() == "Không có vấn đề."
