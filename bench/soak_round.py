"""A round of 133 communes, from the cases that wait for it to the last one decided, on either database.

Everything goes through the pages as people use them: Sở gathers, hands up and signs, the Chairman decides as
proposed; then the dispatcher brings each act to every case.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from bench.figures import Figure
from service.app import create_app
from service.clock import set_demo_clock
from service.database import db, transaction
from service.identity.queries import token_hash, user_by_name
from service.jobs.outbox import drain
from service.models import Case, LoginSession
from tests.builders import NOON
from tests.faults.installation import installed
from tests.integration.conftest import fill, settings_for
from tests.integration.service.province import MIXTURE, brought_to_round, communes

COMMUNES = 133
OFFICER, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"
LOOKS = 7
# What a person waits for, and until when the last commune must have moved on.
# Gathering judges every case by the rules, once; everything after that rests on it.
PAGE, GATHERING, ACT, ALL_MOVED = 300, 5_000, 2_000, 60_000


def measure(count: int = COMMUNES) -> list[Figure]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="congnhan-round-") as folder:
        figures = _on("SQLite", f"sqlite:///{Path(folder) / 'congnhan.db'}", Path(folder), count)
    with installed() as installation:
        return figures + _on("PostgreSQL", installation.database_url, installation.folder / "files", count)


@contextmanager
def _application(url: str, folder: Path) -> Iterator[Flask]:
    fill(url, folder)
    app = create_app(settings_for(url, folder))
    with app.app_context():
        set_demo_clock(NOON)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _on(name: str, url: str, folder: Path, count: int) -> list[Figure]:
    with _application(url, folder) as app:
        with app.app_context():
            brought = [brought_to_round(one) for one in communes(list(islice(cycle(MIXTURE), count)))]
        officer, director, chairman = (_client(app, who) for who in (OFFICER, DIRECTOR, CHAIRMAN))
        _, address = _sent(officer, "/dot", {"year": "2023"})
        at = {"page, nothing gathered yet": _page(officer, address)}
        everybody = {"case": [str(case_id) for case_id in brought]}
        at["gathering"], _ = _sent(officer, f"{address}/them", everybody)
        at["page of the officer"] = _page(officer, address)
        text = {"text": "Kính trình Chủ tịch UBND tỉnh xem xét, quyết định.", "rev": "1"}
        at["handing up"], _ = _sent(officer, f"{address}/trinh-ky", text)
        at["page of the leader who signs"] = _page(director, address)
        at["signing the Tờ trình"], _ = _sent(director, f"{address}/ky", {"capacity": ""})
        moved = {"until the Tờ trình has reached all": _delivered(app)}
        at["page of the Chairman"] = _page(chairman, address)
        proposed = {f"outcome.{case_id}": "as_proposed" for case_id in brought}
        at["the Decision, all as proposed"], _ = _sent(
            chairman, f"{address}/quyet-dinh", {"capacity": "", **proposed}
        )
        moved["until the Decision has reached all"] = _delivered(app)
        at["page afterwards"] = _page(chairman, address)
        with app.app_context():
            left = db.session.execute(select(func.count()).where(Case.status != "finished")).scalar_one()
    title = f"round of {count}, {name}"
    return [
        *(Figure(f"{title}: {what}", taken * 1000, "ms", _target(what)) for what, taken in at.items()),
        *(Figure(f"{title}: {what}", taken * 1000, "ms", ALL_MOVED) for what, taken in moved.items()),
        Figure(f"{title}: cases left undecided", left, "", 0),
    ]


def _target(what: str) -> int:
    return PAGE if what.startswith("page") else GATHERING if what == "gathering" else ACT


def _client(app: Flask, username: str) -> FlaskClient:
    """Somebody's browser, logged in."""
    secret = f"session of {username}"
    with app.app_context(), transaction() as session:
        user = user_by_name(username)
        assert user is not None, username
        session.execute(
            insert(LoginSession).values(
                token_hash=token_hash(secret),
                user_id=user.id,
                user_agent="",
                created_at=NOON,
                expires_at=NOON + timedelta(hours=10),
            )
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = secret
    return client


def _page(client: FlaskClient, address: str) -> float:
    """The best of some looks, in seconds: a machine's neighbours can only add to it."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = client.get(address)
        times.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.status_code
    return min(times)


def _sent(client: FlaskClient, address: str, data: dict[str, str | Sequence[str]]) -> tuple[float, str]:
    """(seconds, where it leads)."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/doi-mat-khau").text)
    assert found is not None
    began = time.perf_counter()
    answer = client.post(address, data={"csrf_token": found[1], **data})
    taken = time.perf_counter() - began
    assert answer.status_code == 303, (address, answer.status_code, answer.text[:2000])
    return taken, answer.location or ""


def _delivered(app: Flask) -> float:
    began = time.perf_counter()
    with app.app_context():
        drain(NOON)
        db.session.remove()
    return time.perf_counter() - began
