"""A POST sent twice with one key happens once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any
from unittest.mock import patch

import pytest
from werkzeug.test import TestResponse

from service.dossiers import operations as dossiers
from service.errors import CaseChangedMeanwhile
from service.http import idempotency
from tests.builders import an_open_case, open_task
from tests.integration.api.client import Api, Person
from tests.integration.api.test_errors import problem


def test_the_same_key_gets_the_first_answer_again(officer: Person) -> None:
    first = officer.request("POST", "/rounds", json={"year": 2023}, headers={"Idempotency-Key": "dot-1"})
    second = officer.request("POST", "/rounds", json={"year": 2023}, headers={"Idempotency-Key": "dot-1"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json == first.json
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(officer.get("/rounds")["items"]) == 1


def test_the_same_key_for_something_else_is_refused(officer: Person) -> None:
    officer.post("/rounds", {"year": 2023}, key="dot-1", expect=201)

    again = officer.request("POST", "/rounds", json={"year": 2024}, headers={"Idempotency-Key": "dot-1"})

    problem(again, 422, "idempotency-key-reused")


def test_a_key_belongs_to_its_person(api: Api, officer: Person) -> None:
    officer.post("/rounds", {"year": 2023}, key="1", expect=201)

    second = api.a("so-tttt-giamdoc").post("/rounds", {"year": 2023}, key="1", expect=201)

    assert second["number"] == 2


def test_a_refused_request_may_be_sent_again_with_its_key(api: Api, officer: Person) -> None:
    body = {"commune_id": "00000000-0000-4000-8000-000000000000", "year": 2023}
    problem(officer.request("POST", "/cases", json=body, headers={"Idempotency-Key": "k"}), 404, "not-found")

    body["commune_id"] = officer.get("/communes", year=2023)["items"][0]["id"]

    officer.post("/cases", body, key="k", expect=201)


def test_an_unprintable_or_endless_key_is_refused(officer: Person) -> None:
    for key in ("x" * 201, "a\tb"):
        answer = officer.request("POST", "/rounds", json={"year": 2023}, headers={"Idempotency-Key": key})
        problem(answer, 422, "bad-input")


@pytest.mark.parametrize("served", ["api", "postgres_api"])
def test_two_at_once_with_one_key_have_one_effect(request: pytest.FixtureRequest, served: str) -> None:
    officer = request.getfixturevalue(served).a("so-tttt-chuyenvien")
    start, answers = threading.Barrier(2), []

    def post() -> None:
        start.wait(timeout=10)
        answers.append(
            officer.request("POST", "/rounds", json={"year": 2023}, headers={"Idempotency-Key": "both"})
        )

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert len(officer.get("/rounds")["items"]) == 1


def test_an_upload_repeated_by_another_client_is_the_same_request(api: Api) -> None:
    """Each sending of a form draws another boundary; what counts is what was sent."""
    with api.inside():
        task = open_task(an_open_case(), "self_assess")
    clerk = api.a("xa-thidu-chuyenvien")

    def send(content: bytes) -> TestResponse:
        return clerk.upload(task, content, "minh-chung.pdf", criterion="2.6", key="tep-1")

    first, second = send(b"%PDF-1.7 a"), send(b"%PDF-1.7 a")

    assert first.json == second.json
    case = first.json["case_id"]
    assert len(clerk.get(f"/cases/{case}/files")["items"]) == 1
    problem(send(b"%PDF-1.7 b"), 422, "idempotency-key-reused")


def test_nobody_waits_while_a_file_is_taken_in(api: Api) -> None:
    with api.inside():
        task = open_task(an_open_case(), "self_assess")
    clerk, path = api.a("xa-thidu-chuyenvien"), api.app.config["SETTINGS"].data_dir / "congnhan.db"
    store, free = dossiers.store, []

    def slow(*args: Any, **kwargs: Any) -> Any:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
            another.execute("ROLLBACK")
        free.append(True)
        return store(*args, **kwargs)

    with patch.object(dossiers, "store", slow):
        answer = clerk.upload(task, b"%PDF-1.7 a", "minh-chung.pdf", criterion="2.6", key="tep-1")

    assert (answer.status_code, free) == (201, [True])


def test_an_attempt_that_somebody_came_between_is_repeated_with_the_whole_file(api: Api) -> None:
    with api.inside():
        task = open_task(an_open_case(), "self_assess")
    clerk, record = api.a("xa-thidu-chuyenvien"), dossiers.record_access
    content, attempts = b"%PDF-1.7 " + b"x" * 5000, []

    def meets_somebody(*args: Any, **kwargs: Any) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise CaseChangedMeanwhile
        record(*args, **kwargs)

    with patch.object(dossiers, "record_access", meets_somebody):
        answer = clerk.upload(task, content, "minh-chung.pdf", criterion="2.6", key="tep-1")

    assert (answer.status_code, answer.json["size"]) == (201, len(content))
    assert len(clerk.get(f"/cases/{answer.json['case_id']}/files")["items"]) == 1


def test_a_twin_that_finds_the_work_done_gets_the_answer(api: Api) -> None:
    """The twin looked for the key before the first one's commit, and at the task after it."""
    with api.inside():
        task = open_task(an_open_case(), "self_assess")
    clerk = api.a("xa-thidu-chuyenvien")
    claim = f"/tasks/{task}/claim"
    seen = idempotency._kept
    twins: list[TestResponse] = []

    def looks_too_early(*args: Any) -> Any:
        found = seen(*args)
        if not twins:
            twins.append(None)  # type: ignore[arg-type]
            twins[0] = clerk.request("POST", claim, headers={"Idempotency-Key": "nhan"})
        return found

    with patch.object(idempotency, "_kept", looks_too_early):
        answer = clerk.request("POST", claim, headers={"Idempotency-Key": "nhan"})

    assert (answer.status_code, twins[0].status_code) == (200, 200)
    assert answer.json == twins[0].json
    assert answer.headers["Idempotency-Replayed"] == "true"
