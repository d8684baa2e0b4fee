"""Changing the calendar of working days: public holidays imported, the province's own decisions set.

Every change is one transaction and one event of the administration stream, with what was before and after.
What open due dates make of it is worked out afterwards: see service.processes.recomputing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from service.audit.operations import SYSTEM, Actor, record_administration
from service.calendars.holidays_vn import FIRST_YEAR, LAST_YEAR, HolidayRow, announced, days_of_year, version
from service.calendars.pending import CALENDAR, note_pending
from service.calendars.queries import load_calendar, own_days
from service.calendars.tables import Line, read_table, refuse_wrong
from service.calendars.working_days import SATURDAY, WEEKDAYS, DayRule, WorkingCalendar
from service.database import AnyRow, db, transaction
from service.errors import BadInput, WrongState
from service.models import CalendarDay, CalendarYear
from service.wording import _, recorded

MOST_YEARS = 20
LONGEST_NAME, LONGEST_SOURCE = 200, 300
COLUMNS = {
    "ngày": "day",
    "làm việc": "working",
    "tên": "name",
    "nội dung": "name",
    "căn cứ": "source",
}
YES, NO = (
    frozenset({"yes", recorded("có"), "co", "x", "1", recorded("làm việc")}),
    frozenset({"no", recorded("không"), "khong", "0", recorded("nghỉ")}),
)


@dataclass(frozen=True)
class Imported:
    """What an import did. `kept`: the province's own days that differ from the imported ones and stay."""

    years: tuple[int, ...]
    added: tuple[HolidayRow, ...]
    removed: tuple[HolidayRow, ...]
    kept: tuple[HolidayRow, ...]
    unannounced: tuple[int, ...]


@dataclass(frozen=True)
class OwnDay:
    """A decision of the province on one day."""

    day: date
    is_working: bool
    name: str
    source: str


def import_years(*, years: Iterable[int], by: Actor = SYSTEM, now: datetime) -> Imported:
    """Fill the years with Vietnam's public holidays; the province's own days stay as they are.

    Importing again brings what has been announced since. Raises BadInput for years out of reach.
    """
    wanted = tuple(sorted(set(years)))
    if not wanted or len(wanted) > MOST_YEARS or wanted[0] < FIRST_YEAR or wanted[-1] > LAST_YEAR:
        raise BadInput(
            _(
                "Nhập được các năm từ %(first_year)s đến %(last_year)s, mỗi lần không quá %(most_years)s "
                "năm.",
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
                most_years=MOST_YEARS,
            ),
            fields={"years": [_("Ví dụ: %(year)s-%(next)s.", year=now.year, next=now.year + 1)]},
        )
    found = {row.day: row for year in wanted for row in days_of_year(year)}
    with _alone() as connection:
        before = {row.day: row for row in _days(connection, wanted)}
        own = {day for day, row in before.items() if row.is_own}
        old = {day: _row(row) for day, row in before.items() if day not in own}
        new = {day: row for day, row in found.items() if day not in own}
        added = tuple(new[day] for day in sorted(new) if old.get(day) != new[day])
        removed = tuple(old[day] for day in sorted(old) if new.get(day) != old[day])
        kept = tuple(_row(before[day]) for day in sorted(own) if _differs(before[day], found.get(day)))
        _replace(connection, {row.day for row in removed}, added, is_own=False)
        missing = set(wanted) - set(connection.execute(select(CalendarYear.year)).scalars())
        connection.execute(delete(CalendarYear).where(CalendarYear.year.in_(wanted)))
        connection.execute(
            insert(CalendarYear),
            [{"year": year, "source": _year_source(year), "imported_at": now} for year in wanted],
        )
        if added or removed or missing:
            note_pending(connection, [CALENDAR])
        record_administration(
            connection,
            "calendar_imported",
            {
                "years": list(wanted),
                "source": version(),
                "added": [_json(row) for row in added],
                "removed": [_json(row) for row in removed],
                "kept": [_json(row) for row in kept],
            },
            by=by,
            at=now,
        )
    return Imported(wanted, added, removed, kept, tuple(year for year in wanted if announced(year) is None))


def set_day(*, decision: OwnDay, by: Actor = SYSTEM, now: datetime) -> bool:
    """The province decides that a day is off, or worked; False where it had decided just so.

    Raises BadInput where the year is not imported, or name or source are missing.
    """
    return bool(set_days(decisions=[decision], by=by, now=now))


