"""`congnhan worker`, `congnhan scheduler`, `congnhan jobs …`."""

from __future__ import annotations

import signal
import threading
from typing import Any

import click

from service.app import create_core
from service.cli.within import await_known_schema, within_application
from service.config import Settings, from_environment
from service.errors import BadConfiguration, BadInput
from service.http.logging import configure_logging


def _configured() -> Settings:
    configured = from_environment()
    configure_logging(configured)
    return configured


@click.command()
@click.option("--burst", is_flag=True, help="Làm hết việc đang chờ rồi dừng.")
def worker(burst: bool) -> None:
    """Chạy một tiến trình RQ để làm các việc chờ; cần REDIS_URL. Dừng bằng SIGTERM."""
    from service import clock
    from service.jobs.waking import enqueue_waiting
    from service.jobs.worker import work

    configured = _configured()
    if configured.redis_url is None:
        raise BadConfiguration(
            "congnhan worker cần REDIS_URL. Không có Redis thì congnhan serve tự làm các việc nền."
        )
    with create_core(configured).app_context():
        await_known_schema()
        if burst:
            enqueue_waiting(configured, clock.now())
        work(configured, burst=burst)


@click.command()
def scheduler() -> None:
    """Trông thời hạn, thông báo và các việc chờ, đánh thức các worker; chạy nhiều bản cùng lúc được.

    Dừng bằng SIGTERM: việc đang làm được làm xong.
    """
    from service.jobs.background import run_scheduler

    configured = _configured()
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    core = create_core(configured)
    with core.app_context():
        await_known_schema(stop)
    run_scheduler(core, stop)


@click.group()
def jobs() -> None:
    """Các việc chờ làm sau mỗi thao tác: xem, chạy lại, bỏ."""


@jobs.command("list")
@within_application
def list_jobs() -> None:
    """Số việc đang chờ theo loại, rồi từng việc bị lỗi."""
    from service.deliveries import kinds, queries

    for count in queries.counts_by_kind():
        click.echo(
            f"{kinds.name_of(count.kind)}: {count.waiting} đang chờ, {count.failing} đang thử lại, "
            f"{count.dead} đã dừng"
        )
    after, shown = 0, 0
    while page := queries.failed_deliveries(after=after):
        for one in page:
            state = "đã dừng" if one.state == "dead" else "đang thử lại"
            case = f", hồ sơ {one.code}" if one.code else ""
            click.echo(
                f"{one.id}\t{kinds.name_of(one.kind)}{case}\t{state} sau {one.attempts} lần\t{one.last_error}"
            )
        after, shown = page[-1].id, shown + len(page)
    for timer in queries.failing_timers():
        click.echo(
            f"thời hạn {timer.element}, hồ sơ {timer.code}\tđã thử {timer.attempts} lần\t{timer.last_error}"
        )
    click.echo("Không có việc nào bị lỗi." if not shown else f"{shown} việc bị lỗi.")


@jobs.command("retry")
@click.argument("number", type=click.IntRange(1), metavar="SỐ", required=False)
@click.option("--all", "everything", is_flag=True, help="Mọi việc đã dừng.")
@within_application
def retry_job(number: int | None, everything: bool) -> None:
    """Chạy lại ngay việc mang số này."""
    from service import clock
    from service.audit.operations import SYSTEM
    from service.deliveries.operations import retry_all, retry_delivery

    if (number is None) != everything:
        raise BadInput("Ghi số của một việc, hoặc --all.")
    if number is None:
        click.echo(f"Đã cho chạy lại {retry_all(by=SYSTEM, now=clock.now())} việc.")
        return
    retry_delivery(outbox_id=number, by=SYSTEM, now=clock.now())
    click.echo(f"Việc số {number} sẽ được chạy lại ngay.")


@jobs.command("drop")
@click.argument("number", type=click.IntRange(1), metavar="SỐ")
@click.option("--reason", required=True, help="Lý do, ghi vào nhật ký quản trị.")
@within_application
def drop_job(number: int, reason: str) -> None:
    """Bỏ hẳn việc mang số này; các việc sau nó của hồ sơ được làm tiếp."""
    from service import clock
    from service.audit.operations import SYSTEM
    from service.deliveries.operations import drop_delivery

    drop_delivery(outbox_id=number, reason=reason, by=SYSTEM, now=clock.now())
    click.echo(f"Đã bỏ việc số {number}.")
