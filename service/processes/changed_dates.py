"""A due date or timer that comes out otherwise, and what that means for who has the task."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from service.clock import local_day


@dataclass(frozen=True)
class Change:
    """One due date or timer that comes out otherwise. `after` and `reason` say how; times are UTC.

    `since`: when the task was received, or the timer set.
    """

    case_id: uuid.UUID
    code: str
    commune: str
    ref: str
    element: str
    name: str
    is_timer: bool
    before: date | datetime | None
    after: date | datetime | None
    reason: str
    why: str = ""
    since: datetime | None = None

    def late_on(self, today: date) -> bool:
        """Whether a task that is not late yet would be so at once."""
        return self._due_before(today) and not (self.before is not None and _day(self.before) < today)

    @property
    def before_receipt(self) -> bool:
        """Whether the task would have been due before anybody had it."""
        return self.since is not None and self._due_before(local_day(self.since))

    def _due_before(self, day: date) -> bool:
        return not self.is_timer and self.after is not None and _day(self.after) < day


def _day(moment: date | datetime) -> date:
    return local_day(moment) if isinstance(moment, datetime) else moment
