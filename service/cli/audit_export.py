"""`congnhan audit export`: a case, or all cases, out of the system for auditors. See docs/exports.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import click

from service.cli.within import application
from service.config import Settings, from_environment
from service.errors import BadInput, DomainError

KINDS = ("bundle", "pdf", "xes", "ocel", "csv")
OF_MANY = ("xes", "ocel", "csv")
PROVED = ("bundle", "pdf")


@click.command("export")
@click.argument("case", required=False, metavar="HỒ-SƠ")
@click.option("--all", "everything", is_flag=True, help="Mọi hồ sơ trong một nhật ký, để khai phá quy trình.")
@click.option("--year", type=int, help="Với --all: chỉ hồ sơ của năm này.")
@click.option("--procedure", metavar="MÃ", help="Với --all: chỉ hồ sơ theo quy trình này.")
@click.option("--format", "kind", type=click.Choice(KINDS), required=True)
@click.option(
    "--minimise",
    "minimised",
    is_flag=True,
    help="Lược dữ liệu cá nhân: người ghi bằng chức vụ và số thứ tự, không có nội dung do người ghi.",
)
@click.option("-o", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="TỆP")
@click.pass_context
def export(
    context: click.Context,
    case: str | None,
    everything: bool,
    year: int | None,
    procedure: str | None,
    kind: str,
    minimised: bool,
    target: Path,
) -> None:
    """Xuất một hồ sơ hoặc mọi hồ sơ; việc xuất được ghi vào nhật ký truy cập của từng hồ sơ.

    HỒ-SƠ là mã hoặc số định danh của hồ sơ. Thoát 0: đã ghi tệp, 1: không hồ sơ nào khớp, 2: không xuất được.
    """
    if (case is None) != everything:
        raise click.UsageError("Ghi mã một hồ sơ, hoặc --all.")
    if everything and kind not in OF_MANY:
        raise click.UsageError(f"--all chỉ xuất {', '.join(OF_MANY)}.")
    if not everything and (year is not None or procedure is not None):
        raise click.UsageError("--year và --procedure đi cùng --all.")
    configured = from_environment()
    if target.exists():
        raise BadInput(f"{target} đã có; hãy chọn tên khác.")
    with application(configured):
        if case is None:
            written = _write(target, lambda file: _all(file, kind, year, procedure, minimised))
        else:
            named = case
            written = _write(target, lambda file: _one(file, configured, named, kind, minimised))
    if not written:
        click.echo("Không có hồ sơ nào khớp; chưa ghi tệp nào.", err=True)
        context.exit(1)
    click.echo(f"Đã ghi {target} ({target.stat().st_size / 1024:.0f} KB, {written} hồ sơ).")


def _one(file: BinaryIO, configured: Settings, case: str, kind: str, minimised: bool) -> int:
    from service import clock
    from service.audit.operations import SYSTEM
    from service.audit.queries import case_named
    from service.audit.witnessing import witness_key
    from service.exports.operations import export_case

    case_id, witness = case_named(case), witness_key(configured)
    if kind in PROVED:
        _bring_up_to_date(configured)
    export_case(
        file,
        case_id,
        kind,
        viewer=None,
        minimised=minimised,
        witness=witness,
        stored=configured.files_dir,
        by=SYSTEM,
        now=clock.now(),
    )
    return 1


def _bring_up_to_date(configured: Settings) -> None:
    """A checkpoint of now, cosigned; where one cannot be had, one of before may do."""
    from service import clock
    from service.audit.sequencing import Settling, keep_log
    from service.audit.witnessing import ask_witness

    try:
        keep_log(configured, clock.now(), Settling())
    except DomainError as error:
        click.echo(f"Chưa ký được điểm kiểm mới: {error}", err=True)
        return
    try:
        ask_witness(configured)
    except DomainError as error:
        click.echo(f"Chưa có chữ ký của nhân chứng: {error}", err=True)


def _all(file: BinaryIO, kind: str, year: int | None, procedure: str | None, minimised: bool) -> int:
    from service import clock
    from service.audit.operations import SYSTEM
    from service.exports.operations import export_cases

    return export_cases(
        file, kind, year=year, procedure=procedure, minimised=minimised, by=SYSTEM, now=clock.now()
    )


def _write(target: Path, fill: Callable[[BinaryIO], int]) -> int:
    """Whole or not at all; a file that came to be there meanwhile is not overwritten."""
    try:
        with target.open("xb") as file:
            written = fill(file)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            target.unlink(missing_ok=True)
        raise BadInput(f"Không ghi được {target} ({error.strerror}).") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if not written:
        target.unlink()
    return written
