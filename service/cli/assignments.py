"""`congnhan substitution|quota|index-set …`: by the same use cases as the pages of Quản trị."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from service import clock
from service.cli.administration import day, perhaps_day, span
from service.cli.within import within_application
from service.errors import BadInput

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def substitution() -> None:
    """Xử lý thay theo ủy quyền: xem, giao, kéo dài, kết thúc."""


@substitution.command("list")
@within_application
def substitution_list() -> None:
    """Những việc xử lý thay hôm nay và sắp tới: mã, ai thay ai, vị trí, thời gian."""
    from service.administration.absences import standing_substitutions

    for one in standing_substitutions(clock.local_day(clock.now())):
        click.echo(
            f"{one.id}\t{one.substitute} thay {one.absent}\t{one.position}, {one.unit}\t"
            f"{span(one.first, one.last)}"
        )


@substitution.command("add")
@click.argument("absent")
@click.argument("substitute")
@click.option("--position", "code", help="Mã vị trí, khi người vắng mặt giữ nhiều vị trí.")
@click.option("--from", "first", required=True, help="Từ ngày.")
@click.option("--to", "last", required=True, help="Đến hết ngày.")
@click.option("--basis", required=True, help="Căn cứ: số, ngày văn bản ủy quyền.")
@within_application
def substitution_add(
    absent: str, substitute: str, code: str | None, first: str, last: str, basis: str
) -> None:
    """SUBSTITUTE xử lý thay ABSENT (tên đăng nhập)."""
    from service.administration.absences import appointments_of
    from service.administration.substitutions import arrange_substitution

    held = appointments_of(absent, clock.local_day(clock.now()), code)
    if len(held) != 1:
        raise BadInput(
            f"{absent} giữ {len(held)} vị trí; nêu --position: {', '.join(row.code for row in held)}."
            if held
            else f"{absent} không giữ vị trí nào{f' mang mã {code}' if code else ''} hôm nay."
        )
    made = arrange_substitution(
        appointment_id=held[0].id,
        substitute=substitute,
        first=day(first),
        last=day(last),
        legal_basis=basis,
        by=None,
        now=clock.now(),
    )
    click.echo(f"{made}  {substitute} thay {absent} {span(day(first), day(last))}.")


@substitution.command("prolong")
@click.argument("number", type=click.UUID, metavar="MÃ")
@click.option("--to", "last", required=True, help="Đến hết ngày.")
@within_application
def substitution_prolong(number: UUID, last: str) -> None:
    """Ngày cuối muộn hơn, hoặc lấy lại việc vừa kết thúc nhầm hôm nay."""
    from service.administration.prolonging import prolong_substitution

    prolong_substitution(substitution_id=number, last=day(last), by=None, now=clock.now())
    click.echo(f"Xử lý thay đến hết {day(last):%d/%m/%Y}.")


@substitution.command("end")
@click.argument("number", type=click.UUID, metavar="MÃ")
@within_application
def substitution_end(number: UUID) -> None:
    """Hôm nay là ngày cuối; việc chưa bắt đầu thì hủy."""
    from service.administration.substitutions import end_substitution

    last = end_substitution(substitution_id=number, by=None, now=clock.now())
    click.echo(f"Ngày cuối là {last:%d/%m/%Y}." if last else "Đã hủy trước khi bắt đầu.")


@click.group()
def quota() -> None:
    """Chỉ tiêu được giao (QĐ 969): xem, nhập, bỏ."""


@quota.command("list")
@click.argument("year", type=click.IntRange(2022, 2100))
@within_application
def quota_list(year: int) -> None:
    """Các xã được giao của một năm, theo huyện."""
    from service.administration.quotas import list_assigned

    for district, rows in list_assigned(year).items():
        for one in rows:
            click.echo(f"{one.code}\t{one.commune}\t{district}\t{one.case_code or 'chưa mở hồ sơ'}")


@quota.command("import")
@click.argument("file", type=_FILE)
@click.option("--source", required=True, help="Văn bản giao chỉ tiêu.")
@click.option("--dry-run", is_flag=True, help="Chỉ xem sẽ thêm xã nào; không ghi gì.")
@within_application
def quota_import(file: Path, source: str, dry_run: bool) -> None:
    """Thêm xã vào chỉ tiêu từ tệp CSV hoặc Excel: tất cả các dòng, hoặc không dòng nào."""
    from service.administration.quota_files import as_csv, read_quotas
    from service.administration.quotas import import_quotas, plan_import

    lines = read_quotas(*as_csv(file.read_bytes(), file.name))
    plan = plan_import(lines)
    for line in plan.added:
        click.echo(f"  + năm {line.year}: {line.commune}, {line.district}")
    for line, others in plan.elsewhere:
        named = ", ".join(map(str, others))
        click.echo(f"  ! {line.commune} cũng có trong danh sách năm {named}")
    if dry_run:
        click.echo(f"Sẽ thêm {len(plan.added)} xã; {len(plan.known)} xã đã có.")
        return
    added = import_quotas(lines=lines, source=source, by=None, now=clock.now())
    click.echo(f"Đã thêm {added} xã; {len(lines) - added} xã đã có.")


@quota.command("remove")
@click.argument("year", type=click.IntRange(2022, 2100))
@click.argument("code")
@within_application
def quota_remove(year: int, code: str) -> None:
    """Bỏ một xã (mã) khỏi chỉ tiêu của một năm."""
    from service.administration.quotas import remove_quota

    name = remove_quota(code=code, year=year, by=None, now=clock.now())
    click.echo(f"Đã bỏ {name} khỏi chỉ tiêu năm {year}.")


@click.group("index-set")
def index_set() -> None:
    """Bộ chỉ số xếp hạng: xem, thêm, ghi ngày hết hiệu lực, xóa."""


@index_set.command("list")
@within_application
def index_set_list() -> None:
    """Mã, tên, tổng điểm tối đa, hiệu lực."""
    from service.administration.index_sets import list_index_sets

    for one in list_index_sets():
        used = "  đã dùng thẩm định" if one.used else ""
        click.echo(f"{one.code}\t{one.name}\t{one.points} điểm\t{span(one.valid_from, one.valid_to)}{used}")


@index_set.command("add")
@click.argument("code")
@click.option("--name", required=True, help="Tên.")
@click.option("--maximum", required=True, help="Tổng điểm tối đa, vd 1000 hoặc 98,5.")
@click.option("--document", required=True, help="Văn bản ban hành.")
@click.option("--from", "first", required=True, help="Hiệu lực từ ngày.")
@click.option("--to", "last", help="Đến hết ngày.")
@within_application
def index_set_add(code: str, name: str, maximum: str, document: str, first: str, last: str | None) -> None:
    """Thêm một bộ chỉ số."""
    from service.administration.index_sets import add_index_set, checked

    cells = {"name": name, "maximum": maximum, "document": document}
    values = checked(cells, day(first), perhaps_day(last))
    add_index_set(code=code, values=values, by=None, now=clock.now())
    click.echo(f"Đã thêm bộ chỉ số {code}.")


@index_set.command("end")
@click.argument("code")
@click.option("--last", required=True, help="Ngày cuối hiệu lực; “-” để bỏ ngày cuối đã ghi nhầm.")
@within_application
def index_set_end(code: str, last: str) -> None:
    """Ghi ngày hết hiệu lực."""
    from service.administration.index_sets import change_index_set, checked, list_index_sets

    one = next((row for row in list_index_sets() if row.code == code), None)
    if one is None:
        raise BadInput(f"Không có bộ chỉ số {code!r}.")
    cells = {"name": one.name, "maximum": one.points, "document": one.document}
    values = checked(cells, one.valid_from, None if last == "-" else day(last))
    change_index_set(code=code, values=values, by=None, now=clock.now())
    click.echo(f"{code}: {span(values.valid_from, values.valid_to)}.")


@index_set.command("remove")
@click.argument("code")
@within_application
def index_set_remove(code: str) -> None:
    """Xóa một bộ chỉ số chưa dùng thẩm định hồ sơ nào."""
    from service.administration.index_sets import remove_index_set

    remove_index_set(code=code, by=None, now=clock.now())
    click.echo(f"Đã xóa bộ chỉ số {code}.")
