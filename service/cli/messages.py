"""`congnhan message …`: messages and signals between cases."""

from __future__ import annotations

import json

import click

from service import clock
from service.cli.within import within_application
from service.errors import BadInput
from service.messages.operations import KEPT_DAYS, Address, send
from service.messages.queries import newest


@click.group()
def message() -> None:
    """Thông điệp và tín hiệu giữa các hồ sơ: gửi, xem."""


@message.command("send")
@click.argument("name")
@click.option("--signal", "is_signal", is_flag=True, help="Gửi tín hiệu cho mọi hồ sơ đang chờ.")
@click.option("--to-case", default="", help="Mã hồ sơ nhận.")
@click.option("--to-procedure", default="", help="Hoặc: mã quy trình, kèm --commune và --year.")
@click.option("--commune", default="", help="Mã đơn vị cấp xã của hồ sơ nhận.")
@click.option("--year", type=click.IntRange(1900, 9999), help="Năm của hồ sơ nhận.")
@click.option(
    "--payload", multiple=True, metavar="TÊN=GIÁ TRỊ", help="Số, true, false, null hoặc chữ; lặp lại được."
)
@click.option("--days", default=KEPT_DAYS, show_default=True, type=int, help="Chờ nơi nhận tối đa, ngày.")
@click.option("--key", help="Khóa chống gửi trùng: cùng khóa thì chỉ gửi một lần.")
@within_application
def send_command(
    *,
    name: str,
    is_signal: bool,
    to_case: str,
    to_procedure: str,
    commune: str,
    year: int | None,
    payload: tuple[str, ...],
    days: int,
    key: str | None,
) -> None:
    """Gửi một thông điệp cho một hồ sơ, hoặc một tín hiệu."""
    to = Address(to_case, to_procedure, commune, year)
    source = send(
        kind="signal" if is_signal else "message",
        name=name,
        to=None if is_signal and to == Address() else to,
        payload=dict(map(_value, payload)),
        kept_days=days,
        key=key,
        by=None,
        now=clock.now(),
    )
    click.echo(f"Đã gửi {name} ({source}).")


@message.command("list")
@click.option("--state", type=click.Choice(["waiting", "delivered", "expired"]), help="Chỉ trạng thái này.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 1000), help="Nhiều nhất.")
@within_application
def list_command(state: str | None, most: int) -> None:
    """Các thông điệp mới nhất, mỗi nơi nhận một dòng."""
    for sent in newest(state=state or "", most=most):
        why = f"  {sent.why}" if sent.why else ""
        receiver = sent.receiver or json.dumps(sent.to, ensure_ascii=False)
        click.echo(f"{sent.state:<10}{sent.kind:<8}{sent.name}  {sent.sender or '-'} → {receiver}{why}")


def _value(text: str) -> tuple[str, str | int | bool | None]:
    """`key=value`: a whole number, true, false or null, else text (also text in double quotes)."""
    key, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"--payload {text}: phải có dạng TÊN=GIÁ TRỊ.")
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    return key, read if read is None or isinstance(read, str | int) else value
