"""People, passwords, sessions and tokens. Every change is recorded in the administration stream."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select, update

from service.audit.operations import SYSTEM, Actor, record_administration
from service.clock import local_day
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, NotFound, WrongCredentials
from service.identity.queries import token_hash, user_by_name
from service.identity.revocation import end_sessions, end_tokens
from service.models import ApiToken, Appointment, LoginSession, Position, Role, Unit, User
from service.wording import _, recorded

USERNAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}", re.ASCII)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_hasher = PasswordHasher()
# Verified when the name is unknown, so that an answer's time does not tell which names exist: with the same
# parameters as everybody's. Written down, since to make one takes every process a fifth of a second.
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$m3OJM5C7G4KxCod4bENPkA$++Wy9N7MfWdDT2M1e3PoI/ZzO69XCT3JuXYoa8MbWqw"


def add_user(
    *,
    username: str,
    display_name: str,
    password: str,
    by: Actor = SYSTEM,
    now: datetime,
    must_change: bool = True,
    is_demo: bool = False,
    hashed: str | None = None,
) -> uuid.UUID:
    """A new person without any role. Raises BadInput when the name is taken or the password too weak.

    `hashed` is `hash_password(password)` where many accounts share one password and hashing takes its time.
    """
    if USERNAME.fullmatch(username) is None:
        raise BadInput(
            _("Tên đăng nhập chỉ gồm chữ thường không dấu, số, dấu chấm và gạch nối, tối đa 60 ký tự.")
        )
    check_password(password, username)
    user_id = uuid.uuid4()
    with transaction() as session:
        if user_by_name(username) is not None:
            raise BadInput(_("Tên đăng nhập %(username)s đã có người dùng.", username=f"{username!r}"))
        session.execute(
            insert(User).values(
                id=user_id,
                username=username,
                display_name=display_name,
                password_hash=hashed or hash_password(password),
                must_change_password=must_change,
                active=True,
                is_demo=is_demo,
                created_at=now,
            )
        )
        record_administration(
            session.connection(),
            "user_added",
            {"user": str(user_id)},
            by=by,
            at=now,
            private={"username": username.encode()},
        )
    return user_id


def hash_password(password: str) -> str:
    """argon2id with the library's parameters and a fresh salt."""
    return _hasher.hash(password)


