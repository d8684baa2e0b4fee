"""Triggers that let retention, and nobody else, put something else in the place of what was handed over.

A row of `submission` or `event_private_part` may change only by a slip (`erasure_slip`) that names it, says
what takes its place, and belongs to a list that one person proposed and another approved; the case's chain
must tell it already (`content_erased`), and no hold may be in force. Rows are never deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

# The columns that stay what they were, of each table whose rows a slip may change.
_KEPT = {
    "submission": (
        "id", "case_id", "task_id", "seq", "element", "action", "digest", "prepared_by", "signed_by",
        "signed_at",
    ),
    "event_private_part": ("position", "name"),
}  # fmt: skip
_NAMED = {
    "submission": "s.what = 'submission' AND s.subject = OLD.id",
    "event_private_part": "s.what = 'private' AND s.position = OLD.position AND s.name = OLD.name",
}
_LEAVE = """EXISTS (
  SELECT 1 FROM erasure_slip s
  JOIN erasure e ON e.id = s.erasure_id
  JOIN event v ON v.position = s.event_position
  JOIN case_file c ON c.id = s.case_id
  WHERE {named} AND s.content = NEW.content AND s.salt = NEW.salt
  AND {of_case}
  AND e.state = 'approved' AND e.decided_by IS NOT NULL AND e.decided_by <> e.proposed_by
  AND v.type = 'content_erased' AND v.stream = 'case' AND v.stream_id = {case_text}
  AND NOT EXISTS (
    SELECT 1 FROM legal_hold h WHERE h.lifted_at IS NULL
    AND (h.case_id IS NULL OR h.case_id = c.id) AND (h.year IS NULL OR h.year = c.year)
    AND (h.procedure IS NULL OR h.procedure = c.procedure)
    AND (h.unit_id IS NULL OR h.unit_id = c.commune_id OR h.unit_id = c.district_id)))"""
# SQLite keeps ids as 32 digits; streams are named with hyphens.
_SQLITE_TEXT = (
    "substr(c.id, 1, 8) || '-' || substr(c.id, 9, 4) || '-' || substr(c.id, 13, 4) || '-' || "
    "substr(c.id, 17, 4) || '-' || substr(c.id, 21)"
)
_OF_CASE = {
    "submission": "c.id = OLD.case_id",
    # Of the case's own chain, or of what was noted of looking at it.
    "event_private_part": (
        "EXISTS (SELECT 1 FROM event o WHERE o.position = OLD.position "
        "AND o.stream IN ('case', 'access') AND o.stream_id = {case_text})"
    ),
}


def _leave(table: str, case_text: str) -> str:
    of_case = _OF_CASE[table].format(case_text=case_text)
    return _LEAVE.format(named=_NAMED[table], of_case=of_case, case_text=case_text)


def statements(dialect: str) -> Iterator[str]:
    """Replace the triggers of the first migration on these two tables."""
    for table, kept in _KEPT.items():
        if dialect == "sqlite":
            yield from _sqlite(table, kept)
        else:
            yield from _postgresql(table, kept)
    if dialect != "sqlite":
        yield from _functions()


def _sqlite(table: str, kept: tuple[str, ...]) -> Iterator[str]:
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in kept)
    yield f"DROP TRIGGER {table}_no_update"
    yield (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"WHEN NOT ({same} AND {_leave(table, _SQLITE_TEXT)}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
    if table == "event_private_part":
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _postgresql(table: str, kept: tuple[str, ...]) -> Iterator[str]:
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in kept)
    yield (
        f"CREATE FUNCTION {table}_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {same} AND {_leave(table, 'CAST(c.id AS text)')} "
        "THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    yield f"DROP TRIGGER {table}_append_only ON {table}"
    yield (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_only_erased()"
    )


def _functions() -> Iterator[str]:
    """What the application's role calls: it may not UPDATE these tables itself, whatever a slip says."""
    for name, table, same in (
        ("erase_submission", "submission", "t.id = s.subject"),
        ("erase_private_part", "event_private_part", "t.position = s.position AND t.name = s.name"),
    ):
        change = f"UPDATE {table} t SET content = s.content, salt = s.salt FROM erasure_slip s "  # noqa: S608
        yield (
            f"DO $do$ BEGIN EXECUTE format($make$ CREATE FUNCTION {name}(slip uuid) RETURNS bigint "
            "LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp AS $$ DECLARE n bigint; BEGIN "
            f"{change} WHERE s.id = slip AND {same}; "
            "GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$ $make$, current_schema()); END $do$"
        )
        yield f"REVOKE ALL ON FUNCTION {name}(uuid) FROM PUBLIC"
