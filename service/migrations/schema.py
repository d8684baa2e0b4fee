"""Which schema a database has, and whether this version of the product can work on it.

A migration that older code can live with says so in the setting SERVES_SINCE: the revision from which on code
runs on it. So web servers of two versions share one database while they are replaced one after the other.
"""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from service.errors import BadConfiguration

SERVES_SINCE = "schema_serves_since"


def newest() -> str:
    """The revision that this version of the product brings along."""
    return str(_scripts().get_current_head())


def known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def stored(connection: Connection) -> str | None:
    """The database's revision; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def require_known(connection: Connection) -> None:
    """Raises BadConfiguration unless code of this version can work on the database as it is."""
    revision = stored(connection)
    if revision == newest():
        return
    if revision is None or revision in known():
        have = "chưa có bảng nào" if revision is None else f"đang ở lược đồ {revision}"
        raise BadConfiguration(
            f"Cơ sở dữ liệu {have}, chương trình này cần {newest()}. "
            "Hãy chạy `congnhan db upgrade` với DATABASE_OWNER_URL rồi khởi động lại."
        )
    since = _serves_since(connection)
    if since is None or newest() < since:
        raise BadConfiguration(
            f"Cơ sở dữ liệu đang ở lược đồ {revision}, mới hơn chương trình này ({newest()}) và không còn "
            "dùng chung được. Hãy cài phiên bản chương trình mới."
        )


def _serves_since(connection: Connection) -> str | None:
    if not inspect(connection).has_table("setting"):
        return None
    found = connection.execute(text("SELECT value FROM setting WHERE name = :name"), {"name": SERVES_SINCE})
    return found.scalar()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)
