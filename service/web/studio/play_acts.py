"""The next act, read from the fields beside the button that was pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _

from service.calendars.tables import read_day
from service.errors import BadInput
from service.studio.play.acts import (
    FAIL,
    JOB,
    MESSAGE,
    SIGNAL,
    START,
    TIMER,
    WAIT,
    Act,
)


def _started(_about: str) -> Act:
    day = read_day(request.form.get("day", ""))
    year = request.form.get("year", "")
    fields: dict[str, list[str]] = {}
    if day is None:
        fields["day"] = [_("Ghi ngày mở hồ sơ, ví dụ 04/05/2024.")]
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        fields["year"] = [_("Ghi năm của hồ sơ, ví dụ 2024.")]
    if fields or day is None:
        raise BadInput(fields=fields)
    return Act(START, day=day, year=int(year), district=request.form.get("district", "")[:60])


def _until(about: str) -> Act:
    day = read_day(about or request.form.get("play-until", ""))
    if day is None:
        raise BadInput(fields={"play-until": [_("Ghi ngày cần tới, ví dụ 04/05/2024.")]})
    return Act(WAIT, day=day)


def _brought(kind: str, name: str) -> Act:
    """A message, signal or job with the values typed beside it."""
    prefix = f"value.{kind}.{name}."
    values = {
        key.removeprefix(prefix): text.strip()[:500]
        for key, text in request.form.items()
        if key.startswith(prefix) and text.strip()
    }
    return Act(kind, name[:255], values)


NEXT: Mapping[str, Any] = {
    START: _started,
    WAIT: _until,
    TIMER: lambda about: Act(TIMER, about[:255]),
    MESSAGE: lambda about: _brought(MESSAGE, about),
    SIGNAL: lambda about: _brought(SIGNAL, about),
    JOB: lambda about: _brought(JOB, about),
    FAIL: lambda about: Act(FAIL, about[:255], code=request.form.get(f"code.{about}", "").strip()[:255]),
}
