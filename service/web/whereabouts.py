"""The live diagram of a version: how many cases stand where, how long that takes, which ways they go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from service.cases.whereabouts import Stop, Way, counts_all, whereabouts
from service.errors import BadInput, NotFound
from service.http.access import LOGGED_IN, current_viewer, policy
from service.models import ProcessVersion
from service.processes.queries import list_versions, version_in_force
from service.web import pages, today, words

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pages.get("/quy-trinh/<key>/ho-so-dang-o-dau", endpoint="whereabouts_page")
@policy(LOGGED_IN)
def show(key: str) -> Any:
    versions = [row for row in list_versions() if row.key == key]
    if not versions:
        raise NotFound(_("Không có quy trình này."))
    version, year = _wanted_version(key, versions), _wanted_year()
    viewer = current_viewer()
    found = whereabouts(viewer, version, year=year, today=today())
    return render_template(
        "whereabouts.html",
        version=version,
        versions=versions,
        year=year,
        found=found,
        counts_all=counts_all(viewer),
        links=viewer.sees_all_cases or bool(viewer.communes or viewer.own_districts or viewer.districts),
        standing={
            stop.element: {"text": _here(stop), "late": _late(stop)} for stop in found.stops if stop.here
        },
        taken={way.flow: [way.times, times(way)] for fork in found.forks for way in fork.ways if way.times},
        address=lambda **more: url_for(
            "pages.case_list",
            **{"quy-trinh": key, "phien-ban": version.version, "nam": year or None} | more,
        ),
        span=span,
        times=times,
        ends=words.ENDS,
    )


def span(spent: timedelta | None) -> str:
    """A length of time as people say it, rounded down to its largest unit."""
    if spent is None:
        return ""
    if spent >= _DAY:
        return _("%(days)s ngày", days=spent // _DAY)
    if spent >= _HOUR:
        return _("%(hours)s giờ", hours=spent // _HOUR)
    return _("%(minutes)s phút", minutes=max(spent // _MINUTE, 1))


def _here(stop: Stop) -> str:
    return _("%(here)s hồ sơ", here=stop.here)


def _late(stop: Stop) -> str:
    return _("%(late)s quá hạn", late=stop.late) if stop.late else ""


def times(way: Way) -> str:
    return _("%(times)s lượt", times=way.times)


def _wanted_version(key: str, versions: list[ProcessVersion]) -> ProcessVersion:
    wanted = request.args.get("phien-ban", "")
    if not wanted:
        in_force = {version_in_force(key, today()).id} if _any_in_force(versions) else set()
        return next((row for row in versions if row.id in in_force), versions[0])
    for row in versions:
        if str(row.version) == wanted:
            return row
    raise NotFound(_("Không có phiên bản này."))


def _any_in_force(versions: list[ProcessVersion]) -> bool:
    return any(row.effective_on <= today() for row in versions)


def _wanted_year() -> int | None:
    year = request.args.get("nam", "")
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        raise BadInput(_("Năm xét phải gồm 4 chữ số, ví dụ 2023."))
    return int(year) if year else None
