"""`congnhan worker`, `congnhan scheduler`, `congnhan jobs …`."""

from __future__ import annotations

import signal
import threading
from typing import Any

import click

from service.app import create_core
from service.cli.within import within_application
from service.config import Settings, from_environment
from service.errors import BadConfiguration
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
    run_scheduler(create_core(configured), stop)


@click.group()
def jobs() -> None:
    """Các việc chờ làm sau mỗi thao tác: xem, chạy lại, bỏ."""


@jobs.command("list")
@click.option("--all", "everything", is_flag=True, help="Cả những việc đang chờ đến lượt.")
@within_application
def list_jobs(everything: bool) -> None:
    """Những việc đã thử nhiều lần không được."""


if __name__ == "__main__":
    pass
