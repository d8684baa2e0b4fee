"""*Nhật ký quản trị*: every change of the administration stream, by group and day, the latest first."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from service.administration.history import list_changes
from service.administration.sentences import GROUPS, KINDS, QUIET
from service.calendars.tables import read_day
from service.http.access import policy
from service.web import pages
from service.web.administration.room import ADMINISTRATOR, AUDITOR, asked, page

EVERYTHING = "tat-ca"
FIRST_DAY, LAST_DAY = "2000-01-01", "2100-12-31"


@pages.get("/quan-tri/nhat-ky", endpoint="administration_log")
@policy(ADMINISTRATOR, AUDITOR)
def show_log() -> Any:
    groups = list(GROUPS)
    wanted = asked("loai")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 3 and int(wanted) < len(groups):
        kinds = list(GROUPS[groups[int(wanted)]])
    elif wanted == EVERYTHING:
        kinds = []
    else:
        wanted, kinds = "", [kind for kind in KINDS if kind not in QUIET]
    before = asked("truoc")
    errors = _wrong_days()
    changes, following = (
        ([], None)
        if errors
        else list_changes(
            kinds=kinds,
            first=_day("tu"),
            last=_day("den"),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        )
    )
    shown = page(
        "log.html",
        changes=changes,
        following=following,
        is_later_page=bool(before),
        groups=groups,
        wanted=wanted,
        everything=EVERYTHING,
        first=asked("tu"),
        last=asked("den"),
        day_errors=errors,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )
    return (shown, 422) if errors else shown


def _wrong_days() -> dict[str, list[str]]:
    """What is wrong with the days asked for, by field."""
    wrong = _("Ghi ngày từ 01/01/2000 đến 31/12/2100, ví dụ 20/11/2023.")
    errors = {name: [wrong] for name in ("tu", "den") if asked(name).strip() and _day(name) is None}
    first, last = _day("tu"), _day("den")
    if first is not None and last is not None and first > last:
        errors["tu"] = [_("“Từ ngày” phải trước hoặc trùng “Đến hết ngày”.")]
        errors["den"] = [_("Chọn ngày từ %(first)s trở đi.", first=f"{first:%d/%m/%Y}")]
    return errors


def _day(name: str) -> date | None:
    found = read_day(asked(name))
    return found if found is not None and FIRST_DAY <= found.isoformat() <= LAST_DAY else None
