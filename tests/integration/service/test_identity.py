"""Who somebody is: passwords, sessions, tokens."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.config import DEMO_PASSWORD
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, NotLoggedIn, WrongCredentials
from service.identity.operations import (
    DECOY,
    add_user,
    change_password,
    issue_token,
    log_in,
    log_out,
    set_password,
)
from service.identity.queries import load_viewer, viewer_of_session, viewer_of_token
from service.models import ApiToken, LoginSession, User
from tests.builders import NOON, person
from tests.cheap_passwords import IN_EARNEST
from tests.integration.service.scenes import at, end_appointments

NAME, PASSWORD, NEW = "can.bo", "mat-khau-dai-1", "mat-khau-khac-2"


@pytest.fixture(autouse=True)
def somebody(core: Flask) -> None:
    add_user(username=NAME, display_name="Cán bộ", password=PASSWORD, now=NOON)


def session(password: str = PASSWORD, username: str = NAME) -> str:
    return log_in(username=username, password=password, now=NOON, hours=10)[1]


def test_a_password_is_kept_as_an_argon2id_hash_only():
    stored = db.session.execute(select(User.password_hash).where(User.username == NAME)).scalar_one()

    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_who_is_unknown_is_hashed_for_as_long_as_who_is_known():
    assert DECOY.startswith("$argon2id$")
    assert not IN_EARNEST.check_needs_rehash(DECOY)
    assert IN_EARNEST.memory_cost >= 19 * 1024  # OWASP's least, in KiB


def test_a_cookie_and_a_token_are_kept_as_hashes_only():
    secret, token = session(), issue_token(username=NAME, now=NOON)

    hashes = {bytes(row) for row in db.session.execute(select(LoginSession.token_hash)).scalars()}
    hashes |= {bytes(row) for row in db.session.execute(select(ApiToken.token_hash)).scalars()}

    assert all(len(value) == 32 for value in hashes)
    assert not hashes & {secret.encode(), token.encode()}


@pytest.mark.parametrize(
    ("username", "password"),
    [(NAME, "sai-mat-khau"), ("khong.co", PASSWORD), (NAME, ""), ("", ""), (NAME, "x" * 100_000)],
)
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(username: str, password: str):
    with pytest.raises(WrongCredentials) as refused:
        session(password, username)

    assert str(refused.value) == "Tên đăng nhập hoặc mật khẩu không đúng."


def test_a_session_lives_until_it_expires_or_is_logged_out():
    secret = session()

    assert viewer_of_session(secret, NOON + timedelta(hours=9, minutes=59)) is not None
    assert viewer_of_session(secret, NOON + timedelta(hours=10)) is None
    log_out(secret=secret, now=NOON)
    assert viewer_of_session(secret, NOON) is None


def test_every_login_has_a_secret_of_its_own():
    assert session() != session()


@pytest.mark.parametrize("how", ["changed", "reset"])
def test_sessions_end_when_the_password_changes(how: str):
    secret = session()
    found = viewer_of_session(secret, NOON)
    assert found is not None
    user_id = found[0].id

    if how == "changed":
        change_password(user_id=user_id, current=PASSWORD, new=NEW, now=NOON)
    else:
        set_password(username=NAME, password=NEW, now=NOON)

    assert viewer_of_session(secret, NOON) is None
    with pytest.raises(WrongCredentials):
        session(PASSWORD)
    assert session(NEW)


def test_a_new_or_reset_password_must_be_changed_at_the_next_login():
    user_id = db.session.execute(select(User.id).where(User.username == NAME)).scalar_one()
    assert load_viewer(user_id, NOON).must_change_password

    change_password(user_id=user_id, current=PASSWORD, new=NEW, now=NOON)
    assert not load_viewer(user_id, NOON).must_change_password

    set_password(username=NAME, password=PASSWORD, now=NOON)
    assert load_viewer(user_id, NOON).must_change_password


def test_ones_own_password_is_changed_only_by_who_knows_it():
    user_id = db.session.execute(select(User.id).where(User.username == NAME)).scalar_one()

    with pytest.raises(WrongCredentials):
        change_password(user_id=user_id, current="khong-phai", new=NEW, now=NOON)


@pytest.mark.parametrize("password", ["ngan", "x" * 201, f"a-{NAME}-b", PASSWORD])
def test_a_weak_or_unchanged_password_is_refused(password: str):
    user_id = db.session.execute(select(User.id).where(User.username == NAME)).scalar_one()

    with pytest.raises(BadInput) as refused:
        change_password(user_id=user_id, current=PASSWORD, new=password, now=NOON)

    assert list(refused.value.fields) == ["new_password"]


def test_a_token_serves_its_scope_until_it_expires():
    token = issue_token(username=NAME, scopes="read", days=30, now=NOON)

    assert viewer_of_token(token, "read", NOON + timedelta(days=29))
    with pytest.raises(NotAllowed):
        viewer_of_token(token, "write", NOON)
    with pytest.raises(NotLoggedIn):
        viewer_of_token(token, "read", NOON + timedelta(days=30))
    with pytest.raises(NotLoggedIn):
        viewer_of_token(token + "x", "read", NOON)


@pytest.mark.parametrize("scopes", ["", "admin", "read admin"])
def test_a_token_has_known_scopes_only(scopes: str):
    with pytest.raises(BadInput):
        issue_token(username=NAME, scopes=scopes, now=NOON)


def test_a_person_switched_off_can_do_nothing_more():
    secret = session()
    found = viewer_of_session(secret, NOON)
    assert found is not None
    user_id = found[0].id

    with transaction() as writing:
        writing.execute(update(User).where(User.username == NAME).values(active=False))

    with pytest.raises(NotLoggedIn):
        load_viewer(user_id, NOON)
    with pytest.raises(WrongCredentials):
        session()


def test_demo_accounts_are_refused_where_they_are_not_allowed():
    with pytest.raises(NotAllowed):
        log_in(username="xa-thidu-lanhdao", password=DEMO_PASSWORD, now=NOON, hours=1, allow_demo=False)

    assert session(DEMO_PASSWORD, "xa-thidu-lanhdao")


def test_a_name_already_taken_or_ill_formed_is_refused():
    for name in (NAME, "", "Có Dấu", "HOA", " a", "x" * 61):
        with pytest.raises(BadInput):
            add_user(username=name, display_name="X", password=PASSWORD, now=NOON)


def test_an_appointment_that_has_ended_gives_no_seat():
    end_appointments("xa-thidu-lanhdao", date(2023, 12, 31))

    assert person("xa-thidu-lanhdao", at("2023-12-31")).seats
    assert not person("xa-thidu-lanhdao", at("2024-01-01")).seats
