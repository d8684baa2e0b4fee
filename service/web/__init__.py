"""The web door: server-rendered pages in Vietnamese. Views parse, call one operation or query, present."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, url_for

from service import clock
from service.audit.queries import erasure_notices
from service.database import db
from service.errors import Unavailable
from service.http.access import now, viewer_or_none
from service.http.extensions import settings
from service.paper_dates import EARLIEST_DAY
from service.questions.ready import is_overseeing
from service.web import file_stories, kept_files, words
from service.web.forms_rendering import by_criterion
from service.web.language import browser_words, register_language
from service.wording import recorded

pages = Blueprint("pages", __name__, template_folder="templates")


def register_web(app: Flask) -> None:
    """Pages, their errors, and the words that templates use."""
    # Views hang themselves on `pages`, so they can only be imported once it exists.
    from service.web import (  # noqa: PLC0415
        administration,  # noqa: F401
        bulk,  # noqa: F401
        calendars,
        case_page,  # noqa: F401
        cases,  # noqa: F401
        comments,  # noqa: F401
        deadlines,  # noqa: F401
        documents,  # noqa: F401
        drafts,  # noqa: F401
        errors,
        exports,  # noqa: F401
        files,  # noqa: F401
        grid_files,  # noqa: F401
        handling,  # noqa: F401
        log_receipts,  # noqa: F401
        messages,  # noqa: F401
        notifications,  # noqa: F401
        operations,  # noqa: F401
        processes,  # noqa: F401
        questions,  # noqa: F401
        receipts,  # noqa: F401
        replay,  # noqa: F401
        round_list,  # noqa: F401
        rounds,  # noqa: F401
        rows,  # noqa: F401
        saved_filters,  # noqa: F401
        session,  # noqa: F401
        studio,  # noqa: F401
        tasks,  # noqa: F401
        uploads,  # noqa: F401
        verdicts,  # noqa: F401
        webhooks,  # noqa: F401
        whereabouts,  # noqa: F401
        worklist,  # noqa: F401
    )

    register_language(app, app.config["SETTINGS"])
    app.register_blueprint(pages)
    errors.register_errors(app)
    from service.web import asking  # noqa: PLC0415
    from service.web.hands import hands_of  # noqa: PLC0415

    app.jinja_env.globals |= {
        "words": words,
        "asset": asset,
        "recorded": recorded,
        "kept_file": kept_files.kept_file,
        "short_hash": kept_files.short_hash,
        "files_to_choose": file_stories.files_to_choose,
        "erasure_notices": erasure_notices,
        "is_shown_inline": file_stories.is_shown_inline,
        "hands_of": hands_of,
        "earliest_day": EARLIEST_DAY.isoformat(),
        "document_typed": asking.document_typed,
        "missing_lines": asking.missing_lines,
        "missing_now": asking.missing_now,
        "what_is_signed": asking.what_is_signed,
        "working_calendar": calendars.calendar_of_request,
        "is_overseeing": is_overseeing,
    }
    app.jinja_env.filters |= {
        "day": words.day,
        "moment": words.moment,
        "number": words.number,
        "size": words.file_size,
        "by_criterion": by_criterion,
    }
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_surroundings)


def _surroundings() -> dict[str, Any]:
    """What every page shows around its content; the page that says that nothing can be read, too."""
    try:
        viewer, day = viewer_or_none(), today()
    except Unavailable:
        db.session.rollback()
        viewer, day = None, clock.local_day(datetime.now(UTC))
    return {
        "viewer": viewer,
        "today": day,
        "demo": settings().demo,
        "settings": settings(),
        "browser_words": browser_words(settings().language),
    }


def today() -> date:
    return clock.local_day(now())


def asset(name: str) -> str:
    """The address of a built file, with its content's hash: a cached old one is never used."""
    path = Path(current_app.static_folder or "") / "dist" / name
    try:
        version = _content_hash(str(path), path.stat().st_mtime_ns)
    except FileNotFoundError:
        version = "0"
    return url_for("static", filename=f"dist/{name}", v=version)


@lru_cache(maxsize=32)
def _content_hash(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
