"""How pressing a task is to those who work on it: its priority, and a day to look at it again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select

from service.audit.operations import record_access
from service.clock import local_day
from service.database import transaction
from service.errors import BadInput
from service.identity.viewer import Viewer
from service.models import Task
from service.tasks.guarding import change, for_handling, once_more, record
from service.wording import Words, _, marked

# WS-HumanTask: 0 is the most pressing, 5 the usual. These two are offered; others may come from elsewhere.
PRIORITIES: Mapping[int, str] = Words({5: marked("Thường"), 2: marked("Khẩn")})
URGENT, USUAL = 2, 5
LONGEST_FOLLOW_UP = timedelta(days=731)


def set_priority(*, task_id: uuid.UUID, priority: int, by: Viewer, now: datetime) -> None:
    """*Thường* or *Khẩn*; moves no deadline. Recorded in the case's log; the same again is nothing."""
    if priority not in PRIORITIES:
        raise BadInput(
            _("Chọn mức Thường hoặc Khẩn."), fields={"priority": [_("Chọn 5 (Thường) hoặc 2 (Khẩn).")]}
        )

    def act() -> None:
        with transaction() as session:
            connection = session.connection()
            row, seat = for_handling(connection, task_id, by, now)
            if connection.execute(select(Task.priority).where(Task.id == task_id)).scalar_one() == priority:
                return
            data = {"task": row.task_ref, "priority": priority}
            record(connection, row, "task_priority_set", data, by.actor(seat), now)
            change(connection, row, priority=priority)

    once_more(act)


def set_follow_up(*, task_id: uuid.UUID, day: date | None, by: Viewer, now: datetime) -> None:
    """*Ngày xem lại*, None for none; changes no deadline, so it is in the dossier's access log only."""
    today = local_day(now)
    if day is not None and not today <= day <= today + LONGEST_FOLLOW_UP:
        sentence = _(
            "Ngày xem lại phải từ hôm nay (%(today)s) và trong vòng hai năm.", today=f"{today:%d/%m/%Y}"
        )
        raise BadInput(sentence, fields={"follow_up_on": [sentence]})
    with transaction() as session:
        connection = session.connection()
        row, seat = for_handling(connection, task_id, by, now)
        if connection.execute(select(Task.follow_up_on).where(Task.id == task_id)).scalar_one() == day:
            return
        change(connection, row, follow_up_on=day)
        data = {"task": row.task_ref, "on": day.isoformat() if day else None}
        record_access(connection, "task_follow_up_set", data, case_id=row.id, by=by.actor(seat), at=now)
