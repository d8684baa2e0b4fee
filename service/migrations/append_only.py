"""Triggers that refuse to change what was recorded. A table added to the log gets them in its migration."""

from __future__ import annotations

from collections.abc import Iterator

APPEND_ONLY = ("event", "submission", "round_act", "round_delivery", "process_version")
# Since migration 0006.
TREE = ("log_leaf", "log_node", "log_key", "log_checkpoint", "log_cosignature")
# Private parts may be erased by retention, never rewritten.
NEVER_REWRITTEN = ("event_private_part",)


def statements(dialect: str) -> Iterator[str]:
    """Of the first migration: what it needs, and its tables."""
    if dialect != "sqlite":
        yield (
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    yield from refusing(dialect, APPEND_ONLY, NEVER_REWRITTEN)


def refusing(
    dialect: str, append_only: tuple[str, ...], never_rewritten: tuple[str, ...] = ()
) -> Iterator[str]:
    """The triggers of these tables."""
    if dialect == "sqlite":
        for table in append_only + never_rewritten:
            for verb in ("UPDATE", "DELETE") if table in append_only else ("UPDATE",):
                yield (
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    for table in append_only + never_rewritten:
        verbs = "UPDATE OR DELETE" if table in append_only else "UPDATE"
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
