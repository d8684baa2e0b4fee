"""Many cases at once, copied from one by the database itself: a hundred thousand take seconds, not hours.

Their logs are not copied: such a database is for measuring, and `db check` would say so.
"""

from __future__ import annotations

import uuid

from sqlalchemy import text

from service.database import db

_CASES = """
INSERT INTO case_file SELECT made.*
FROM case_file c, generate_series(CAST(:first AS integer), CAST(:last AS integer)) n,
    jsonb_populate_record(c, jsonb_build_object(
        'id', CAST(md5('case ' || n) AS uuid), 'code', 'B-' || n, 'year', 10000 + n)) made
WHERE c.id = :of
"""
_TASKS = """
INSERT INTO task SELECT made.*
FROM task t, generate_series(CAST(:first AS integer), CAST(:last AS integer)) n,
    jsonb_populate_record(t, jsonb_build_object(
        'id', CAST(md5('task ' || n || t.ref) AS uuid), 'case_id', CAST(md5('case ' || n) AS uuid))) made
WHERE t.case_id = :of AND t.state IN ('ready', 'reserved')
"""
_TIMERS = """
INSERT INTO timer SELECT made.*
FROM timer t, generate_series(CAST(:first AS integer), CAST(:last AS integer)) n,
    jsonb_populate_record(t, jsonb_build_object(
        'id', CAST(md5('timer ' || n || t.ref) AS uuid), 'case_id', CAST(md5('case ' || n) AS uuid),
        'due_at', t.due_at + (n * interval '1 millisecond'))) made
WHERE t.case_id = :of AND t.state = 'set'
"""


def more_cases(like: uuid.UUID, there: int, wanted: int) -> None:
    """Copies `there` + 1 to `wanted` of a case with open tasks and timers, each due a millisecond later."""
    if wanted <= there:
        return
    for statement in (_CASES, _TASKS, _TIMERS):
        db.session.execute(text(statement), {"first": there + 1, "last": wanted, "of": like})
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")
    db.session.remove()
