"""`congnhan webhook …`, `congnhan mail …`."""

from __future__ import annotations

import click

from service import clock
from service.cli.within import within_application
from service.errors import BadConfiguration, Unavailable
from service.http.extensions import settings
from service.notifications.delivering import try_mail, try_webhook
from service.notifications.events import EventKind
from service.notifications.smtp import MailServer
from service.notifications.webhook_sending import Sender
from service.notifications.webhooks import (
    add_webhook,
    finish_rotation,
    list_webhooks,
    remove_webhook,
    rotate_secret,
    switch_on,
)


@click.group()
def webhook() -> None:
    """Webhook: báo sự kiện cho hệ thống khác."""


@webhook.command("add")
@click.argument("name")
@click.argument("url")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in EventKind]),
    help="Loại sự kiện, nêu được nhiều lần; mặc định là tất cả.",
)
@within_application
def add(name: str, url: str, kinds: tuple[str, ...]) -> None:
    """Thêm hệ thống được báo; in khóa ký, chỉ một lần."""
    secret = add_webhook(
        name=name,
        url=url,
        kinds=kinds or tuple(EventKind),
        allowed_hosts=settings().webhook_hosts,
        now=clock.now(),
    )
    click.echo(f"Đã thêm {name}. Khóa ký, chỉ hiện một lần:")
    click.echo(secret)


@webhook.command("list")
@within_application
def list_all() -> None:
    """Các hệ thống được báo."""
    for one in list_webhooks():
        state = "đang gửi" if one.active else "đã ngừng"
        click.echo(f"{one.name}  {state}  {one.url}  {', '.join(one.kinds)}")


@webhook.command("remove")
@click.argument("name")
@within_application
def remove(name: str) -> None:
    """Gỡ một hệ thống; việc đang chờ gửi cho nó kết thúc mà không gửi."""
    remove_webhook(name=name, now=clock.now())
    click.echo(f"Đã gỡ {name}.")


@webhook.command("rotate")
@click.argument("name")
@click.option("--finish", is_flag=True, help="Bên nhận đã có khóa mới: thôi ký bằng khóa cũ.")
@within_application
def rotate(name: str, finish: bool) -> None:
    """Đổi khóa ký; cho đến khi --finish, thư được ký bằng cả hai khóa."""
    if finish:
        finish_rotation(name=name, now=clock.now())
        click.echo("Khóa cũ không còn dùng để ký.")
        return
    click.echo(rotate_secret(name=name, now=clock.now()))


@webhook.command("enable")
@click.argument("name")
@within_application
def enable(name: str) -> None:
    """Báo lại cho một hệ thống đã ngừng (bên nhận từng trả lời 410)."""
    switch_on(name=name, now=clock.now())
    click.echo(f"{name} lại được báo từ bây giờ.")


@webhook.command("test")
@click.argument("name")
@within_application
def test(name: str) -> None:
    """Gửi ngay một sự kiện thử. Thoát 0 khi bên nhận trả lời 2xx."""
    answer = try_webhook(name, sender=Sender(settings().webhook_hosts), now=clock.now())
    click.echo(f"Bên nhận trả lời {answer.status}. {answer.beginning[:200]}".rstrip())
    if not answer.is_success:
        raise Unavailable(f"Bên nhận không nhận sự kiện thử (trả lời {answer.status}).")


@click.group()
def mail() -> None:
    """Thư điện tử."""


@mail.command("test")
@click.argument("address")
@within_application
def mail_test(address: str) -> None:
    """Gửi ngay một thư thử đến địa chỉ này."""
    configured = settings()
    if not configured.smtp_url:
        raise BadConfiguration("Chưa đặt SMTP_URL, MAIL_FROM và PUBLIC_URL.")
    try_mail(
        address,
        server=MailServer.from_url(configured.smtp_url),
        sender=configured.mail_from,
        public_url=configured.public_url,
        now=clock.now(),
    )
    click.echo(f"Máy chủ thư đã nhận thư thử gửi {address}.")
