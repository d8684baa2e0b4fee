"""What lets somebody in can be taken back at once, and the administration stream tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.errors import NotAllowed, NotFound, NotLoggedIn, WrongCredentials
from service.identity.operations import (
    add_user,
    change_password,
    give_role,
    issue_token,
    log_in,
    set_password,
)
from service.identity.queries import user_by_name, viewer_of_session, viewer_of_token
from service.identity.revocation import activate, deactivate, end_role, revoke_tokens
from service.models import Event
from tests.builders import NOON, person

NAME, PASSWORD, NEW = "can.bo", "mat-khau-dai-1", "mat-khau-khac-2"


@pytest.fixture(autouse=True)
def somebody(core: Flask) -> None:
    add_user(username=NAME, display_name="Cán bộ", password=PASSWORD, now=NOON)


def change() -> None:
    user = user_by_name(NAME)
    assert user is not None
    change_password(user_id=user.id, current=PASSWORD, new=NEW, now=NOON)


def administration(kind: str) -> list[Any]:
    db.session.rollback()
    bodies = db.session.scalars(
        select(Event.body).where(Event.stream == "administration", Event.type == kind).order_by(Event.seq)
    )
    return [json.loads(body) for body in bodies]


@pytest.mark.parametrize(
    "revoke",
    [
        change,
        lambda: set_password(username=NAME, password=NEW, now=NOON),
        lambda: revoke_tokens(username=NAME, now=NOON),
        lambda: deactivate(username=NAME, now=NOON),
    ],
)
def test_a_token_ends_with_what_it_rests_on(revoke: Callable[[], Any]) -> None:
    token = issue_token(username=NAME, now=NOON)
    others = issue_token(username="kiemtra", now=NOON)
    assert viewer_of_token(token, "read", NOON)

    revoke()

    with pytest.raises(NotLoggedIn):
        viewer_of_token(token, "read", NOON)
    assert viewer_of_token(others, "read", NOON)


def test_how_many_tokens_were_live_is_told_and_recorded() -> None:
    issue_token(username=NAME, days=1, now=NOON - timedelta(days=2))
    issue_token(username=NAME, now=NOON)
    issue_token(username=NAME, now=NOON)

    assert revoke_tokens(username=NAME, now=NOON) == 2
    assert revoke_tokens(username=NAME, now=NOON) == 0
    assert [event["data"]["tokens"] for event in administration("tokens_revoked")] == [2, 0]


def test_somebody_deactivated_is_out_until_activated_and_must_log_in_anew() -> None:
    _, secret = log_in(username=NAME, password=PASSWORD, now=NOON, hours=1)

    deactivate(username=NAME, now=NOON)

    assert viewer_of_session(secret, NOON) is None
    with pytest.raises(WrongCredentials):
        log_in(username=NAME, password=PASSWORD, now=NOON, hours=1)
    activate(username=NAME, now=NOON)
    assert viewer_of_session(secret, NOON) is None
    assert log_in(username=NAME, password=PASSWORD, now=NOON, hours=1)
    assert len(administration("user_deactivated")) == len(administration("user_activated")) == 1


def test_a_role_that_ends_today_is_gone_tomorrow() -> None:
    give_role(username=NAME, role="officer", unit_code="so-tttt", now=NOON)

    end_role(username=NAME, role="officer", unit_code="so-tttt", now=NOON)

    assert person(NAME).seats
    assert not person(NAME, NOON + timedelta(days=1)).seats
    assert [event["data"]["to"] for event in administration("appointment_ended")] == ["2023-11-20"]
    with pytest.raises(NotFound):
        end_role(username=NAME, role="officer", unit_code="so-tttt", now=NOON)


def test_logging_in_again_in_the_same_browser_ends_its_former_session() -> None:
    _, former = log_in(username=NAME, password=PASSWORD, now=NOON, hours=1)
    _, elsewhere = log_in(username=NAME, password=PASSWORD, now=NOON, hours=1)

    _, secret = log_in(username=NAME, password=PASSWORD, now=NOON, hours=1, former=former)

    alive = [viewer_of_session(each, NOON) is not None for each in (former, elsewhere, secret)]
    assert alive == [False, True, True]


def test_a_refused_login_is_recorded_by_the_accounts_id_and_never_by_what_was_typed() -> None:
    user = user_by_name(NAME)
    assert user is not None
    known = str(user.id)

    for username, password in ((NAME, "sai-mat-khau"), ("mat-khau-go-nham", PASSWORD)):
        with pytest.raises(WrongCredentials):
            log_in(username=username, password=password, now=NOON, hours=1)
    with pytest.raises(NotAllowed):
        log_in(username="kiemtra", password="trinh-dien-2023", now=NOON, hours=1, allow_demo=False)

    refused = administration("login_refused")
    assert [event["data"]["user"] for event in refused[:2]] == [known, None]
    assert len(refused) == 3
    assert "mat-khau" not in json.dumps(refused)


def test_nobody_unknown_is_revoked() -> None:
    for act in (deactivate, activate, revoke_tokens):
        with pytest.raises(NotFound):
            act(username="khong.co", now=NOON)  # type: ignore[operator]
