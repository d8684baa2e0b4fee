"""Every refusal is a problem document with a stable code; what may not be seen does not exist."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import flask
import pytest
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import InternalServerError
from werkzeug.test import TestResponse

from service.api import tasks as tasks_door
from service.config import DEMO_PASSWORD
from service.http.extensions import limiter
from service.identity.operations import log_in
from service.web import errors as web_errors
from tests.builders import NOON, an_open_case, open_task, story_answers
from tests.integration.api.client import Api, Person

NOWHERE = "00000000-0000-4000-8000-000000000000"


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must have this status and code."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.get_data())
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"/api/v1/problems/{code}"
    assert document["detail"]
    return document


@pytest.fixture
def task(api: Api) -> str:
    """The commune's open self-assessment."""
    with api.inside():
        return str(open_task(an_open_case(), "self_assess"))


def test_without_a_token_nothing_is_told(api: Api) -> None:
    answer = api.stranger().request("GET", "/cases")

    problem(answer, 401, "not-logged-in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    problem(api.stranger().request("POST", "/cases", json={}), 401, "not-logged-in")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic dTpw", "Bearer \u00e9"])
def test_a_wrong_token_is_no_token(api: Api, header: str) -> None:
    problem(api.stranger().request("GET", "/me", headers={"Authorization": header}), 401, "not-logged-in")


def test_a_reading_token_does_not_write(api: Api, task: str) -> None:
    reader = api.a("xa-thidu-chuyenvien", scopes="read")

    reader.get(f"/tasks/{task}")
    problem(reader.request("POST", f"/tasks/{task}/claim"), 403, "not-allowed")


def test_unknown_addresses_and_methods_are_problems_too(officer: Person) -> None:
    problem(officer.request("GET", "/nothing"), 404, "not-found")
    problem(officer.request("GET", "/api/v2/cases"), 404, "not-found")
    problem(officer.request("GET", "/cases/not-a-uuid"), 404, "not-found")
    problem(officer.request("GET", f"/processes/recognition/versions/{'9' * 40}"), 404, "not-found")
    refused = officer.request("DELETE", "/cases")
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{not json", "application/json", 400, "not-json"),
        (b'{"year": "\xff"}', "application/json", 400, "not-json"),
        (b'{"year": "\\ud800"}', "application/json", 400, "not-json"),
        (b'{"year": NaN}', "application/json", 400, "not-json"),
        (b"[" * 5000 + b"]" * 5000, "application/json", 400, "not-json"),
        (b'{"year": 2023}', "text/plain", 415, "unsupported-media-type"),
        (b'{"year": 1e400}', "application/json", 400, "not-json"),
        (b'{"year": 2023.0}', "application/json", 422, "bad-input"),
        (b'{"year": "2023\\u0000"}', "application/json", 422, "bad-input"),
        (b'{"year": 2023, "year": 2024}', "application/json", 422, "bad-input"),
        (b'{"year": ' + b"9" * 30 + b"}", "application/json", 422, "bad-input"),
        (b'{"x": ' + b"[" * 20 + b"]" * 20 + b"}", "application/json", 422, "bad-input"),
        (b"[]", "application/json", 422, "bad-input"),
        (b"null", "application/json", 422, "bad-input"),
        (b'"' + b"x" * (2 * 1024 * 1024) + b'"', "application/json", 413, "too-large"),
    ],
)
def test_a_body_that_is_not_bounded_json_is_refused(
    officer: Person, body: bytes, kind: str, status: int, code: str
) -> None:
    problem(officer.request("POST", "/cases", data=body, content_type=kind), status, code)


def test_bad_input_names_the_fields(officer: Person) -> None:
    answer = officer.request("POST", "/cases", json={"commune_id": "x", "yeer": 2023})

    errors = problem(answer, 422, "bad-input")["errors"]
    assert {error["field"]: error["messages"] for error in errors} == {
        "commune_id": ["Phải là mã UUID."],
        "year": ["Bắt buộc nhập."],
        "yeer": ["Không có trường này."],
    }


