"""`congnhan unit|substitution|member|quota|index-set …`: what Quản trị keeps, by the same use cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from service import clock
from service.cli.within import within_application
from service.errors import BadInput

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_file = click.argument("file", type=_FILE)
_dry_run = click.option("--dry-run", is_flag=True, help="Chỉ xem sẽ thay đổi gì; không ghi gì.")


def day(text: str) -> date:
    from service.calendars.tables import read_day

    found = read_day(text)
    if found is None:
        raise BadInput(f"Không hiểu ngày {text!r}; viết như 2026-12-01 hoặc 01/12/2026.")
    return found


def perhaps_day(text: str | None) -> date | None:
    return day(text) if text else None


def tell(sentences: Sequence[str], dry_run: bool) -> None:
    for sentence in sentences:
        click.echo(f"  {sentence}")
    if not sentences:
        click.echo("Không có gì thay đổi.")
    else:
        click.echo(f"{'Sẽ' if dry_run else 'Đã'} ghi {len(sentences)} thay đổi.")


def _content(file: Path) -> tuple[bytes, str]:
    from service.administration.quota_files import as_csv

    return as_csv(file.read_bytes(), file.name)


@click.group()
def unit() -> None:
    """Đơn vị: nhập, xuất, xem, ghi ngày cuối, đơn vị kế tiếp."""


@unit.command("list")
@click.option("--all", "everything", is_flag=True, help="Cả đơn vị chưa hoặc không còn hoạt động.")
@click.option("--kind", type=click.Choice(["province", "department", "district", "commune"]))
@within_application
def unit_list(everything: bool, kind: str | None) -> None:
    """Mã, tên, thời gian hoạt động; mỗi dòng một đơn vị."""
    from service.administration.units import list_units

    after, today = "", clock.local_day(clock.now())
    while True:
        found, following = list_units(kind=kind or "", in_force_on=None if everything else today, after=after)
        for one in found:
            click.echo(f"{one.code}\t{one.name}\t{span(one.valid_from, one.valid_to)}")
        if following is None:
            return
        after = following


@unit.command("import")
@_file
@_dry_run
@within_application
def unit_import(file: Path, dry_run: bool) -> None:
    """Thêm, sửa đơn vị và đơn vị kế tiếp từ tệp CSV hoặc Excel: tất cả các dòng, hoặc không dòng nào."""
    from service.administration.unit_files import import_units, read_units

    lines = read_units(*_content(file))
    tell(import_units(lines=lines, by=None, now=clock.now(), only_try=dry_run), dry_run)


@unit.command("export")
@within_application
def unit_export() -> None:
    """In mọi đơn vị dạng CSV; nhập lại được nguyên vẹn."""
    from service.administration.unit_files import units_as_rows

    _export(units_as_rows)


@unit.command("end")
@click.argument("code")
@click.option("--last", required=True, help="Ngày cuối hoạt động; “-” để bỏ ngày cuối đã ghi nhầm.")
@click.option("--anyway", is_flag=True, help="Ghi cả khi còn hồ sơ đang mở (nhật ký nêu các hồ sơ đó).")
@within_application
def unit_end(code: str, last: str, anyway: bool) -> None:
    """Ghi ngày cuối hoạt động. Còn hồ sơ hoặc đơn vị trực thuộc thì nêu ra và không ghi, trừ khi --anyway."""
    from dataclasses import replace

    from service.administration.unit_changes import StillNeeded, change_unit, values_of
    from service.administration.units import read_unit

    before = values_of(read_unit(code).unit)
    values = replace(before, valid_to=None if last == "-" else day(last))
    if values.valid_to is not None and values.valid_to < values.valid_from:
        raise BadInput("Ngày cuối phải từ ngày đầu trở đi.")
    asked: dict[str, Any] = {"code": code, "values": values, "seen": before.seal, "by": None}
    try:
        change_unit(**asked, now=clock.now())
    except StillNeeded as error:
        for case in error.found.cases:
            click.echo(f"  hồ sơ {case.code}, {case.commune}, năm {case.year}", err=True)
        for child in error.found.children:
            click.echo(f"  đơn vị trực thuộc {child}", err=True)
        if not anyway:
            raise BadInput(f"{error} Kết thúc các hồ sơ đó trước, hoặc thêm --anyway.") from error
        change_unit(**asked, accepted=error.found.seal, now=clock.now())
    click.echo(f"{code}: {span(values.valid_from, values.valid_to)}.")


@unit.command("succeed")
@click.argument("predecessor")
@click.argument("successor")
@click.option("--since", help="Ngày kế tiếp.")
@click.option("--basis", default="", help="Căn cứ: số, ngày văn bản.")
@click.option("--remove", is_flag=True, help="Bỏ liên kết đã ghi nhầm.")
@within_application
def unit_succeed(predecessor: str, successor: str, since: str | None, basis: str, remove: bool) -> None:
    """Đơn vị sau kế tiếp đơn vị trước (mã đơn vị)."""
    from service.administration.successions import add_succession, remove_succession

    if remove:
        remove_succession(predecessor=predecessor, successor=successor, by=None, now=clock.now())
        click.echo("Đã bỏ liên kết.")
        return
    if since is None:
        raise BadInput("Nêu --since: ngày kế tiếp.")
    add_succession(
        predecessor=predecessor,
        successor=successor,
        since=day(since),
        legal_basis=basis,
        by=None,
        now=clock.now(),
    )
    click.echo(f"{successor} kế tiếp {predecessor} từ {day(since):%d/%m/%Y}.")


@click.group()
def member() -> None:
    """Thành viên Ban Chỉ đạo tỉnh phụ trách huyện: xem, nhập, xuất."""


@member.command("list")
@within_application
def member_list() -> None:
    """Từng huyện và thành viên phụ trách hôm nay; thoát 1 khi có huyện chưa có thành viên."""
    from service.administration.members import list_districts_with_members

    today = clock.local_day(clock.now())
    lacking = 0
    for one in list_districts_with_members(today):
        current = one.current(today)
        lacks = one.lacks_member(today)
        lacking += lacks
        who = f"{current.position} ({', '.join(current.people) or 'chưa có người giữ'})" if current else "-"
        click.echo(f"{one.code}\t{one.name}\t{who}{'  CHƯA CÓ THÀNH VIÊN' if lacks else ''}")
    raise SystemExit(1 if lacking else 0)


@member.command("import")
@_file
@_dry_run
@within_application
def member_import(file: Path, dry_run: bool) -> None:
    """Giao huyện cho thành viên từ tệp CSV hoặc Excel: tất cả các dòng, hoặc không dòng nào."""
    from service.administration.member_files import import_members, read_members

    lines = read_members(*_content(file))
    tell(import_members(lines=lines, by=None, now=clock.now(), only_try=dry_run), dry_run)


@member.command("export")
@within_application
def member_export() -> None:
    """In mọi phân công dạng CSV; nhập lại được nguyên vẹn."""
    from service.administration.member_files import members_as_rows

    _export(members_as_rows)


def _export(rows_of: Callable[[], tuple[list[str], list[list[str]]]]) -> None:
    from service.calendars.tables import write_csv

    headings, rows = rows_of()
    click.echo(write_csv(headings, rows).decode("utf-8-sig").replace("\r\n", "\n"), nl=False)


def span(first: date, last: date | None) -> str:
    return f"từ {first:%d/%m/%Y}" + (f" đến hết {last:%d/%m/%Y}" if last is not None else "")
