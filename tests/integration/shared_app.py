"""One application for all tests of pages and API, put over each one's database.

To make one takes a fifth of a second, most of it for the description of the API.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import create_engine

from service.app import create_app
from service.connections import engine_options
from service.database import db
from tests.compiled_once import share_compiled
from tests.integration.conftest import settings_for


def application_over(database_url: str, folder: Path) -> Flask:
    """The application with the usual settings, as if made for that database; earlier tests left no trace."""
    app, config, extensions = _application()
    settings = settings_for(database_url, folder)
    app.config.clear()
    app.config.update(config | {"SETTINGS": settings, "SQLALCHEMY_DATABASE_URI": settings.database_url})
    app.extensions.clear()
    app.extensions.update(extensions)
    engine = create_engine(
        settings.database_url, **engine_options(settings.database_url, pool=settings.connections)
    )
    db._app_engines[app] = {None: share_compiled(engine)}
    return app


@cache
def _application() -> tuple[Flask, dict[str, Any], dict[str, Any]]:
    app = create_app(settings_for("sqlite:///none.db", Path()))
    app.testing = True
    return app, dict(app.config), dict(app.extensions)
