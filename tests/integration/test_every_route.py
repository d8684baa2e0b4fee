"""Every route, as every role, with the ids of somebody else's case: nothing is revealed, nothing breaks.

The foreign case is one of huyện Thường Xuân; who asks is of thị xã Bỉm Sơn, or see everything by office.
A bearer token opens pages and API alike, so one way of asking serves both doors.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from service.clock import set_demo_clock
from service.database import db
from service.dossiers.operations import add_evidence
from service.http.access import POLICIES, PUBLIC
from service.http.extensions import settings
from service.identity.operations import issue_token
from service.models import Document
from service.rounds.operations import open_round
from service.tasks.operations import sign_task
from tests.builders import NOON, an_open_case, hand_up, open_task, person, story_answers
from tests.integration.people_of_thuong_xuan import appoint_commune_people

FOREIGNERS = (
    "xa-minhhoa-chuyenvien",
    "xa-minhhoa-lanhdao",
    "huyen-bimson-chuyenvien",
    "huyen-bimson-lanhdao",
    "huyen-bimson-vanthu",
    "thanhvien-bimson",
    "quytrinh-so-tttt",
    "quantri",
)
SEE_EVERYTHING = ("so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich", "kiemtra")
SOMEWHERE = "00000000-0000-4000-8000-000000000000"
NUMBERED = {"number": "1/BC", "issued_on": "2023-11-20"}
# What a route would take from somebody who may: only so is it seen what it says to somebody who may not.
BODIES: dict[str, dict[str, Any]] = {
    "/draft": {"rev": 0, "answers": {}},
    "/fields": {"rev": 0, "changes": {}},
    "/rows": {"criteria": ["2.6"], "to": SOMEWHERE},
    "/take-back": {"criteria": ["2.6"]},
    "/phan-cong": {"act": "take", "criteria": "2.6"},
    "/submit-for-signature": {},
    "/sign": {},
    "/complete": {"answers": {}},
    "/number": NUMBERED,
    "/waive-opinion": {"reason": "Thử", **NUMBERED},
    "/cases": {"case_ids": [SOMEWHERE]},
    "/proposal": {"rev": 0, "text": "Thử"},
    "/decide": {"outcomes": [{"case_id": SOMEWHERE, "outcome": "recognise"}]},
    "/cap-so": NUMBERED,
    "/hand-over": {"to": SOMEWHERE},
    "/assign": {"to": SOMEWHERE},
    "/delegate": {"to": SOMEWHERE},
    "/give-back": {"note": "Thử"},
    "/priority": {"priority": 2},
    "/follow-up": {"day": None},
    "/comments": {"body": "Thử"},
    "/trao-doi": {"body": "Thử"},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Foreign:
    """Ids of a case of another district, by the word that a route's parameter contains."""

    case: uuid.UUID
    task: uuid.UUID
    file: uuid.UUID
    document: uuid.UUID
    round: uuid.UUID

    def value_for(self, parameter: str) -> str:
        for word in ("case", "task", "file", "document", "round"):
            if word in parameter:
                return str(getattr(self, word))
        return {
            "criterion": "2.6",
            "version": "1",
            "key": "recognition",
            "code": "not-found",
            "timer_id": SOMEWHERE,
            "filter_id": SOMEWHERE,
            "substitution_id": SOMEWHERE,
            "appointment_id": SOMEWHERE,
            "assignment_id": SOMEWHERE,
            "user_id": SOMEWHERE,
            "upload_id": SOMEWHERE,
            "comment_id": SOMEWHERE,
            "export_format": "pdf",
            "position_id": SOMEWHERE,
            "draft_id": SOMEWHERE,
            "scenario_id": SOMEWHERE,
            "saved_id": SOMEWHERE,
            "hold_id": SOMEWHERE,
            "erasure_id": SOMEWHERE,
            "kind": "het-han",
            "question_key": "tim",
            "book": "csv",
        }.get(parameter, "1")


NOTHING = Foreign(*(uuid.UUID(int=number) for number in range(1, 6)))


