"""Who looks at pages: logged in without a form; and what they send when they send nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import html as parser
from sqlalchemy import insert
from werkzeug.test import TestResponse

from service.database import transaction
from service.identity.queries import token_hash, user_by_name
from service.models import LoginSession
from tests.builders import NOON
from tests.e2e.pages.crawling import Crawl, Found


def log_in(app: Flask, username: str) -> tuple[FlaskClient, str]:
    """A client with a session of this account, and the cookie that gives a browser the same session."""
    secret = f"session of {username}"
    with app.app_context(), transaction() as session:
        user = user_by_name(username)
        assert user is not None, username
        hashed = token_hash(secret)
        if session.get(LoginSession, hashed) is None:
            values = {"token_hash": hashed, "user_id": user.id, "user_agent": ""}
            values |= {"created_at": NOON, "expires_at": NOON + timedelta(days=60)}
            session.execute(insert(LoginSession).values(values))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = secret
    kept = client.get_cookie("congnhan")
    assert kept is not None
    return client, kept.value


def send_with_nothing(crawl: Crawl, client: FlaskClient, found: Found) -> Iterator[tuple[str, TestResponse]]:
    """Each form that demands something, sent with nothing: the pages that come back with what is missing."""
    for form in found.document.xpath("//form[translate(@method, 'POST', 'post') = 'post'][.//*[@required]]"):
        path = (form.get("action") or found.path).removeprefix("http://localhost")
        endpoint = crawl.app.url_map.bind("localhost").match(path.split("?")[0], method="POST")[0]
        answer = client.post(path, data=blank(form))
        page = crawl.page(f"POST {endpoint}", path, answer)
        if page is not None and crawl.is_new(page):
            yield path, answer


def blank(form: parser.HtmlElement) -> dict[str, Any]:
    """What stands hidden in the form, empty texts, and its first button."""
    sent = {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden'][@name]")}
    for one in form.xpath(".//input[@type='text' or @type='date' or @type='password'] | .//textarea"):
        sent[one.get("name")] = ""
    buttons = form.xpath(".//button[@name][not(@formaction)]")
    return sent | {one.get("name"): one.get("value", "") for one in buttons[:1]}
