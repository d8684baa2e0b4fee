"""Whatever is sent, by whomever, to whichever route: an answer or a problem, never a failure of ours."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.cases.queries import read_case
from tests.builders import a_case_at, an_open_case, open_task, person, story_answers
from tests.integration.api.client import Api, Person

PEOPLE = (
    "xa-thidu-chuyenvien",
    "xa-thidu-lanhdao",
    "huyen-bimson-lanhdao",
    "thanhvien-bimson",
    "so-tttt-chuyenvien",
    "so-tttt-giamdoc",
    "tinh-chutich",
    "kiemtra",
    "quantri",
)
NAMES = (
    "year",
    "commune_id",
    "reason",
    "answers",
    "rev",
    "signature",
    "number",
    "issued_on",
    "capacity",
    "case_ids",
    "outcomes",
    "outcome",
    "case_id",
    "text",
    "results",
    "index",
    "index_source",
    "criteria_reasons",
    "due_on",
    "name",
    "action",
    "criteria",
    "cursor",
    "size",
    "tab",
    "search",
    "element",
    "mine",
    "after",
    "status",
    "2.6",
    "raw",
    "decision",
    "evidence",
    "report_summary",
)
LIKELY = (
    "2023",
    "complete",
    "return",
    "recognise",
    "2023-12-05",
    "9999-12-31",
    "712,5/1000",
    "54,4%",
    "Có",
    "KT.",
    "open",
    "done",
    "2.6",
    "1.10",
    "%00",
    "\x00",
    "\ud800",
    "\u202e",
    "-1",
    "0",
    "1e999",
    "99999999999999999999999",
    "true",
    "null",
)

texts = st.one_of(st.sampled_from(LIKELY), st.text(max_size=20), st.just("x" * 10_000))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(0, 3000), st.floats(allow_nan=False), texts
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), inner, max_size=6),
    ),
    max_leaves=20,
)
bodies = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), documents, max_size=6).map(
        lambda value: json.dumps(value).encode()
    ),
    documents.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
    st.just(b"[" * 3000),
)
types = st.sampled_from(
    ["application/json"] * 6
    + [
        "text/plain",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "",
    ]
)


def routes_of(app: Flask) -> list[tuple[str, str]]:
    """(method, rule) of every route of the API."""
    return sorted(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def shape_of_problem(answer: Any) -> bool:
    if answer.status_code < 400:
        return True
    document = json.loads(answer.get_data())
    return (
        answer.mimetype == "application/problem+json"
        and document["status"] == answer.status_code
        and bool(re.fullmatch(r"[a-z][a-z-]+", document["code"]))
    )


@pytest.fixture
def ids(api: Api, officer: Person) -> list[str]:
    """Ids of things that exist, for paths that lead somewhere."""
    api.app.config["API_RATE_LIMIT"] = "1000000 per minute"
    with api.inside():
        case_id = an_open_case()
        task_id = open_task(case_id, "self_assess")
        commune = read_case(case_id, person("so-tttt-chuyenvien")).commune_id
    round_id = officer.post("/rounds", {"year": 2023}, expect=201)["id"]
    file = api.a("xa-thidu-chuyenvien").upload(task_id, b"%PDF-1.7", "a.pdf").json
    return [str(case_id), str(task_id), str(commune), round_id, file["id"], str(uuid4())]


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_input_is_answered_by_a_failure(api: Api, ids: list[str], data: st.DataObject) -> None:
    method, rule = data.draw(st.sampled_from(routes_of(api.app)))
    parts = st.one_of(
        st.sampled_from(ids),
        st.sampled_from(ids),
        st.sampled_from(["recognition", "1", "self_assess"]),
        texts,
    )
    path = re.sub(r"<[^>]+>", lambda _: quoted(data.draw(parts)), rule)
    query = data.draw(st.dictionaries(st.sampled_from(NAMES), texts, max_size=2))
    headers = (
        {"Idempotency-Key": data.draw(st.sampled_from(["k1", "k2"]))} if data.draw(st.booleans()) else {}
    )
    caller = api.a(data.draw(st.sampled_from(PEOPLE)))

    answer = caller.request(
        method,
        path,
        query_string="&".join(f"{name}={quoted(value)}" for name, value in query.items()),
        data=data.draw(bodies),
        content_type=data.draw(types),
        headers=headers,
    )

    assert answer.status_code < 500, (method, path, answer.get_data(as_text=True))
    assert shape_of_problem(answer), (method, path, answer.get_data(as_text=True))


@pytest.fixture
def requests_that_work(api: Api, officer: Person) -> list[tuple[str, str, str, Any]]:
    """(who, method, path, body) of writes that would be accepted as they are."""
    api.app.config["API_RATE_LIMIT"] = "1000000 per minute"
    with api.inside():
        ready = a_case_at("member_opinion")
        opinion = open_task(ready, "member_opinion")
        begun = open_task(an_open_case("phuong-minh-hoa"), "self_assess")
    round_id = officer.post("/rounds", {"year": 2023}, expect=201)["id"]
    signature = {"number": "1/BC", "issued_on": "2023-11-20", "capacity": "KT."}
    clerk, member, director = "xa-minhhoa-chuyenvien", "thanhvien-bimson", "so-tttt-giamdoc"
    assessment = story_answers("self_assess", "minh-hoa")
    back = {"reason": "Thiếu.", "criteria_reasons": {"2.6": "Thiếu."}, "due_on": "2023-12-01"}
    consent = {"number": "12/UBND-CNTT", "issued_on": "2023-11-20"}
    results = {"year": 2023, "results": {"2.6": "54,4%"}, "index": "700/1000", "index_source": "QĐ"}
    return [
        (clerk, "PUT", f"/tasks/{begun}/draft", {"rev": 0, "answers": assessment}),
        (clerk, "POST", f"/tasks/{begun}/submit-for-signature", {"rev": None, "answers": assessment}),
        (
            member,
            "POST",
            f"/tasks/{opinion}/complete",
            {"answers": story_answers("member_opinion"), "signature": signature},
        ),
        (member, "POST", f"/tasks/{opinion}/return", {**back, "signature": signature}),
        (director, "POST", f"/cases/{ready}/waive-opinion", {**consent, "reason": "Thành viên đi vắng."}),
        (director, "POST", "/evaluation", results),
        ("so-tttt-chuyenvien", "PUT", f"/rounds/{round_id}/proposal", {"rev": 0, "text": "Kính trình."}),
        ("so-tttt-chuyenvien", "POST", f"/rounds/{round_id}/cases", {"case_ids": [str(ready)]}),
        (
            "tinh-chutich",
            "POST",
            f"/rounds/{round_id}/decide",
            {
                "outcomes": [{"case_id": str(ready), "outcome": "refuse", "reason": "x"}],
                "signature": signature,
            },
        ),
    ]


@settings(
    max_examples=125,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_damage_to_a_good_request_is_answered_by_a_failure(
    api: Api, requests_that_work: list[tuple[str, str, str, Any]], data: st.DataObject
) -> None:
    username, method, path, body = data.draw(st.sampled_from(requests_that_work))
    damaged = json.dumps(damage(copy.deepcopy(body), data)).encode()

    answer = api.a(username).request(method, path, data=damaged, content_type="application/json")

    assert answer.status_code < 500, (method, path, damaged, answer.get_data(as_text=True))
    assert shape_of_problem(answer), (method, path, answer.get_data(as_text=True))


def damage(value: Any, data: st.DataObject) -> Any:
    """`value` with something else in one place, at any depth."""
    inside = isinstance(value, dict | list) and value
    if not inside or data.draw(st.integers(0, 5)) == 0:
        return data.draw(documents)
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(sorted(value)))
        value[key] = damage(value[key], data)
        return value
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] = damage(value[place], data)
    return value


def quoted(text: str) -> str:
    """Percent-encoded, halves of characters and all: what a hostile client may send."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")[:300])


@pytest.mark.parametrize("username", PEOPLE)
def test_every_route_answers_every_role_about_things_that_do_not_exist(api: Api, username: str) -> None:
    api.app.config["API_RATE_LIMIT"] = "1000000 per minute"
    caller = api.a(username)
    identify: Callable[[Any], str] = lambda _: str(uuid4())  # noqa: E731

    for method, rule in routes_of(api.app):
        answer = caller.request(method, re.sub(r"<uuid:[^>]+>", identify, rule), json={})
        assert answer.status_code < 500, (method, rule, answer.get_data(as_text=True))
        assert shape_of_problem(answer), (method, rule)
        if "<uuid:" in rule and method == "GET":
            assert answer.status_code == 404, (method, rule)
