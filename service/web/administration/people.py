"""*Người dùng*: accounts and the seats they hold. A one-time password is shown once, on the answer itself."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from service.administration.history import changes_about
from service.administration.people import create_person, rename_person, reset_password, switch_off, switch_on
from service.administration.sentences import GROUPS
from service.administration.units import list_people, read_person
from service.errors import DomainError
from service.http.access import current_viewer, now, policy
from service.web import pages, today
from service.web.administration.room import (
    ADMINISTRATOR,
    AUDITOR,
    asked,
    is_administrator,
    page,
    sent,
    tried,
)
from service.wording import Words, marked

STATES = Words({"": marked("Mọi tài khoản"), "active": marked("Đang dùng"), "off": marked("Đã khóa")})


@pages.get("/quan-tri/nguoi", endpoint="person_list")
@policy(ADMINISTRATOR, AUDITOR)
def show_people() -> Any:
    state = asked("muc") if asked("muc") in STATES else ""
    people, seats, following = list_people(search=asked("q"), state=state, after=asked("sau"))
    return page(
        "people.html",
        people=people,
        seats=seats,
        following=following,
        is_later_page=bool(asked("sau")),
        search=asked("q"),
        state=state,
        states=STATES,
        may_act=is_administrator(),
    )


@pages.get("/quan-tri/nguoi/moi", endpoint="person_new")
@policy(ADMINISTRATOR)
def form() -> Any:
    return page("person_form.html")


@pages.post("/quan-tri/nguoi/moi", endpoint="person_create")
@policy(ADMINISTRATOR)
def create() -> Any:
    made: list[tuple[uuid.UUID, str]] = []
    refusal = tried(
        lambda: made.append(
            create_person(
                username=sent("username"), display_name=sent("display_name"), by=current_viewer(), now=now()
            )
        ),
        lambda error: page("person_form.html", error),
    )
    return refusal if refusal is not None else _page(*made[0], is_new=True)


@pages.get("/quan-tri/nguoi/<uuid:user_id>", endpoint="person_page")
@policy(ADMINISTRATOR, AUDITOR)
def show_person(user_id: uuid.UUID) -> Any:
    return _page(user_id)


@pages.post("/quan-tri/nguoi/<uuid:user_id>/mat-khau", endpoint="person_reset_password")
@policy(ADMINISTRATOR)
def new_password(user_id: uuid.UUID) -> Any:
    made: list[str] = []
    refusal = tried(
        lambda: made.append(reset_password(user_id=user_id, by=current_viewer(), now=now())),
        lambda error: _page(user_id, error=error),
    )
    return refusal if refusal is not None else _page(user_id, made[0])


@pages.post("/quan-tri/nguoi/<uuid:user_id>/khoa", endpoint="person_switch_off")
@policy(ADMINISTRATOR)
def lock(user_id: uuid.UUID) -> Any:
    refusal = tried(
        lambda: switch_off(user_id=user_id, by=current_viewer(), now=now()),
        lambda error: _page(user_id, error=error),
    )
    if refusal is not None:
        return refusal
    flash(_("Đã khóa tài khoản; mọi phiên đăng nhập và mã truy cập của người này đã kết thúc."), "success")
    return redirect(url_for("pages.person_page", user_id=user_id), 303)


@pages.post("/quan-tri/nguoi/<uuid:user_id>/mo", endpoint="person_switch_on")
@policy(ADMINISTRATOR)
def unlock(user_id: uuid.UUID) -> Any:
    refusal = tried(
        lambda: switch_on(user_id=user_id, by=current_viewer(), now=now()),
        lambda error: _page(user_id, error=error),
    )
    if refusal is not None:
        return refusal
    flash(_("Đã mở lại tài khoản."), "success")
    return redirect(url_for("pages.person_page", user_id=user_id), 303)


@pages.post("/quan-tri/nguoi/<uuid:user_id>/ten", endpoint="person_rename")
@policy(ADMINISTRATOR)
def rename(user_id: uuid.UUID) -> Any:
    refusal = tried(
        lambda: rename_person(
            user_id=user_id, display_name=sent("display_name"), by=current_viewer(), now=now()
        ),
        lambda error: _page(user_id, error=error),
    )
    if refusal is not None:
        return refusal
    flash(_("Đã sửa họ tên."), "success")
    return redirect(url_for("pages.person_page", user_id=user_id), 303)


def _page(
    user_id: uuid.UUID, password: str = "", *, is_new: bool = False, error: DomainError | None = None
) -> str:
    user, held = read_person(user_id)
    kinds = [
        *GROUPS[marked("Người và vị trí")],
        *GROUPS[marked("Xử lý thay")],
        "token_issued",
        "tokens_revoked",
    ]
    return page(
        "person.html",
        error,
        person=user,
        held=held,
        day=today(),
        password=password,
        is_new=is_new,
        changes=changes_about({user.id}, kinds),
        may_act=is_administrator(),
        is_oneself=user.id == current_viewer().id,
    )
