"""`congnhan calendar …`, `congnhan deadline …`: working days and deadlines as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service import clock
from service.cli.within import within_application
from service.errors import BadInput

if TYPE_CHECKING:
    from service.calendars.operations import Imported
    from service.calendars.working_days import DayRule
    from service.processes.differences import Trial

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_dry_run = click.option(
    "--dry-run", is_flag=True, help="Chỉ xem thay đổi làm đổi những hạn nào; không ghi gì."
)


@click.group()
def calendar() -> None:
    """Lịch ngày làm việc: nhập ngày lễ, quyết định riêng của tỉnh, xem."""


@calendar.command("import")
@click.option("--years", help="Nhập ngày lễ Việt Nam các năm này, vd: 2022-2027 hoặc 2026,2027.")
@click.option("--file", "file", type=_FILE, help="Quyết định riêng của tỉnh từ tệp CSV hoặc YAML.")
@_dry_run
@within_application
def calendar_import(years: str | None, file: Path | None, dry_run: bool) -> None:
    """Nhập ngày lễ theo năm, hoặc các quyết định riêng của tỉnh từ tệp (tất cả hoặc không dòng nào)."""
    from service.calendars.operations import (
        check_decisions,
        import_years,
        read_decisions,
        rules_of,
        set_days,
    )

    if (years is None) == (file is None):
        raise BadInput("Nêu một trong hai: --years 2026-2027 hoặc --file ngày.csv.")
    if file is not None:
        decisions = read_decisions(file.read_bytes(), file.name)
        if dry_run:
            check_decisions(decisions)
            _foretell_days(rules_of(decisions))
            return
        changed = set_days(decisions=decisions, now=clock.now())
        click.echo(f"Đã ghi {changed} ngày.")
    else:
        wanted = _years(years or "")
        if dry_run:
            _foretell_import(wanted)
            return
        _tell_import(import_years(years=wanted, now=clock.now()))
    _recompute("Lịch ngày làm việc thay đổi.")


@calendar.command("set")
@click.argument("day")
@click.option("--working", "is_working", flag_value=True, default=None, type=bool, help="Ngày làm việc.")
@click.option("--off", "is_working", flag_value=False, type=bool, help="Ngày nghỉ.")
@click.option("--name", default="", help="Tên ngày, vd: Làm bù ngày 29/04/2024.")
@click.option("--source", required=True, help="Căn cứ: văn bản nào quyết định.")
@_dry_run
@within_application
def calendar_set(day: str, is_working: bool | None, name: str, source: str, dry_run: bool) -> None:
    """Ghi quyết định của tỉnh: một ngày là ngày làm việc hay ngày nghỉ."""
    from service.calendars.operations import OwnDay, check_decisions, rules_of, set_day

    if is_working is None:
        raise BadInput("Nêu --working (ngày làm việc) hoặc --off (ngày nghỉ).")
    named = name or ("Ngày làm việc theo quyết định" if is_working else "Ngày nghỉ theo quyết định")
    decision = OwnDay(_day(day), is_working, named, source)
    if dry_run:
        check_decisions([decision])
        _foretell_days(rules_of([decision]))
        return
    changed = set_day(decision=decision, now=clock.now())
    word = "ngày làm việc" if is_working else "ngày nghỉ"
    click.echo(f"{decision.day:%d/%m/%Y}: {word}." if changed else "Đã ghi đúng như vậy từ trước.")
    _recompute(f"{decision.day:%d/%m/%Y} là {word} ({source}).")


@calendar.command("unset")
@click.argument("day")
@_dry_run
@within_application
def calendar_unset(day: str, dry_run: bool) -> None:
    """Bỏ quyết định riêng của tỉnh về một ngày; ngày đó trở về như lịch chung."""
    from service.calendars.operations import rule_without_decision, unset_day

    wanted = _day(day)
    if dry_run:
        _foretell_days(rule_without_decision(wanted))
        return
    unset_day(day=wanted, now=clock.now())
    click.echo(f"{wanted:%d/%m/%Y}: đã bỏ quyết định riêng.")
    _recompute(f"Bỏ quyết định riêng về ngày {wanted:%d/%m/%Y}.")


@calendar.command("show")
@click.argument("year", type=click.IntRange(1900, 9999))
@within_application
def calendar_show(year: int) -> None:
    """In các ngày nghỉ và ngày làm bù của một năm."""
    from service.calendars.operations import weekday
    from service.calendars.queries import list_days, list_years

    known = next((row for row in list_years() if row.year == year), None)
    if known is None:
        raise BadInput(f"Chưa có lịch năm {year}; chạy: congnhan calendar import --years {year}.")
    click.echo(f"Năm {year}: {known.source}")
    for row in list_days(year):
        word = "làm việc" if row.is_working else "nghỉ    "
        own = " [tỉnh]" if row.is_own else ""
        click.echo(f"{row.day:%d/%m/%Y}  {weekday(row.day):9}{word}  {row.name}{own} – {row.source}")


@click.group()
def deadline() -> None:
    """Thời hạn theo năm, huyện và bước: nhập, xuất, tính lại."""


@deadline.command("import")
@click.argument("file", type=_FILE)
@_dry_run
@within_application
def deadline_import(file: Path, dry_run: bool) -> None:
    """Nhập thời hạn từ tệp CSV hoặc YAML: tất cả các dòng, hoặc không dòng nào."""
    from service.deadlines.files import read_deadlines
    from service.deadlines.operations import check_known, set_deadlines, trial_of
    from service.processes.differences import Trial

    rows = read_deadlines(file.read_bytes(), file.name)
    if dry_run:
        check_known(rows)
        scopes, laid_down = trial_of(rows)
        _foretell(scopes, Trial(deadlines=laid_down))
        return
    changed = set_deadlines(rows=rows, now=clock.now())
    click.echo(f"Đã đọc {len(rows)} thời hạn, {len(changed)} thời hạn mới hoặc thay đổi.")
    _recompute("Thời hạn của thủ tục thay đổi.")


@deadline.command("export")
@click.option("--year", type=click.IntRange(1900, 9999), help="Chỉ năm này.")
@click.option("--yaml", "as_yaml", is_flag=True, help="YAML thay vì CSV.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Ghi ra tệp thay vì màn hình."
)
@within_application
def deadline_export(year: int | None, as_yaml: bool, output: Path | None) -> None:
    """Xuất các thời hạn ra CSV (mở được bằng Excel) hoặc YAML; nhập lại được nguyên vẹn."""
    from service.deadlines.files import to_csv, to_yaml
    from service.deadlines.queries import list_deadlines

    rows = list_deadlines(year=year)
    content = to_yaml(rows) if as_yaml else to_csv(rows)
    if output is None:
        click.echo(content.decode("utf-8-sig"), nl=False)
    else:
        output.write_bytes(content)
        click.echo(f"Đã ghi {len(rows)} thời hạn vào {output}.")


@deadline.command("recompute")
@click.option(
    "--all", "everything", is_flag=True, help="Xem lại mọi hạn đang mở, không chỉ những gì đã thay đổi."
)
@_dry_run
@within_application
def deadline_recompute(everything: bool, dry_run: bool) -> None:
    """Tính lại hạn đang mở sau khi lịch hoặc thời hạn thay đổi (tiếp tục nếu lần trước dừng giữa chừng)."""
    from service.calendars.pending import EVERYTHING, pending_scopes

    scopes = frozenset({EVERYTHING}) if everything else pending_scopes()
    if dry_run:
        _foretell(scopes)
        return
    _recompute("Tính lại theo lịch và thời hạn hiện hành.", scopes)


def _foretell_days(rules: Mapping[date, DayRule | None]) -> None:
    from service.calendars.pending import CALENDAR
    from service.calendars.queries import load_calendar
    from service.processes.differences import Trial

    tried = load_calendar().with_rules(rules)
    _foretell(frozenset({CALENDAR}), Trial(calendar=tried))


def _foretell_import(years: Iterable[int]) -> None:
    from service.calendars.operations import try_years
    from service.calendars.pending import CALENDAR
    from service.processes.differences import Trial

    _foretell(frozenset({CALENDAR}), Trial(calendar=try_years(years)))


def _foretell(scopes: frozenset[str], trial: Trial | None = None) -> None:
    from service.processes.differences import AS_STORED, differences

    found = list(differences(scopes, trial or AS_STORED))
    click.echo(
        f"Thay đổi này làm đổi hạn của {len(found)} việc." if found else "Không hạn đang mở nào thay đổi."
    )
    for change in found:
        before, after = (_told(value) for value in (change.before, change.after))
        click.echo(f"  {change.code} {change.commune}, {change.name}: {before} → {after}")


def _told(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value is not None else "không có hạn"


def _tell_import(imported: Imported) -> None:
    for year in imported.years:
        click.echo(f"Đã có lịch năm {year}.")
    for row in imported.added:
        click.echo(f"  + {row.day:%d/%m/%Y} {'làm việc' if row.is_working else 'nghỉ'}: {row.name}")
    for row in imported.removed:
        click.echo(f"  - {row.day:%d/%m/%Y} {row.name}")
    for row in imported.kept:
        click.echo(f"  ! {row.day:%d/%m/%Y} giữ quyết định riêng của tỉnh, khác lịch chung: {row.name}")
    for year in imported.unannounced:
        click.echo(
            f"Lưu ý: ngày nghỉ Tết và Quốc khánh năm {year} là dự kiến; nhập lại khi có thông báo.", err=True
        )


def _recompute(reason: str, scopes: frozenset[str] | None = None) -> None:
    from service.processes.recomputing import recompute

    done = recompute(reason=reason, now=clock.now(), scopes=scopes)
    click.echo(f"Đã tính lại {done.changed} hạn của {done.cases} hồ sơ.")
    for sentence in done.failed:
        click.echo(f"  Không tính được: {sentence}", err=True)
    if done.failed:
        raise SystemExit(1)


def _years(text: str) -> list[int]:
    years: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if not all(end.isascii() and end.isdigit() and len(end) == 4 for end in (first, last or first)):
            raise BadInput(f"Không hiểu năm {part!r}; viết như 2026 hoặc 2022-2027.")
        years += range(int(first), int(last or first) + 1)
    if not years:
        raise BadInput(f"{text!r} không có năm nào; viết từ năm nhỏ đến năm lớn, vd 2022-2027.")
    return years


def _day(text: str) -> date:
    from service.calendars.tables import read_day

    found = read_day(text)
    if found is None:
        raise BadInput(f"Không hiểu ngày {text!r}; viết như 2024-05-04 hoặc 04/05/2024.")
    return found