def set_days(*, decisions: Iterable[OwnDay], by: Actor = SYSTEM, now: datetime) -> int:
    """Several decisions together or none of them; returns how many days changed."""
    decided = {decision.day: decision for decision in decisions}
    for decision in decided.values():
        _check(decision)
    with _alone() as connection:
        _require_years(connection, {day.year for day in decided})
        before = {row.day: row for row in _days(connection, {day.year for day in decided})}
        changed = {
            day: decision for day, decision in sorted(decided.items()) if not _same(before.get(day), decision)
        }
        if changed:
            rows = [HolidayRow(one.day, one.is_working, one.name, one.source) for one in changed.values()]
            _replace(connection, set(changed), rows, is_own=True)
            _record_days(
                connection, "calendar_days_set", {day: before.get(day) for day in changed}, rows, by, now
            )
    return len(changed)


def unset_day(*, day: date, by: Actor = SYSTEM, now: datetime) -> None:
    """Take the province's decision on a day back: it is again what the public holidays say of it."""
    with _alone() as connection:
        before = next((row for row in _days(connection, {day.year}) if row.day == day and row.is_own), None)
        if before is None:
            raise BadInput(_("Tỉnh chưa có quyết định riêng nào về ngày %(day)s.", day=f"{day:%d/%m/%Y}"))
        public = [row for row in days_of_year(day.year) if row.day == day]
        _replace(connection, {day}, public, is_own=False)
        _record_days(connection, "calendar_days_unset", {day: before}, public, by, now)


def check_decisions(decisions: Iterable[OwnDay]) -> None:
    """Raise BadInput for what `set_days` would refuse; nothing is written."""
    decided = list(decisions)
    for decision in decided:
        _check(decision)
    _require_years(db.session.connection(), {decision.day.year for decision in decided})


def read_decisions(content: bytes, name: str) -> list[OwnDay]:
    """The province's decisions in a CSV or YAML file (`days:`). Raises BadInput naming every wrong line."""
    lines = read_table(content, name, COLUMNS, "days")
    seen: dict[date, int] = {}
    decisions = []
    for line in lines:
        decision = _decision(line)
        if decision is not None and decision.day in seen:
            line.wrong(
                _(
                    "ngày %(day)s đã có ở dòng %(seen)s.",
                    day=f"{decision.day:%d/%m/%Y}",
                    seen=seen[decision.day],
                )
            )
        elif decision is not None:
            seen[decision.day] = line.number
            decisions.append(decision)
    refuse_wrong(lines)
    return decisions


def rules_of(decisions: Iterable[OwnDay]) -> dict[date, DayRule | None]:
    """The decisions as the calendar would hold them, to try them out (WorkingCalendar.with_rules)."""
    return {one.day: DayRule(one.is_working, one.name, one.source) for one in decisions}


def rule_without_decision(day: date) -> dict[date, DayRule | None]:
    """The day as the public holidays have it, to try out taking a decision back; BadInput without one."""
    if day not in {row.day for row in own_days({day.year})}:
        raise BadInput(_("Tỉnh chưa có quyết định riêng nào về ngày %(day)s.", day=f"{day:%d/%m/%Y}"))
    public = next((row for row in days_of_year(day.year) if row.day == day), None)
    return {day: None if public is None else DayRule(public.is_working, public.name, public.source)}


def try_years(years: Iterable[int]) -> WorkingCalendar:
    """The calendar as it would be after importing these years."""
    wanted = set(years)
    present = load_calendar()
    own = {row.day for row in own_days(wanted)}
    dropped: dict[date, DayRule | None] = dict.fromkeys(
        day for day in present.rules if day.year in wanted and day not in own
    )
    public: dict[date, DayRule | None] = {
        row.day: DayRule(row.is_working, row.name, row.source)
        for year in wanted
        for row in days_of_year(year)
        if row.day not in own
    }
    return present.with_rules(dropped | public, frozenset(wanted))


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _decision(line: Line) -> OwnDay | None:
    day = line.day("day", _("ngày"))
    if day is None and not line.errors:
        line.wrong(_("thiếu ngày."))
    word = line.cells.get("working", "").lower()
    if word not in YES | NO:
        line.wrong(
            _("cột “làm việc” là %(word)s; ghi “có” (làm việc) hoặc “không” (nghỉ).", word=f"{word!r}")
        )
    name = line.text("name", LONGEST_NAME, _("tên ngày"))
    source = line.text("source", LONGEST_SOURCE, _("căn cứ"))
    if day is not None and not line.errors:
        decision = OwnDay(day, word in YES, name, source)
        try:
            _check(decision)
        except BadInput as error:
            line.wrong(str(error))
        return decision
    return None


