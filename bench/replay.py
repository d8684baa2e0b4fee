"""What it costs to fold a case, to compute it anew, to open *Xem lại diễn biến* and to move its slider.

The cases are those of the demo's story, and one that was sent back until it had 500 events with whole tables.
"""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from werkzeug.serving import WSGIRequestHandler, make_server

from bench.figures import Figure, seconds_of
from bench.ground import ground
from service.app import create_app
from service.audit.folding import fold
from service.config import Settings
from service.database import db, transaction
from service.demo.story import play
from service.identity.queries import token_hash, user_by_name
from service.models import Case, LoginSession
from service.replay.as_it_was import AsItWas
from service.replay.history import History, read_history
from service.replay.reexecution import Verdict, reexecute
from tests.builders import NOON, an_open_case, do_step
from tests.integration.service.scenes import given_back
from tests.servers.browser import running_browser

EVENTS, REPEATED, OPENED, MOVES = 500, 20, 7, 60
FOLDED, COMPUTED, OPEN_MS, MOVE_MS = 20_000, 5_000, 500, 50
SECRET = "bench of the replay"
# Milliseconds that the page's own thread is busy from the move until the next picture can be drawn.
_MOVES = """async (moves) => {
    const slider = document.querySelector('.replay input[type=range]');
    const taken = [];
    for (let at = 0; at < moves; at += 1) {
        slider.value = 1 + Math.floor((at * 7919) % Number(slider.max));
        const begun = performance.now();
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        document.body.getBoundingClientRect();
        await new Promise((done) => requestAnimationFrame(done));
        taken.push(performance.now() - begun);
    }
    return taken;
}"""


def measure() -> list[Figure]:
    with ground() as path:
        play(path.parent / "files", 5_000_000)
        told = [read_history(case_id) for case_id in db.session.scalars(select(Case.id))]
        figures = [
            Figure("fold, events of the story", rate(told, folding), "events/s", at_least=FOLDED),
            Figure("re-execution, events of the story", rate(told, computing()), "events/s", None, COMPUTED),
        ]
    with ground() as path:
        long_one = sent_back_often()
        history = [read_history(long_one)]
        figures += [
            Figure(f"fold, a case of {EVENTS} events", rate(history, folding), "events/s"),
            Figure(f"re-execution, a case of {EVENTS} events", rate(history, computing()), "events/s"),
            *pages(path, long_one),
        ]
    return figures


def sent_back_often() -> uuid.UUID:
    """Xã Thí Dụ's case, handed in and returned until it has that many events."""
    case_id, at, events = an_open_case(), NOON, 0
    while events < EVENTS:
        at += timedelta(hours=1)
        do_step(case_id, "self_assess", at)
        given_back(case_id, "district_appraise", at)
        events = db.session.get_one(Case, case_id, populate_existing=True).rev
    return case_id


def folding(history: History) -> None:
    fold(event.body for event in history.events)


def computing() -> Callable[[History], None]:
    looks: dict[tuple[str, int], AsItWas] = {}

    def work(history: History) -> None:
        key = history.case.procedure, history.case.year
        found = reexecute(history, look=looks.setdefault(key, AsItWas(*key)))
        assert found.verdict is Verdict.MATCHES, found

    return work


def rate(histories: Sequence[History], work: Callable[[History], None]) -> float:
    """Events a second, the best of some runs: what else the machine did is not the work's."""
    for history in histories:
        work(history)  # what is compiled once is not counted
    events = sum(len(history.events) for history in histories)

    def all_of_them() -> None:
        for history in histories:
            work(history)

    return events / min(seconds_of(all_of_them) for _ in range(REPEATED))


def pages(path: Path, case_id: uuid.UUID) -> Iterator[Figure]:
    with served(path) as (app, address):
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["sid"] = SECRET
        here, spent = f"/ho-so/{case_id}/dien-bien", []
        for _ in range(OPENED):
            begun = time.process_time()
            assert client.get(here).status_code == 200
            spent.append((time.process_time() - begun) * 1000)
        yield Figure(f"replay page of {EVENTS} events, processor", statistics.median(spent), at_most=OPEN_MS)
        moves = in_a_browser(address, here, client.get_cookie("congnhan"))
        yield Figure(
            "slider moved, until the next picture, median", statistics.median(moves), at_most=MOVE_MS
        )
        yield Figure("… at most", max(moves))


def in_a_browser(address: str, here: str, cookie: Any) -> list[float]:
    with running_browser() as browser, browser.new_context() as context:
        context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
        page = context.new_page()
        page.goto(address + here)
        page.locator("[data-ready]").wait_for()
        found: list[float] = page.evaluate(_MOVES, MOVES)
        return found


class Quiet(WSGIRequestHandler):
    def log(self, *_told: object) -> None:
        """Nothing: the table is what is read here."""


@contextmanager
def served(path: Path) -> Iterator[tuple[Any, str]]:
    """The pages over the database of the ground, with an inspector logged in."""
    user = user_by_name("kiemtra")
    assert user is not None
    with transaction() as session:
        values = {"token_hash": token_hash(SECRET), "user_id": user.id, "user_agent": ""}
        lasting = {"created_at": NOON, "expires_at": NOON + timedelta(days=9999)}
        session.execute(insert(LoginSession).values(**values, **lasting))
    db.session.remove()
    app = create_app(Settings(f"sqlite:///{path}", path.parent, secret_key="bench", demo=True))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield app, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