@pytest.fixture
def foreign(app: Flask) -> Foreign:
    """A case of xã Tân Thành whose self-assessment has a file and a signed document."""
    set_demo_clock(NOON)
    appoint_commune_people()
    case_id = an_open_case("xa-tan-thanh")
    task_id = open_task(case_id, "self_assess")
    file_id = add_evidence(
        task_id=task_id,
        criterion="2.6",
        name="minh-chung.pdf",
        stream=io.BytesIO(b"%PDF-1.4 minh chung"),
        root=settings().files_dir,
        largest=1024,
        by=person("tan-thanh-chuyenvien"),
        now=NOON,
    )
    hand_up(case_id, "self_assess", "tan-thanh-chuyenvien", story_answers("self_assess"))
    sign_task(task_id=task_id, by=person("tan-thanh-lanhdao"), now=NOON)
    round_id = open_round(year=2023, by=person("so-tttt-chuyenvien"), now=NOON)
    document = db.session.scalars(select(Document.id).where(Document.case_id == case_id)).one()
    db.session.rollback()
    return Foreign(case_id, open_task(case_id, "district_appraise"), file_id, document, round_id)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in METHODS:
                if method in (rule.methods or ()):
                    yield rule, method


def address(app: Flask, rule: Rule, foreign: Foreign) -> str:
    values = {name: foreign.value_for(name) for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(
            rule.endpoint, values, method=next(iter(rule.methods or ()))
        )


def names_something(rule: Rule) -> bool:
    return any(
        word in name for name in rule.arguments for word in ("case", "task", "file", "document", "round")
    )


def ask(client: FlaskClient, method: str, where: str, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if method == "GET":
        return client.open(where, method=method, headers=headers).status_code
    if where.endswith(("/files", "/tep", "/signed-copy")):
        upload = {"file": (io.BytesIO(b"%PDF-1.4 minh chung"), "minh-chung.pdf"), "criterion": "2.6"}
        return client.open(where, method=method, headers=headers, data=upload).status_code
    body = BODIES.get("/" + where.rsplit("/", 1)[-1], {"reason": "Thử"})
    if where.startswith("/api/"):
        return client.open(where, method=method, headers=headers, json=body).status_code
    return client.open(where, method=method, headers=headers, data=body).status_code


def a_working_token(app: Flask, username: str) -> str:
    token = issue_token(username=username, now=NOON)
    assert ask(app.test_client(), "GET", "/api/v1/me", token) == 200
    return token


def test_every_route_declares_its_policy(app: Flask) -> None:
    undeclared = {
        rule.endpoint
        for rule, _ in routes(app)
        if not getattr(app.view_functions[rule.endpoint], "policies", frozenset()) <= POLICIES
        or not getattr(app.view_functions[rule.endpoint], "policies", None)
    }

    assert undeclared == set()


def test_nobody_unknown_passes_a_route_that_is_not_public(app: Flask, foreign: Foreign) -> None:
    client, passed = app.test_client(), []

    for rule, method in routes(app):
        if PUBLIC not in app.view_functions[rule.endpoint].policies:  # type: ignore[attr-defined]
            status = ask(client, method, address(app, rule, foreign), None)
            if status not in (301, 302, 303, 400, 401):
                passed.append((method, rule.rule, status))

    assert passed == []


def test_somebody_elses_case_looks_like_no_case_at_all(app: Flask, foreign: Foreign) -> None:
    found = []

    for username in FOREIGNERS:
        client, token = app.test_client(), a_working_token(app, username)
        for rule, method in routes(app):
            if names_something(rule):
                status = ask(client, method, address(app, rule, foreign), token)
                of_nothing = ask(client, method, address(app, rule, NOTHING), token)
                if status != of_nothing or status not in (403, 404):
                    found.append((username, method, rule.rule, status, of_nothing))

    assert found == []


# One of each kind of right; the others have no route of their own.
SOME = ("xa-minhhoa-chuyenvien", "thanhvien-bimson", "quytrinh-so-tttt", "quantri", "tinh-chutich", "kiemtra")


@pytest.mark.parametrize(
    "names",
    [SOME, pytest.param(tuple({*FOREIGNERS, *SEE_EVERYTHING} - {*SOME}), marks=pytest.mark.soak)],
    ids=["some", "all the others"],
)
def test_no_route_breaks_for_anybody(app: Flask, foreign: Foreign, names: tuple[str, ...]) -> None:
    broken = []

    for username in names:
        client, token = app.test_client(), a_working_token(app, username)
        for rule, method in routes(app):
            status = ask(client, method, address(app, rule, foreign), token)
            if status >= 500:
                broken.append((username, method, rule.rule, status))

    assert broken == []
