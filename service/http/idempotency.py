"""`Idempotency-Key`: a repeated POST gets the first one's answer, stored in the first one's transaction."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.database import STARTED_OVER, db, one_transaction_from_the_first_write, transaction
from service.errors import BadInput, CaseChangedMeanwhile, DomainError, IdempotencyKeyReused
from service.http.access import current_viewer, now
from service.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT = timedelta(days=7)
ATTEMPTS = 8


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a POST view: with the header, work and stored answer commit together; without it, nothing changes.

    Only successful answers are kept: a refused request changed nothing and may be sent again.
    """

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if not key:
            return view(*args, **kwargs)
        if len(key) > 200 or not key.isprintable():
            raise BadInput(_("Idempotency-Key tối đa 200 ký tự in được."))
        fingerprint = _fingerprint()  # reads the whole request, before anything is locked
        info = db.session().info
        try:
            for attempt in range(ATTEMPTS):
                _rewind_files()
                try:
                    return _once(key, fingerprint, view, args, kwargs)
                except (CaseChangedMeanwhile, IntegrityError):
                    # Somebody else's commit came between, perhaps this very request's twin: look again.
                    db.session.rollback()
                    info[STARTED_OVER] = True
                    if attempt == ATTEMPTS - 1:
                        raise
            raise CaseChangedMeanwhile()
        finally:
            info.pop(STARTED_OVER, None)

    return wrapped


class _AlreadyAnswered(Exception):  # noqa: N818 - no error: the answer is there
    pass


def _once(
    key: str, fingerprint: bytes, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Response:
    """Work and answer in one transaction, which begins where the work first writes.

    What comes before (a file taken in, a step computed) keeps no other writer waiting.
    """
    viewer = current_viewer()
    mine = (IdempotencyKey.user_id == viewer.id, IdempotencyKey.key == key)
    if (kept := _kept(mine, fingerprint)) is not None:
        return kept

    def take_key(session: Session) -> None:
        # The key is taken before anything else is written: a twin waits here for our commit, instead of
        # being told by the work itself that somebody (we) was faster.
        if session.execute(select(IdempotencyKey.status).where(*mine)).one_or_none() is not None:
            raise _AlreadyAnswered
        session.execute(
            insert(IdempotencyKey).values(
                user_id=viewer.id,
                key=key,
                request_hash=fingerprint,
                status=0,
                body=b"",
                location="",
                created_at=now(),
            )
        )

    try:
        with one_transaction_from_the_first_write(take_key):
            response = make_response(view(*args, **kwargs))
            with transaction() as session:
                session.execute(
                    update(IdempotencyKey)
                    .where(*mine)
                    .values(
                        status=response.status_code,
                        body=response.get_data(),
                        location=response.headers.get("Location", ""),
                    )
                )
            return response
    except (_AlreadyAnswered, DomainError):
        # A twin may have done it between our first look and the work's.
        if (kept := _kept(mine, fingerprint)) is not None:
            return kept
        raise


def _kept(mine: tuple[ColumnElement[bool], ...], fingerprint: bytes) -> Response | None:
    """The answer that was given under this key; IdempotencyKeyReused where it was for another request."""
    db.session.rollback()
    kept = db.session.execute(
        select(
            IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.body, IdempotencyKey.location
        ).where(*mine)
    ).one_or_none()
    if kept is None:
        return None
    if kept.request_hash != fingerprint:
        raise IdempotencyKeyReused()
    answer = Response(kept.body, status=kept.status, mimetype="application/json")
    if kept.location:
        answer.headers["Location"] = kept.location
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _rewind_files() -> None:
    """Whoever read them before, the fingerprint or an attempt that failed."""
    if request.mimetype == "multipart/form-data":
        for file in request.files.values():
            file.stream.seek(0)


def _fingerprint() -> bytes:
    whole = hashlib.sha256(request.method.encode() + b"\0" + request.path.encode() + b"\0")
    if request.mimetype != "multipart/form-data":
        whole.update(request.get_data(cache=True))
        return whole.digest()
    # Every sending of a form draws another boundary: what was sent counts, not how it was wrapped.
    for name, value in sorted(request.form.items(multi=True)):
        whole.update(repr((name, value)).encode())
    for name, file in sorted(
        request.files.items(multi=True), key=lambda item: (item[0], item[1].filename or "")
    ):
        content = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        whole.update(repr((name, file.filename, content)).encode())
    return whole.digest()


def forget_old_answers(at: datetime) -> int:
    """Drop answers older than a week before `at`; returns how many."""
    with transaction() as session:
        gone = session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < at - KEPT))
        return gone.rowcount or 0  # type: ignore[attr-defined]
