"""*Nhật ký quản trị*: every change of the administration stream, by group and day, the latest first."""

from __future__ import annotations

from typing import Any

from service.administration.history import list_changes
from service.administration.sentences import GROUPS, KINDS, QUIET
from service.calendars.tables import read_day
from service.http.access import policy
from service.web import pages
from service.web.administration.room import ADMINISTRATOR, AUDITOR, asked, page

EVERYTHING = "tat-ca"


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
    changes, following = list_changes(
        kinds=kinds,
        first=_day("tu"),
        last=_day("den"),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    return page(
        "log.html",
        changes=changes,
        following=following,
        is_later_page=bool(before),
        groups=groups,
        wanted=wanted,
        everything=EVERYTHING,
        first=asked("tu"),
        last=asked("den"),
    )


def _day(name: str) -> Any:
    found = read_day(asked(name))
    return found if found is not None and 2000 <= found.year <= 2100 else None
