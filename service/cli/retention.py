"""`congnhan retention …`: periods, holds, what is due, carrying out what was approved on the pages."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from service import clock
from service.cli.within import within_application
from service.errors import BadInput


@click.group()
def retention() -> None:
    """Lưu trữ: thời hạn bảo quản, tạm dừng hủy, danh mục đến hạn, thực hiện danh mục đã duyệt.

    Đề nghị và duyệt hủy chỉ làm được trên trang Quản trị, vì phải là hai người có tên.
    """


@retention.command("periods")
@click.option(
    "--suggested", is_flag=True, help="Nạp thời hạn gợi ý cho loại chưa có; chưa xác nhận nên không hủy gì."
)
@within_application
def periods(suggested: bool) -> None:
    """Thời hạn bảo quản đang có hiệu lực, từng loại."""
    from service.audit.erased import KIND_NAMES
    from service.retention.periods import import_suggested, period_text, rules_on

    if suggested:
        click.echo(f"Đã nạp {import_suggested(by=None, now=clock.now())} thời hạn gợi ý.")
    for kind, rule in rules_on(clock.local_day(clock.now())).items():
        state = "đã xác nhận" if rule.confirmed else "chờ xác nhận, không hủy"
        click.echo(f"{kind}\t{KIND_NAMES[kind]}\t{period_text(rule)}\t{state}\t{rule.legal_basis}")


@retention.command("hold")
@click.option(
    "--case", "code", default="", metavar="MÃ", help="Một hồ sơ; bỏ trống thì theo các điều kiện sau."
)
@click.option("--year", type=click.IntRange(2000, 2100))
@click.option("--procedure", default="", metavar="MÃ")
@click.option("--unit", default="", metavar="MÃ", help="Xã hoặc huyện.")
@click.option("--all", "everything", is_flag=True, help="Mọi hồ sơ.")
@click.option("--reason", required=True)
@click.option("--basis", required=True, help="Căn cứ: số, ngày văn bản.")
@within_application
def hold(
    code: str, year: int | None, procedure: str, unit: str, everything: bool, reason: str, basis: str
) -> None:
    """Tạm dừng hủy: nội dung của các hồ sơ này không vào danh mục và không bị hủy."""
    from service.retention.holds import Held, set_hold

    if everything == bool(code or year or procedure or unit):
        raise BadInput("Nêu --case, --year, --procedure hoặc --unit; hay --all cho mọi hồ sơ.")
    held = Held(code, year, procedure, unit)
    made = set_hold(held=held, reason=reason, legal_basis=basis, by=None, now=clock.now())
    click.echo(f"{made}  Đã tạm dừng hủy.")


@retention.command("holds")
@within_application
def holds() -> None:
    """Các lệnh tạm dừng hủy, đang có hiệu lực trước."""
    from service.retention.holds import list_holds

    for one in list_holds():
        state = "đã bỏ" if one.hold.lifted_at else "đang tạm dừng"
        what = one.code or ", ".join(
            str(part) for part in (one.hold.year, one.hold.procedure, one.unit) if part
        )
        click.echo(f"{one.hold.id}\t{state}\t{what or 'mọi hồ sơ'}\t{one.cases} hồ sơ\t{one.hold.reason}")


@retention.command("lift")
@click.argument("number", type=click.UUID, metavar="MÃ")
@click.option("--reason", required=True)
@within_application
def lift(number: UUID, reason: str) -> None:
    """Bỏ một lệnh tạm dừng hủy; danh mục mà nó đã chặn phải lập lại."""
    from service.retention.holds import lift_hold

    lift_hold(hold_id=number, reason=reason, by=None, now=clock.now())
    click.echo("Đã bỏ tạm dừng hủy.")


@retention.command("due")
@click.option("--transfer", is_flag=True, help="Danh mục nộp lưu thay vì danh mục hết thời hạn.")
@click.option(
    "-o", "target", type=click.Path(dir_okay=False, path_type=Path), metavar="TỆP", help="Ghi CSV hoặc .xlsx."
)
@within_application
def due(transfer: bool, target: Path | None) -> None:
    """Hồ sơ có nội dung hết thời hạn bảo quản, hoặc đến hạn nộp lưu."""
    from service.questions.files import as_csv, as_xlsx
    from service.retention.due import due_for_erasure, due_for_transfer
    from service.retention.transfers import erasure_list, transfer_list

    now = clock.now()
    answer = transfer_list(due_for_transfer(now), now) if transfer else erasure_list(due_for_erasure(now))
    if target is None:
        for line in answer.lines:
            click.echo("\t".join(line.cells))
        click.echo(answer.summary)
        return
    if target.exists():
        raise BadInput(f"{target} đã có; hãy chọn tên khác.")
    title = "Danh mục hồ sơ nộp lưu" if transfer else "Danh mục tài liệu hết thời hạn bảo quản"
    content = as_xlsx(answer, title=title, asked="") if target.suffix == ".xlsx" else as_csv(answer)
    target.write_bytes(content)
    click.echo(f"Đã ghi {target}: {answer.summary}")


@retention.command("run")
@within_application
def run() -> None:
    """Thực hiện các danh mục đã duyệt, đến hết; bị ngắt thì chạy lại là tiếp tục."""
    from service.config import from_environment
    from service.retention.carrying_out import carry_out

    done = carry_out(from_environment().files_dir, clock.now())
    click.echo(
        f"Đã hủy {done.things} mục của {done.cases} hồ sơ, xóa {done.files} tệp; "
        f"{done.held} hồ sơ đang tạm dừng hủy nên giữ nguyên."
    )


@retention.command("erased-files")
@within_application
def erased_files() -> None:
    """SHA-256 của tệp đã hủy mà không hồ sơ nào còn giữ: để xóa khỏi thư mục sao lưu (docs/backup.md)."""
    from service.dossiers.housekeeping import contents_to_forget

    for sha256 in contents_to_forget():
        click.echo(sha256)