@pytest.mark.parametrize(
    "query",
    ["size=0", "size=201", "size=x", "sise=5", "cursor=%00", "cursor=zzzz", "tab=late", "mine=perhaps"],
)
def test_a_query_that_cannot_be_meant_is_refused(officer: Person, query: str) -> None:
    problem(officer.request("GET", f"/tasks?{query}"), 422, "bad-input")


def test_a_form_error_is_named_down_to_the_criterion(api: Api, task: str) -> None:
    answers = story_answers("self_assess")
    answers["criteria"]["2.6"]["raw"] = "154,4%"
    answer = api.a("xa-thidu-chuyenvien").request(
        "POST", f"/tasks/{task}/submit-for-signature", json={"answers": answers, "rev": 0}
    )

    fields = [error["field"] for error in problem(answer, 422, "bad-input")["errors"]]
    assert fields == ["criteria.2.6.raw"]


def test_what_one_may_see_but_not_do_is_403(api: Api, task: str) -> None:
    problem(api.a("kiemtra").request("POST", f"/tasks/{task}/claim"), 403, "not-allowed")
    problem(api.a("so-tttt-chuyenvien").request("POST", f"/tasks/{task}/claim"), 403, "not-allowed")


def test_what_one_may_not_see_does_not_exist(api: Api, task: str) -> None:
    neighbour = api.a("xa-minhhoa-chuyenvien")
    other_district = api.a("huyen-thuongxuan-lanhdao")
    case = api.a("so-tttt-chuyenvien").get(f"/tasks/{task}")["case_id"]

    for path in (f"/tasks/{task}", f"/cases/{case}", f"/cases/{case}/events", f"/cases/{case}/files"):
        problem(neighbour.request("GET", path), 404, "not-found")
        problem(other_district.request("GET", path), 404, "not-found")
    problem(neighbour.request("POST", f"/tasks/{task}/claim"), 404, "not-found")
    problem(neighbour.request("POST", f"/cases/{case}/withdraw", json={"reason": "Thử."}), 404, "not-found")
    problem(neighbour.request("GET", "/rounds"), 404, "not-found")
    problem(neighbour.request("GET", f"/tasks/{NOWHERE}"), 404, "not-found")


def test_the_state_of_things_may_refuse(api: Api, task: str) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    body = {"answers": {"action": "complete"}, "rev": 0}
    clerk.put(f"/tasks/{task}/draft", {"answers": {"action": "complete", "report_summary": "A"}, "rev": 0})

    problem(clerk.request("PUT", f"/tasks/{task}/draft", json=body), 409, "draft-changed")
    problem(api.a("xa-thidu-lanhdao").request("POST", f"/tasks/{task}/claim"), 409, "task-taken")
    problem(api.a("xa-thidu-lanhdao").request("POST", f"/tasks/{task}/sign", json={}), 409, "wrong-state")


def test_a_closed_case_is_closed(api: Api, task: str) -> None:
    leader = api.a("xa-thidu-lanhdao")
    case = leader.get(f"/tasks/{task}")["case_id"]
    ended = leader.post(f"/cases/{case}/withdraw", {"reason": "Xã xin rút hồ sơ năm 2023."})

    assert (ended["status"], ended["outcome"]) == ("finished", "dossier_withdrawn")
    problem(leader.request("POST", f"/cases/{case}/withdraw", json={"reason": "Lại."}), 409, "case-closed")
    problem(api.a("xa-thidu-chuyenvien").request("POST", f"/tasks/{task}/claim"), 409, "task-not-open")


def test_a_second_case_of_the_year_is_refused(api: Api, officer: Person, task: str) -> None:
    commune = next(item for item in officer.get("/communes", year=2023)["items"] if item["case_id"])

    answer = officer.request("POST", "/cases", json={"commune_id": commune["id"], "year": 2023})

    assert "CN-2023-" in problem(answer, 409, "case-exists")["detail"]


