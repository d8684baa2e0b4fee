"""What the database holds, read past the service over a connection of our own: committed rows only."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.sim.model import CaseModel

STATES = "('ready', 'reserved')"


class Stored:
    """A second look at the file. Ids are 32 hexadecimal digits, as SQLite keeps them."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA busy_timeout=0")
        self.users = {row[0]: row[1] for row in self.rows("SELECT id, username FROM user_account")}

    def close(self) -> None:
        self.connection.close()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters).fetchall()

    def free(self) -> bool:
        """Whether nobody holds the write lock."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        self.connection.execute("ROLLBACK")
        return True

    def case(self, case_id: str) -> dict[str, Any]:
        """The case as `described` says it of the model."""
        query = (
            "SELECT t.element, t.stage, t.owner_id, t.prepared_by, coalesce(d.rev, 0) FROM task t "
            f"LEFT JOIN draft d ON d.task_id = t.id WHERE t.case_id = ? AND t.state IN {STATES} ORDER BY 1"
        )
        tasks = [
            (element, stage, self.users.get(owner), self.users.get(prepared), rev)
            for element, stage, owner, prepared, rev in self.rows(query, case_id)
        ]
        due = "SELECT element, due_at FROM timer WHERE case_id = ? AND state = 'set' ORDER BY 1"
        timers = [(element, datetime.fromisoformat(at)) for element, at in self.rows(due, case_id)]
        [(outcome, status, active, awaited)] = self.rows(
            "SELECT outcome, status, active, awaited FROM case_file WHERE id = ?", case_id
        )
        return {
            "tasks": tasks,
            "timers": timers,
            "outcome": outcome,
            "finished": status == "finished",
            "active": sorted(set(json.loads(active)) - NOT_TASKS),
            "awaited": sorted(set(json.loads(awaited)) - INTERRUPTIONS),
        }

    def open_elements(self, case_id: str) -> set[str]:
        query = f"SELECT element FROM task WHERE case_id = ? AND state IN {STATES}"
        return {row[0] for row in self.rows(query, case_id)}

    def task_id(self, case_id: str, element: str) -> str | None:
        """The newest task of a step, open or not."""
        query = "SELECT id FROM task WHERE case_id = ? AND element = ? ORDER BY occurrence DESC LIMIT 1"
        found = self.rows(query, case_id, element)
        return found[0][0] if found else None

    def chain(self, case_id: str) -> list[tuple[str, dict[str, Any], str]]:
        dashed = f"{case_id[:8]}-{case_id[8:12]}-{case_id[12:16]}-{case_id[16:20]}-{case_id[20:]}"
        query = "SELECT type, body, actor_id FROM event WHERE stream = 'case' AND stream_id = ? ORDER BY seq"
        return [
            (kind, json.loads(body)["data"], self.users.get(actor, ""))
            for kind, body, actor in self.rows(query, dashed)
        ]


# Elements that hold a token without being anybody's task.
NOT_TASKS = {"case_interrupted", "case_running", "wait", "join", "late", "nag", "opinion_waived"}
NOT_TASKS |= {"answer_or_not", "answer", "no_answer", "question"}
# What every recognition case listens for beside its step: acts, not letters.
INTERRUPTIONS = {"withdrawal_requested", "commune_dissolved", "opinion_waived"}


def described(case: CaseModel) -> dict[str, Any]:
    """The model's case in the form in which `Stored.case` reads the rows."""
    return {
        "tasks": [
            (element, task.stage, task.owner, task.prepared_by, task.draft)
            for element, task in sorted(case.tasks.items())
        ],
        "timers": sorted(case.timers.items()),
        "outcome": case.outcome,
        "finished": case.outcome is not None,
        "active": sorted(case.tasks),
        "awaited": [case.awaits] if case.awaits else [],
    }
