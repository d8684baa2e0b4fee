"""`congnhan demo …`, `congnhan process …`."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import inspect

from service import clock
from service.app import create_core
from service.audit.check import check_everything
from service.cli.checking import checked
from service.cli.process_test import process_test
from service.cli.within import upgrade_database, within_application
from service.config import Settings, from_environment
from service.database import db
from service.demo.loader import PASSWORD, data, load_reference_data
from service.demo.story import differences_from_expected, play, told
from service.errors import BadInput
from service.processes.packaged import CATALOGUE, packaged_forms
from service.processes.publishing import publish_version
from service.processes.queries import list_versions, read_version
from service.studio.queries import newest_version


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Chạy trọn hai hồ sơ minh họa trong một cơ sở dữ liệu tạm (hoặc DATABASE_URL nếu còn trống)."""
    if context.invoked_subcommand is None:
        raise SystemExit(_play_demo())


def _play_demo() -> int:
    with tempfile.TemporaryDirectory(prefix="congnhan-demo-") as folder:
        given = os.environ.get("DATABASE_URL")
        # A database that stays keeps its files beside it, where CONGNHAN_DATA says.
        passing = {} if given else {"CONGNHAN_DATA": folder, "DATABASE_URL": ""}
        configured = from_environment({**os.environ, **passing})
        with create_core(configured).app_context():
            if given and inspect(db.engine).get_table_names():
                raise BadInput(
                    "DATABASE_URL đã có dữ liệu; hãy bỏ biến này hoặc chỉ đến một cơ sở dữ liệu trống."
                )
            return _tell_story(configured)


def _tell_story(configured: Settings) -> int:
    upgrade_database()
    load_reference_data()
    state = play(configured.files_dir, configured.largest_file)
    for line in told(state):
        click.echo(line)
    wrong = differences_from_expected(state) + list(check_everything())
    for sentence in wrong:
        click.echo(f"SAI: {sentence}", err=True)
    db.session.remove()
    db.engine.dispose()
    return 1 if wrong else 0


@demo.command("clock")
@click.argument("moment", required=False)
@click.option("--real", is_flag=True, help="Trở về giờ thật.")
@within_application
def demo_clock(moment: str | None, real: bool) -> None:
    """Xem hoặc đặt đồng hồ trình diễn, ví dụ: 2023-12-01 hoặc 2023-12-01T09:30."""
    if real:
        clock.set_demo_clock(None)
    elif moment is not None:
        clock.set_demo_clock(_moment(moment))
    click.echo(f"{clock.now().astimezone(clock.LOCAL):%d/%m/%Y %H:%M}")


def _moment(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            f"Không hiểu thời điểm {text!r}; viết như 2023-12-01 hoặc 2023-12-01T09:30."
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=clock.LOCAL)


@demo.command("accounts")
def demo_accounts() -> None:
    """In các tài khoản trình diễn."""
    for account in data("accounts.yaml")["accounts"]:
        click.echo(f"{account['username']:32}{account['display_name']}")
    click.echo(f"Mật khẩu chung: {PASSWORD}")


@click.group()
def process() -> None:
    """Quy trình: kiểm tra, chạy thử tình huống, ban hành, xuất, liệt kê."""


process.add_command(process_test)


@process.command("check")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True)
def process_check(files: tuple[Path, ...], as_json: bool) -> None:
    """Sơ đồ có chạy đúng như vẽ không. Thoát 0: ban hành được, 1: không, 2: gọi lệnh sai.

    Sơ đồ gọi quy trình khác (Call Activity): đưa kèm tệp của quy trình được gọi. Đưa kèm biểu mẫu (.form) thì
    biểu mẫu được kiểm tra cùng sơ đồ: a.bpmn forms/*.form.
    """
    problems = checked(files)
    publishable = not any(problem["severity"] == "error" for problem in problems)
    if as_json:
        click.echo(
            json.dumps({"publishable": publishable, "problems": problems}, ensure_ascii=False, indent=2)
        )
    else:
        for problem in problems:
            click.echo(_problem_line(problem))
        click.echo("Ban hành được." if publishable else "Chưa ban hành được.")
    raise SystemExit(0 if publishable else 1)


def _problem_line(problem: dict[str, Any]) -> str:
    where = problem["name"] or problem["element"] or problem.get("file", "")
    word = "Lỗi" if problem["severity"] == "error" else "Lưu ý"
    return f"{word} [{problem['rule']}] {where}: {problem['message']} {problem['remedy']}"


@process.command("publish")
@click.argument("diagram", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--forms", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Thư mục *.form."
)
@click.option("--legal-basis", required=True, help="Căn cứ ban hành.")
@click.option("--effective", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Ngày có hiệu lực.")
@within_application
def process_publish(diagram: Path, folder: Path | None, legal_basis: str, effective: datetime) -> None:
    """Ban hành một phiên bản mới; hồ sơ đang chạy ở lại phiên bản cũ."""
    forms = (
        {file.stem: file.read_bytes() for file in sorted(folder.glob("*.form"))}
        if folder
        else packaged_forms()
    )
    version = publish_version(
        diagram=diagram.read_bytes(),
        forms=forms,
        catalogue=CATALOGUE,
        legal_basis=legal_basis,
        effective_on=effective.date(),
        now=clock.now(),
    )
    click.echo(f"Đã ban hành phiên bản {version}.")


@process.command("list")
@within_application
def process_list() -> None:
    """Các phiên bản đã ban hành."""
    for version in list_versions():
        click.echo(
            f"{version.key} {version.version}  hiệu lực {_day(version.effective_on)}  "
            f"{version.content_hash[:12]}  {version.legal_basis}"
        )


@process.command("export")
@click.argument("key")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", "number", type=int, help="Phiên bản; mặc định là phiên bản mới nhất.")
@within_application
def process_export(key: str, folder: Path, number: int | None) -> None:
    """Ghi sơ đồ và biểu mẫu của một phiên bản ra thư mục, đúng từng byte, để lưu trong git."""
    newest = newest_version(key)
    if newest is None:
        raise BadInput(f"Chưa có phiên bản nào của quy trình {key!r}. Xem: congnhan process list")
    version = newest if number is None else read_version(key, number)
    folder.mkdir(parents=True, exist_ok=True)
    written = {f"{key}.bpmn": version.diagram}
    written |= {f"{name}.form": str(text).encode() for name, text in sorted(version.forms.items())}
    if there := [name for name in written if (folder / name).exists()]:
        raise BadInput(f"{folder} đã có {there[0]}. Hãy chọn thư mục khác hoặc xóa tệp cũ trước.")
    for name, content in written.items():
        (folder / name).write_bytes(content)
    click.echo(f"Đã ghi {len(written)} tệp của phiên bản {version.version} vào {folder}.")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
