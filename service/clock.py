"""What time it is for this installation: the real time, or the demo's settable clock.

Doors ask here once per request and hand `now` to operations; nothing else reads a clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, ScalarSelect, delete, insert, select

from service.config import LOCAL_TIME_ZONE
from service.database import db, table_of, transaction
from service.models import Setting

LOCAL = ZoneInfo(LOCAL_TIME_ZONE)
_OFFSET = "demo_clock_offset_seconds"
_SETTING = table_of(Setting)
_READ_OFFSET = select(_SETTING.c.value).where(_SETTING.c.name == _OFFSET)
# For statements that are asked anyhow: see `time_with`.
OFFSET: ScalarSelect[str | None] = _READ_OFFSET.scalar_subquery()


def now(connection: Connection | None = None) -> datetime:
    """The installation's time; asked through `connection` where the session's pool must not be waited for."""
    asked = connection or db.session.connection()
    return time_with(asked.execute(_READ_OFFSET).scalar_one_or_none())


def time_with(offset: str | None) -> datetime:
    """The installation's time, where somebody has read OFFSET; None unless the demo clock has been set."""
    return datetime.now(UTC) + (timedelta(seconds=float(offset)) if offset is not None else timedelta())


def local_day(instant: datetime) -> date:
    """The calendar day in Thanh Hóa of an instant."""
    return instant.astimezone(LOCAL).date()


def set_demo_clock(to: datetime | None) -> None:
    """Make it `to` now and let time run on from there; None goes back to the real time."""
    with transaction() as session:
        session.execute(delete(Setting).where(Setting.name == _OFFSET))
        if to is not None:
            offset = (to - datetime.now(UTC)).total_seconds()
            session.execute(insert(Setting).values(name=_OFFSET, value=str(offset)))
