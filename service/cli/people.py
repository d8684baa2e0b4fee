"""`congnhan user …`, `congnhan token`."""

from __future__ import annotations

import click

from service import clock
from service.cli.within import within_application
from service.identity.operations import ROLE_TITLES, add_user, give_role, issue_token, set_password
from service.identity.revocation import activate, deactivate, end_role, revoke_tokens
from service.models import Role

_password = click.option(
    "--password",
    prompt="Mật khẩu",
    hide_input=True,
    confirmation_prompt="Nhập lại mật khẩu",
    help="Hỏi nếu không nêu.",
)


@click.group()
def user() -> None:
    """Tài khoản: thêm, khóa, đặt lại mật khẩu, giao và thôi vai trò."""


@user.command("add")
@click.argument("username")
@click.option("--name", "display_name", required=True, help="Tên hiển thị.")
@_password
@within_application
def add(username: str, display_name: str, password: str) -> None:
    """Thêm tài khoản; người dùng phải đổi mật khẩu ở lần đăng nhập đầu."""
    add_user(username=username, display_name=display_name, password=password, now=clock.now())
    click.echo(f"Đã thêm {username}.")


@user.command("password")
@click.argument("username")
@_password
@within_application
def password(username: str, password: str) -> None:
    """Đặt lại mật khẩu; mọi phiên và mã truy cập của người đó kết thúc."""
    set_password(username=username, password=password, now=clock.now())
    click.echo(f"Đã đặt lại mật khẩu của {username}.")


@user.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice(sorted(role.value for role in Role)))
@click.argument("unit_code")
@within_application
def role(username: str, role: str, unit_code: str) -> None:
    """Giao một vai trò tại một đơn vị (mã đơn vị), từ hôm nay."""
    give_role(username=username, role=role, unit_code=unit_code, now=clock.now())
    click.echo(f"{username}: {ROLE_TITLES[Role(role)]} tại {unit_code}.")


@user.command("end-role")
@click.argument("username")
@click.argument("role", type=click.Choice(sorted(role.value for role in Role)))
@click.argument("unit_code")
@within_application
def end_a_role(username: str, role: str, unit_code: str) -> None:
    """Thôi một vai trò tại một đơn vị; hôm nay là ngày cuối."""
    end_role(username=username, role=role, unit_code=unit_code, now=clock.now())
    click.echo(f"{username}: thôi {ROLE_TITLES[Role(role)]} tại {unit_code} từ ngày mai.")


@user.command("deactivate")
@click.argument("username")
@within_application
def switch_off(username: str) -> None:
    """Khóa tài khoản: mọi phiên và mã truy cập của người đó kết thúc ngay."""
    deactivate(username=username, now=clock.now())
    click.echo(f"Đã khóa {username}.")


@user.command("activate")
@click.argument("username")
@within_application
def switch_on(username: str) -> None:
    """Mở lại tài khoản đã khóa."""
    activate(username=username, now=clock.now())
    click.echo(f"Đã mở lại {username}.")


@click.command()
@click.option("--user", "username", required=True, help="Tên đăng nhập.")
@click.option("--scopes", default="read write", show_default=True, help="Tập con của: read write.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="Hiệu lực, ngày.")
@click.option("--revoke-all", is_flag=True, help="Thu hồi mọi mã của người này thay vì cấp mã mới.")
@within_application
def token(username: str, scopes: str, days: int, revoke_all: bool) -> None:
    """In một mã truy cập API. Mã chỉ hiện một lần."""
    if revoke_all:
        click.echo(f"Đã thu hồi {revoke_tokens(username=username, now=clock.now())} mã của {username}.")
        return
    click.echo(issue_token(username=username, scopes=scopes, days=days, now=clock.now()))
