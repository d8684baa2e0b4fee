"""`congnhan db …`: the schema, the rights of the application's role, and whether everything agrees."""

from __future__ import annotations

import itertools
import sys

import click
from sqlalchemy.engine import make_url

from service.audit.check import check_everything, check_files
from service.cli.within import application, as_owner, upgrade_database
from service.config import Settings, from_environment
from service.database import db
from service.errors import BadConfiguration
from service.migrations.grants import grant


@click.group("db")
def database() -> None:
    """Cơ sở dữ liệu: nâng cấp, kiểm tra."""


@database.command("upgrade")
def upgrade() -> None:
    """Đưa lược đồ lên phiên bản mới nhất và cấp quyền cho vai trò của ứng dụng."""
    configured = from_environment()
    role = application_role(configured)
    with application(as_owner(configured)):
        upgrade_database()
        if role is not None:
            with db.engine.begin() as connection:
                grant(connection, role)
    click.echo("Cơ sở dữ liệu đã ở phiên bản mới nhất.")
    if role is not None:
        click.echo(f"Vai trò {role} được đọc và ghi dữ liệu; nhật ký chỉ được đọc và ghi thêm.")


def application_role(configured: Settings) -> str | None:
    """Whom `db upgrade` grants the tables to; None where the owner itself runs the application."""
    if configured.database_owner_url is None:
        return None
    role = make_url(configured.database_url).username
    if not role:
        raise BadConfiguration("DATABASE_URL phải nêu tên vai trò khi có DATABASE_OWNER_URL.")
    return None if role == make_url(configured.database_owner_url).username else role


@database.command("check")
@click.option("--files", is_flag=True, help="Đọc cả tệp minh chứng và so với mã băm đã ghi.")
def check_database(files: bool) -> None:
    """Mọi hồ sơ nhất quán về trạng thái, việc, hẹn giờ và chuỗi nhật ký; thoát 1 nếu không."""
    configured = from_environment()
    with application(configured):
        findings = 0
        also = check_files(configured.files_dir) if files else iter(())
        for finding in itertools.chain(check_everything(_tell_progress), also):
            findings += 1
            click.echo(finding)
    click.echo("Không có vấn đề." if not findings else f"Có {findings} vấn đề.")
    raise SystemExit(1 if findings else 0)


def _tell_progress(cases: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rĐã kiểm tra {cases} hồ sơ…", nl=False, err=True)
