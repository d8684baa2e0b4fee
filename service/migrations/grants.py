"""What the application's role may do with each table on PostgreSQL, where another role owns them.

A new table needs a line here: `db upgrade` refuses a table that nobody decided about.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import Connection

from service.errors import BadConfiguration

READ = "SELECT"
APPEND = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE, DELETE"

GRANTS = {
    "alembic_version": READ,
    # What was recorded is read and added to. Retention erases through functions of the owner's (FUNCTIONS).
    "event": APPEND,
    "event_private_part": APPEND,
    "log_checkpoint": APPEND,
    "log_cosignature": APPEND,
    "log_key": APPEND,
    "log_leaf": APPEND,
    "log_node": APPEND,
    "process_version": APPEND,
    "round_act": APPEND,
    "round_delivery": APPEND,
    "submission": APPEND,
    "api_token": CHANGE,
    "appointment": CHANGE,
    "archive_transfer": CHANGE,
    "calendar_day": CHANGE,
    "calendar_year": CHANGE,
    "case_file": CHANGE,
    "comment": CHANGE,
    "counter": CHANGE,
    "deadline": CHANGE,
    "document": CHANGE,
    "draft": CHANGE,
    "erasure": CHANGE,
    "erasure_case": CHANGE,
    "erasure_slip": CHANGE,
    "evidence_file": CHANGE,
    "idempotency_key": CHANGE,
    "index_set": CHANGE,
    "legal_hold": CHANGE,
    "login_session": CHANGE,
    "member_assignment": CHANGE,
    "message": CHANGE,
    "notification": CHANGE,
    "notification_preference": CHANGE,
    "outbox": CHANGE,
    "position": CHANGE,
    "procedure_department": CHANGE,
    "process_beat": CHANGE,
    "process_draft": CHANGE,
    "process_scenario": CHANGE,
    "quota": CHANGE,
    "retention_rule": CHANGE,
    "round": CHANGE,
    "round_item": CHANGE,
    "row_assignment": CHANGE,
    "saved_filter": CHANGE,
    "saved_question": CHANGE,
    "setting": CHANGE,
    "stream_head": CHANGE,
    "task": CHANGE,
    "timer": CHANGE,
    "transferred_case": CHANGE,
    "unit": CHANGE,
    "unit_succession": CHANGE,
    "upload": CHANGE,
    "user_account": CHANGE,
    "webhook": CHANGE,
}
# What runs with the owner's rights, within what the triggers permit (see service.migrations.erasing).
FUNCTIONS = ("erase_submission(uuid)", "erase_private_part(uuid)")


def grant(connection: Connection, role: str) -> None:
    """Give `role` exactly these rights on the tables of the current schema, whatever it had before.

    Raises BadConfiguration when there is no such role, or a table of which nobody decided.
    """
    if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first():
        raise BadConfiguration(
            f"Máy chủ PostgreSQL chưa có vai trò {role!r} của DATABASE_URL. Hãy tạo bằng: "
            f"CREATE ROLE {_quoted(connection, role)} LOGIN PASSWORD '…'; rồi chạy lại lệnh này."
        )
    found = set(
        connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        ).scalars()
    )
    if undecided := sorted(found - set(GRANTS)):
        raise BadConfiguration(
            f"Chưa quy định quyền cho bảng {', '.join(undecided)}; xem service/migrations/grants.py."
        )
    schema = _quoted(connection, str(connection.execute(text("SELECT current_schema()")).scalar_one()))
    for statement in _statements(schema, _quoted(connection, role), sorted(found)):
        connection.execute(text(statement))


def _statements(schema: str, role: str, tables: list[str]) -> Iterator[str]:
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}, PUBLIC"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}, PUBLIC"
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM {role}, PUBLIC"
    # Nothing by default: a table of tomorrow is decided about above.
    for what in ("TABLES", "SEQUENCES"):
        yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON {what} FROM {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    for table in tables:
        yield f'GRANT {GRANTS[table]} ON {schema}."{table}" TO {role}'
    for function in FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION {schema}.{function} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {schema}.{function} TO {role}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"


def _quoted(connection: Connection, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote_identifier(name))
