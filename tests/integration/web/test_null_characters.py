"""A NUL in an address, a query or a form: PostgreSQL cannot store one, so nothing may let it through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_app
from service.clock import set_demo_clock
from service.database import db
from service.http.extensions import limiter
from tests.builders import NOON
from tests.integration.conftest import settings_for
from tests.integration.web.conftest import Visitor

PARAMETERS = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\([^)]*\))?:)?[a-z_]+>")


@pytest.fixture
def web(filled_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(filled_postgres_url, tmp_path))
    app.testing = True
    with app.app_context():
        set_demo_clock(NOON)
    limiter.reset()
    yield app
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


def test_a_nul_is_refused_wherever_it_comes(web: Flask, as_person: Callable[[str], Visitor]):
    administrator = as_person("quantri")
    token, asked = administrator.token(), 0
    for rule in web.url_map.iter_rules():
        texts = [found for found in PARAMETERS.finditer(rule.rule) if found["kind"] in (None, "string")]
        if rule.endpoint == "static" or not texts:
            continue
        address = PARAMETERS.sub("a%00b", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            sent = {"csrf_token": token} if method == "POST" else None
            answer = administrator.client.open(address, method=method, data=sent)
            assert answer.status_code in (403, 404, 415, 422), (method, address, answer.status_code)
            asked += 1
    assert asked >= 10

    query = administrator.get("/thoi-han?huyen=%00")
    form = administrator.post("/lich/ngay", {"day": "2024-05-04", "name": "a\0b", "source": "QĐ 1"}, token)
    assert (query.status_code, form.status_code) == (422, 422)
    assert "“huyen”: Nội dung có ký tự NUL" in query.text
    assert "“name”: Nội dung có ký tự NUL" in form.text
