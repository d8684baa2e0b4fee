"""Persons and their accounts, as the administrator keeps them: the same use cases as `congnhan user`."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.administration.rights import as_administrator
from service.administration.typed import refused, text
from service.audit.operations import record_administration
from service.database import transaction
from service.errors import BadInput, NotFound
from service.identity.operations import add_user, set_password
from service.identity.queries import user_by_name
from service.identity.revocation import activate, deactivate
from service.identity.viewer import Viewer
from service.models import User
from service.wording import _

LONGEST_NAME = 200
# Without 0 o 1 l i: people copy it from a screen or hear it said.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password() -> str:
    """Sixteen letters and digits (79 bits) in groups of four; whoever logs in with it must change it."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def create_person(*, username: str, display_name: str, by: Viewer, now: datetime) -> tuple[uuid.UUID, str]:
    """A new account: (id, one-time password). The password is kept nowhere else; BadInput names the field."""
    name = text(display_name, "display_name", _("họ tên"), LONGEST_NAME)
    username = username.strip().lower()
    password = one_time_password()
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        if user_by_name(username) is not None:
            raise refused(
                "username",
                _(
                    "Tên đăng nhập %(username)s đã có người dùng. Hãy chọn tên khác.",
                    username=f"{username!r}",
                ),
            )
        try:
            user_id = add_user(
                username=username, display_name=name, password=password, must_change=True, by=actor, now=now
            )
        except BadInput as error:
            raise refused("username", str(error)) from error
    return user_id, password


def reset_password(*, user_id: uuid.UUID, by: Viewer, now: datetime) -> str:
    """A new one-time password; every session and token of the person ends."""
    password = one_time_password()
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        user = _known(session, user_id)
        if user.id == by.id:
            raise BadInput(_("Mật khẩu của chính mình đổi tại trang Đổi mật khẩu."))
        set_password(username=user.username, password=password, must_change=True, by=actor, now=now)
    return password


def switch_off(*, user_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    """Nobody switches off themselves, so an administrator always remains."""
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        user = _known(session, user_id)
        if user.id == by.id:
            raise BadInput(_("Ông/bà không tự khóa tài khoản của mình; hãy nhờ một quản trị viên khác."))
        if user.active:
            deactivate(username=user.username, by=actor, now=now)


def switch_on(*, user_id: uuid.UUID, by: Viewer, now: datetime) -> None:
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        user = _known(session, user_id)
        if not user.active:
            activate(username=user.username, by=actor, now=now)


def rename_person(*, user_id: uuid.UUID, display_name: str, by: Viewer, now: datetime) -> None:
    """The name as screens show it from now on; what was signed keeps the name of its day."""
    name = text(display_name, "display_name", _("họ tên"), LONGEST_NAME)
    with transaction() as session:
        actor = as_administrator(session.connection(), by, now)
        user = _known(session, user_id)
        if user.display_name == name:
            return
        former = user.display_name
        session.execute(update(User).where(User.id == user_id).values(display_name=name))
        record_administration(
            session.connection(),
            "user_renamed",
            {"user": str(user_id)},
            by=actor,
            at=now,
            private={"reason": f"{former} › {name}".encode()},
        )


def _known(session: Session, user_id: uuid.UUID) -> User:
    """The person's row, held until the end: two who switch at once come one after the other."""
    user = session.scalars(
        select(User)
        .where(User.id == user_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if user is None:
        raise NotFound()
    return user
