"""On one SQLite file web threads and the background share one write lock; nobody sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from service import clock
from service.database import db
from service.jobs.background import Standing
from tests.builders import an_open_case, open_task
from tests.integration.service.scenes import nothing_is_wrong
from tests.integration.web.conftest import Visitor

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
TIMES = 6


def test_people_and_the_background_write_at_once_and_nobody_hears_of_locks(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    tasks = {
        "xa-thidu-chuyenvien": behind(lambda: open_task(an_open_case(), "self_assess")),
        "xa-minhhoa-chuyenvien": behind(lambda: open_task(an_open_case("phuong-minh-hoa"), "self_assess")),
    }
    people = {name: as_person(name) for name in tasks}
    tokens = {name: one.token() for name, one in people.items()}
    statuses: list[int] = []
    errors: list[BaseException] = []

    def writes(name: str) -> None:
        for turn in range(TIMES):
            act = "nhan" if turn % 2 == 0 else "tra-viec"
            answer = people[name].post(f"/viec/{tasks[name]}/{act}", token=tokens[name])
            statuses.append(answer.status_code)

    def passes() -> None:
        standing = Standing()
        for _ in range(TIMES):
            with web.app_context():
                try:
                    settings, now = web.config["SETTINGS"], clock.now()
                    standing.keep_time(settings, now)
                    standing.dispatch(settings, now)
                    standing.heart.stop()
                except BaseException as error:  # noqa: BLE001 the test looks at it
                    errors.append(error)
                finally:
                    db.session.remove()

    threads = [threading.Thread(target=writes, args=(name,)) for name in tasks]
    threads.append(threading.Thread(target=passes))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert errors == []
    assert statuses == [303] * (2 * TIMES)
    assert behind(nothing_is_wrong)
