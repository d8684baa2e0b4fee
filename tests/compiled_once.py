"""Statements compiled for one test's engine serve the next one's.

SQLAlchemy keeps them for each engine and dialect, and nearly every test has a database, hence an engine, of
its own: without this a third of such a test's processor time goes into compiling the same statements again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from service.database import db

_first: dict[tuple[str, str], Engine] = {}


def share_compiled(engine: Engine) -> Engine:
    """The engine, with dialect and compiled statements of the first one of its kind in this process."""
    first = _first.setdefault((engine.dialect.name, engine.dialect.driver), engine)
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return engine


def share_in_every_application() -> None:
    make = db._make_engine

    def shared(*arguments: Any) -> Engine:
        return share_compiled(make(*arguments))

    db._make_engine = shared  # type: ignore[assignment,method-assign]