def _check(decision: OwnDay) -> None:
    for field, text, longest in (
        ("name", decision.name, LONGEST_NAME),
        ("source", decision.source, LONGEST_SOURCE),
    ):
        called = _("tên ngày") if field == "name" else _("căn cứ")
        if not text.strip() or len(text) > longest:
            raise BadInput(
                _("Phải ghi %(called)s, không quá %(longest)s ký tự.", called=called, longest=longest),
                fields={
                    field: [_("Ghi %(called)s, không quá %(longest)s ký tự.", called=called, longest=longest)]
                },
            )
    if not FIRST_YEAR <= decision.day.year <= LAST_YEAR:
        raise BadInput(
            _(
                "Ngày phải trong các năm %(first_year)s–%(last_year)s.",
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
            ),
            fields={"day": [_("Ngoài phạm vi.")]},
        )


@contextmanager
def _alone() -> Iterator[Connection]:
    """A transaction; of two who change the same days at once, the second is told to look again."""
    try:
        with transaction() as session:
            yield session.connection()
    except IntegrityError as error:
        raise WrongState(_("Lịch vừa được người khác thay đổi. Hãy tải lại rồi thử lại.")) from error


def _require_years(connection: Connection, years: set[int]) -> None:
    known = set(connection.execute(select(CalendarYear.year).where(CalendarYear.year.in_(years))).scalars())
    if missing := sorted(years - known):
        listed = ", ".join(map(str, missing))
        raise BadInput(
            _(
                "Chưa có lịch năm %(listed)s. Hãy nhập ngày lễ của năm đó trước (congnhan calendar import "
                "--years %(missing)s).",
                listed=listed,
                missing=missing[0],
            )
        )


def _days(connection: Connection, years: Iterable[int]) -> list[AnyRow]:
    wanted = set(years)
    first, last = date(min(wanted), 1, 1), date(max(wanted), 12, 31)
    rows = connection.execute(
        select(
            CalendarDay.day, CalendarDay.is_working, CalendarDay.name, CalendarDay.source, CalendarDay.is_own
        )
        .where(CalendarDay.day >= first, CalendarDay.day <= last)
        .order_by(CalendarDay.day)
        .with_for_update()
    )
    return [row for row in rows if row.day.year in wanted]


def _replace(connection: Connection, gone: set[date], rows: Iterable[HolidayRow], *, is_own: bool) -> None:
    rows = list(rows)
    gone = gone | {row.day for row in rows}
    if gone:
        connection.execute(delete(CalendarDay).where(CalendarDay.day.in_(sorted(gone))))
    if rows:
        connection.execute(insert(CalendarDay), [{**_columns(row), "is_own": is_own} for row in rows])


def _columns(row: HolidayRow) -> dict[str, Any]:
    return {
        "day": row.day,
        "is_working": row.is_working,
        "name": row.name[:LONGEST_NAME],
        "source": row.source,
    }


def _row(row: AnyRow) -> HolidayRow:
    return HolidayRow(row.day, row.is_working, row.name, row.source)


def _differs(own: AnyRow, public: HolidayRow | None) -> bool:
    """Whether the province's decision makes a working day of a day off, or the other way round."""
    working = public.is_working if public is not None else own.day.weekday() < SATURDAY
    return bool(own.is_working) != working


def _same(row: AnyRow | None, decision: OwnDay) -> bool:
    return (
        row is not None
        and row.is_own
        and (row.is_working, row.name, row.source) == (decision.is_working, decision.name, decision.source)
    )


def _year_source(year: int) -> str:
    said = announced(year)
    return (
        f"{version()}; {said}"
        if said
        else recorded(f"{version()}; chưa thấy thông báo nghỉ Tết, Quốc khánh năm {year}")
    )


def _json(row: HolidayRow) -> dict[str, Any]:
    return {
        "day": row.day.isoformat(),
        "is_working": row.is_working,
        "name": row.name,
        "source": row.source,
    }


def _record_days(
    connection: Connection,
    kind: str,
    before: Mapping[date, AnyRow | None],
    after: Iterable[HolidayRow],
    by: Actor,
    now: datetime,
) -> None:
    present = {row.day: row for row in after}
    changes = [
        {
            "day": day.isoformat(),
            "before": None if (old := before[day]) is None else {**_json(_row(old)), "own": old.is_own},
            "after": _json(present[day]) if day in present else None,
        }
        for day in sorted(before)
    ]
    note_pending(connection, [CALENDAR])
    record_administration(connection, kind, {"days": changes}, by=by, at=now)
