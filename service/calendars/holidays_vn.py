"""Vietnam's days off out of the `holidays` package, as rows. Read at import only, never at run time.

The package knows the law's days (Bộ luật Lao động 2019, Điều 112), the days off in lieu of a weekend (Điều
111 khoản 3) and most swapped Saturdays. It lacks some of these (see swaps.yaml) and cannot know Tết and the
second day of Quốc khánh before they are announced, usually late in the year before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata, resources
from typing import Any

import yaml

LAW = "Bộ luật Lao động 2019, Điều 111 và 112"
FIRST_YEAR, LAST_YEAR = 2021, 2100
YEARLY = ("Tết", "Quốc khánh")
NEW_YEAR = "Tết Dương lịch"
SWAPPED = "Ngày nghỉ (thay cho"


@dataclass(frozen=True, slots=True)
class HolidayRow:
    day: date
    is_working: bool
    name: str
    source: str


@cache
def _packaged() -> Any:
    return yaml.safe_load(
        resources.files("service.calendars").joinpath("swaps.yaml").read_text(encoding="utf-8")
    )


@cache
def version() -> str:
    """How the source of imported rows names the package, e.g. "holidays 0.109"."""
    return f"holidays {metadata.version('holidays')}"


def announced(year: int) -> str | None:
    """Who announced that year's days of Tết and Quốc khánh; None where we know of no announcement."""
    found = _packaged()["announcements"].get(year)
    return None if found is None else str(found)


def days_of_year(year: int) -> list[HolidayRow]:
    """Every day of `year` that is off by law or swapped with a Saturday, in order; weekends are no rows.

    Raises ValueError outside 2021–2100, where the present law does not hold or nothing can be computed.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{year} is outside {FIRST_YEAR}–{LAST_YEAR}")
    import holidays  # noqa: PLC0415 - heavy, and needed at import of a calendar only

    known = holidays.country_holidays("VN", years=year, language="vi")
    rows = {
        day: HolidayRow(day, is_working=False, name=name, source=_source(name, year))
        for day, name in known.items()
        if day.year == year
    }
    rows |= {
        day: HolidayRow(
            day, is_working=True, name=f"Làm bù {_swapped_for(day, known)}".strip(), source=_swap_source(year)
        )
        for day in getattr(known, "weekend_workdays", ())
        if day.year == year
    }
    for swap in _packaged()["swaps"]:
        off, worked, source = swap["day_off"], swap["day_worked"], swap["source"]
        pair = (
            HolidayRow(
                off, is_working=False, name=f"Ngày nghỉ (thay cho ngày {worked:%d/%m/%Y})", source=source
            ),
            HolidayRow(worked, is_working=True, name=f"Làm bù ngày {off:%d/%m/%Y}", source=source),
        )
        rows |= {row.day: row for row in pair if row.day.year == year}
    return [rows[day] for day in sorted(rows)]


def _source(name: str, year: int) -> str:
    """What a day off rests on: the law, a yearly announcement, or an announced swap; and the package."""
    if name.startswith(SWAPPED):
        return _swap_source(year)
    by_decision = any(word in name for word in YEARLY) and NEW_YEAR not in name
    said = announced(year) if by_decision else _packaged()["other_bases"].get(name)
    unsure = " (dự kiến, chờ thông báo hằng năm)" if by_decision and said is None else ""
    return f"{said or LAW}{unsure}; {version()}"


def _swap_source(year: int) -> str:
    said = _packaged()["swapped"].get(year)
    return f"{said}; {version()}" if said else version()


def _swapped_for(worked: date, known: Any) -> str:
    """“ngày 29/04/2024”: the weekday that the package names as swapped with this Saturday."""
    wanted = f"{worked:%d/%m/%Y}"
    return next((f"ngày {day:%d/%m/%Y}" for day, name in known.items() if wanted in name), "")
