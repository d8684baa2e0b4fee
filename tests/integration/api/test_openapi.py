"""The OpenAPI document says what the routes do, and its page needs nothing from outside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.api.client import Api
from tests.integration.api.test_fuzzing import routes_of


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    return dict(api.stranger().get("/openapi.json"))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, {**operation, "shared": item.get("parameters", [])})
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []


def test_every_route_is_described_once(api: Api, document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for method, path, _ in operations(document)}
    served = {(method, re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)) for method, rule in routes_of(api.app)}

    assert document["openapi"] == "3.1.0"
    assert served - described == {("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/docs")}
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_every_operation_names_its_parameters_answers_and_problems(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        parameters = operation["shared"] + operation.get("parameters", [])
        named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path
        assert any(status.startswith("2") for status in operation["responses"]), path
        assert {"401", "403", "429"} <= set(operation["responses"]), path
        assert ("404" in operation["responses"]) == ("{" in path), path
        keys = [parameter["name"] for parameter in parameters if parameter["in"] == "header"]
        assert keys == (["Idempotency-Key"] if method == "post" else []), path
        assert operation["summary"], path


def test_every_route_declares_who_may_call_it(api: Api) -> None:
    for rule in api.app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            assert api.app.view_functions[rule.endpoint].policies, rule.rule  # type: ignore[attr-defined]


def test_every_post_may_be_repeated(api: Api) -> None:
    """`idempotent` wraps the view: functools.wraps leaves its trace."""
    for rule in api.app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and "POST" in (rule.methods or ()):
            wrappers, view = [], api.app.view_functions[rule.endpoint]
            while hasattr(view, "__wrapped__"):
                wrappers.append(view.__code__.co_filename)
                view = view.__wrapped__
            assert any(name.endswith("idempotency.py") for name in wrappers), rule.rule


def test_the_page_shows_every_operation_without_outside_assets(api: Api, document: dict[str, Any]) -> None:
    answer = api.stranger().request("GET", "/docs")
    page = answer.get_data(as_text=True)

    assert answer.mimetype == "text/html"
    for _, path, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
        assert path in page
    assert "<script" not in page
    assert " style=" not in page
    assert not re.findall(r'(?:src|href)="(?!/|#)', page)