def test_too_large_an_upload_is_refused(api: Api, task: str) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    beyond_file, beyond_request = b"%PDF-" + bytes(5 * 1024 * 1024), b"%PDF-" + bytes(8 * 1024 * 1024)

    for content in (beyond_file, beyond_request):
        problem(clerk.upload(task, content, "lon.pdf"), 413, "too-large")


def test_too_many_requests_are_slowed_down(api: Api, officer: Person) -> None:
    api.app.config["API_RATE_LIMIT"] = "3 per minute"
    limiter.reset()

    answers = [officer.request("GET", "/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem(answers[3], 429, "too-many-requests")
    assert int(answers[3].headers["Retry-After"]) > 0
    assert api.a("kiemtra").request("GET", "/me").status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("UPDATE", {}, Exception("database is locked")), 503, "busy"),
        (OperationalError("UPDATE", {}, Exception("database or disk is full")), 503, "storage-full"),
        (IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed")), 409, "case-changed"),
        (StaleDataError("0 rows matched"), 409, "case-changed"),
    ],
)
def test_passing_database_troubles_have_their_own_words(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(tasks_door.operations, "claim_task", fail)

    answer = api.a("xa-thidu-chuyenvien").request("POST", f"/tasks/{uuid4()}/claim")

    problem(answer, status, code)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_what_was_saved_after_it_was_read_is_not_signed(api: Api, task: str) -> None:
    officer, leader = api.a("xa-thidu-chuyenvien"), api.a("xa-thidu-lanhdao")
    officer.put(f"/tasks/{task}/draft", {"rev": 0, "answers": {}})
    officer.post(f"/tasks/{task}/submit-for-signature", {"answers": story_answers("self_assess"), "rev": 1})

    problem(leader.request("POST", f"/tasks/{task}/sign", json={"rev": 1}), 409, "draft-changed")
    assert leader.post(f"/tasks/{task}/sign", {"rev": 2})["opened"][0]["element"] == "district_appraise"


def test_the_unexpected_is_logged_under_the_incident_that_the_person_is_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(tasks_door.operations, "claim_task", fail)

    with caplog.at_level(logging.ERROR, "service.api"):
        answer = api.a("xa-thidu-chuyenvien").request("POST", f"/tasks/{uuid4()}/claim")

    document = problem(answer, 500, "unexpected")
    assert document["incident"] in caplog.text
    assert "secret" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "fail",
    [
        lambda: web_errors.unexpected(RuntimeError("a secret detail")),
        lambda: web_errors.http_error(InternalServerError()),
    ],
)
def test_the_unexpected_outside_every_blueprint_is_told_in_the_same_words(
    api: Api, fail: Callable[[], TestResponse]
) -> None:
    with api.app.test_request_context("/api/v1/somewhere"):
        answer = api.app.make_response(fail())

    document = json.loads(answer.get_data())
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert (document["code"], document["type"]) == ("unexpected", "/api/v1/problems/unexpected")
    assert document["incident"] in document["detail"]
    assert "secret" not in answer.get_data(as_text=True)


def test_a_cookie_alone_does_not_write(api: Api) -> None:
    """The browser's session opens the API, but writing needs the form's token as well."""
    with api.inside():
        _, secret = log_in(username="so-tttt-chuyenvien", password=DEMO_PASSWORD, now=NOON, hours=1)
    with api.app.test_request_context():
        form_token, csrf_secret = generate_csrf(), flask.session["csrf_token"]
    client = api.app.test_client()
    with client.session_transaction() as session:
        session.update(sid=secret, csrf_token=csrf_secret)

    assert client.get("/api/v1/me").json["username"] == "so-tttt-chuyenvien"
    problem(client.post("/api/v1/rounds", json={"year": 2023}), 400, "csrf-refused")
    with_token = client.post("/api/v1/rounds", json={"year": 2023}, headers={"X-CSRFToken": form_token})
    assert with_token.status_code == 201