def check_password(password: str, username: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInput(
            _(
                "Mật khẩu phải có từ %(shortest_password)s đến %(longest_password)s ký tự.",
                shortest_password=SHORTEST_PASSWORD,
                longest_password=LONGEST_PASSWORD,
            ),
            fields={
                "new_password": [
                    _(
                        "Mật khẩu phải có từ %(shortest_password)s đến %(longest_password)s ký tự.",
                        shortest_password=SHORTEST_PASSWORD,
                        longest_password=LONGEST_PASSWORD,
                    )
                ]
            },
        )
    if username and username in password.lower():
        raise BadInput(
            _("Mật khẩu không được chứa tên đăng nhập."),
            fields={"new_password": [_("Mật khẩu không được chứa tên đăng nhập.")]},
        )


def set_password(
    *, username: str, password: str, by: Actor = SYSTEM, now: datetime, must_change: bool = True
) -> None:
    """An administrator's reset: ends the person's sessions and tokens; the next login asks for a change."""
    check_password(password, username)
    with transaction() as session:
        user = user_by_name(username)
        if user is None:
            raise NotFound(_("Không có tài khoản %(username)s.", username=f"{username!r}"))
        _store_password(user.id, password, must_change=must_change)
        end_sessions(session.connection(), user.id, now)
        end_tokens(session.connection(), user.id, now)
        record_administration(session.connection(), "password_reset", {"user": str(user.id)}, by=by, at=now)


def change_password(*, user_id: uuid.UUID, current: str, new: str, now: datetime) -> None:
    """One's own password; raises WrongCredentials when `current` is not it. Ends all sessions and tokens."""
    with transaction() as session:
        user = session.get(User, user_id, populate_existing=True)
        if user is None or not _matches(user.password_hash, current):
            raise WrongCredentials(_("Mật khẩu hiện tại không đúng."))
        if current == new:
            raise BadInput(
                _("Mật khẩu mới phải khác mật khẩu cũ."),
                fields={"new_password": [_("Mật khẩu mới phải khác mật khẩu cũ.")]},
            )
        check_password(new, user.username)
        _store_password(user_id, new, must_change=False)
        end_sessions(session.connection(), user_id, now)
        end_tokens(session.connection(), user_id, now)
        record_administration(
            session.connection(), "password_changed", {"user": str(user_id)}, by=Actor(user_id), at=now
        )


def _store_password(user_id: uuid.UUID, password: str, *, must_change: bool) -> None:
    db.session.execute(
        update(User)
        .where(User.id == user_id)
        .values(password_hash=_hasher.hash(password), must_change_password=must_change)
    )


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored or DECOY, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def appoint(
    *,
    username: str,
    position_code: str,
    valid_from: date,
    valid_to: date | None = None,
    legal_basis: str = "",
    by: Actor = SYSTEM,
    now: datetime,
) -> None:
    """Give a person a seat for a time. Open tasks of the seat's unit are theirs from that day."""
    with transaction() as session:
        user = user_by_name(username)
        if user is None:
            raise NotFound(_("Không có tài khoản %(username)s.", username=f"{username!r}"))
        position = session.scalars(select(Position).where(Position.code == position_code)).one_or_none()
        if position is None:
            raise NotFound(_("Không có vị trí %(position_code)s.", position_code=f"{position_code!r}"))
        if valid_to is not None and valid_to < valid_from:
            raise BadInput(_("Ngày kết thúc phải sau ngày bắt đầu."))
        session.execute(
            insert(Appointment).values(
                id=uuid.uuid4(),
                user_id=user.id,
                position_id=position.id,
                valid_from=valid_from,
                valid_to=valid_to,
                legal_basis=legal_basis,
            )
        )
        record_administration(
            session.connection(),
            "person_appointed",
            {
                "user": str(user.id),
                "position": str(position.id),
                "from": valid_from.isoformat(),
                "to": valid_to.isoformat() if valid_to else None,
            },
            by=by,
            at=now,
            private={"legal_basis": legal_basis.encode()} if legal_basis else None,
        )


def give_role(*, username: str, role: str, unit_code: str, by: Actor = SYSTEM, now: datetime) -> None:
    """`congnhan user role`: appoint to the seat of that role in the unit, made if there is none."""
    if role not in set(Role):
        raise BadInput(
            _("Không có vai trò %(role)s; các vai trò: %(roles)s.", role=f"{role!r}", roles=", ".join(Role))
        )
    with transaction() as session:
        unit = session.scalars(select(Unit).where(Unit.code == unit_code)).one_or_none()
        if unit is None:
            raise NotFound(_("Không có đơn vị %(unit_code)s.", unit_code=f"{unit_code!r}"))
        code = f"{unit_code}/{role}"
        if session.scalars(select(Position).where(Position.code == code)).one_or_none() is None:
            session.execute(
                insert(Position).values(
                    id=uuid.uuid4(),
                    code=code,
                    unit_id=unit.id,
                    role=role,
                    title=ROLE_TITLES[Role(role)],
                    capacity="",
                )
            )
        appoint(username=username, position_code=code, valid_from=local_day(now), by=by, now=now)


ROLE_TITLES = {
    Role.OFFICER: recorded("Chuyên viên"),
    Role.LEADER: recorded("Lãnh đạo"),
    Role.MEMBER: recorded("Thành viên Ban Chỉ đạo"),
    Role.CHAIRMAN: recorded("Chủ tịch"),
    Role.CLERK: recorded("Văn thư"),
    Role.PROCESS_OWNER: recorded("Chủ quy trình"),
    Role.AUDITOR: recorded("Kiểm tra"),
    Role.ADMINISTRATOR: recorded("Quản trị"),
}


def log_in(
    *,
    username: str,
    password: str,
    now: datetime,
    hours: int,
    user_agent: str = "",
    allow_demo: bool = True,
    former: str | None = None,
) -> tuple[uuid.UUID, str]:
    """A new session: (user id, cookie secret). WrongCredentials does not say which part was wrong.

    `former` is the secret of the session that the same browser had until now; it ends. A refusal is recorded
    with the account's id where there is one, never with what was typed: people type passwords there.
    """
    user = user_by_name(username.strip().lower())
    matches = _matches(user.password_hash if user else "", password)
    if user is None or not matches or not user.active:
        _record_refusal(user, now)
        raise WrongCredentials()
    if user.is_demo and not allow_demo:
        _record_refusal(user, now)
        raise NotAllowed(_("Tài khoản trình diễn chỉ dùng được trên chính máy chạy hệ thống."))
    user_id, secret = user.id, secrets.token_urlsafe(32)
    with transaction() as session:
        if former is not None:
            log_out(secret=former, now=now)
        session.execute(
            insert(LoginSession).values(
                token_hash=token_hash(secret),
                user_id=user_id,
                created_at=now,
                expires_at=now + timedelta(hours=hours),
                user_agent=user_agent[:200],
            )
        )
        record_administration(session.connection(), "logged_in", {}, by=Actor(user_id), at=now)
    return user_id, secret


def _record_refusal(user: User | None, now: datetime) -> None:
    """How many there can be is bounded by the door's limit on failed logins."""
    data = {"user": str(user.id) if user else None}
    with transaction() as session:
        record_administration(session.connection(), "login_refused", data, by=SYSTEM, at=now)


def log_out(*, secret: str, now: datetime) -> None:
    with transaction() as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == token_hash(secret), LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )


def issue_token(
    *, username: str, scopes: str = "read write", days: int = 30, by: Actor = SYSTEM, now: datetime
) -> str:
    """A bearer token, shown once; `scopes` is a subset of "read write"."""
    if not set(scopes.split()) <= {"read", "write"} or not scopes.split():
        raise BadInput(_("Phạm vi chỉ gồm 'read' và 'write'."))
    user = user_by_name(username)
    if user is None:
        raise NotFound(_("Không có tài khoản %(username)s.", username=f"{username!r}"))
    user_id, secret, token_id = user.id, "cn_" + secrets.token_urlsafe(32), uuid.uuid4()
    with transaction() as session:
        session.execute(
            insert(ApiToken).values(
                id=token_id,
                token_hash=token_hash(secret),
                user_id=user_id,
                scopes=" ".join(sorted(scopes.split())),
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
        record_administration(
            session.connection(),
            "token_issued",
            {"token": str(token_id), "user": str(user_id), "scopes": scopes},
            by=by,
            at=now,
        )
    return secret
