"""`congnhan serve`, `congnhan worker`."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from service.app import create_app
from service.cli.within import upgrade_database, within_application
from service.config import Settings, from_environment
from service.database import db
from service.demo.loader import PASSWORD, data, is_loaded, load_demo
from service.errors import BadConfiguration
from service.http.extensions import settings
from service.jobs.background import run_background_jobs
from service.jobs.worker import enqueue_waiting, work

THREADS = 8


@click.command()
@click.option("--demo", is_flag=True, help="Nạp dữ liệu minh họa nếu cơ sở dữ liệu còn trống.")
@click.option("--host", default=None, help="Mặc định 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Mặc định 8080.")
def serve(demo: bool, host: str | None, port: int | None) -> None:
    """Chạy máy chủ web cùng các việc nền."""
    configured = from_environment()
    configured = replace(
        configured, host=host or configured.host, port=port or configured.port, demo=demo or configured.demo
    )
    if configured.demo and not configured.is_loopback:
        raise BadConfiguration("Dữ liệu trình diễn chỉ chạy trên 127.0.0.1; bỏ --demo khi mở cho máy khác.")
    app = create_app(configured)
    with app.app_context():
        upgrade_database()
        if configured.demo and not is_loaded():
            click.echo("Đang nạp dữ liệu minh họa…")
            load_demo(configured.files_dir, configured.largest_file)
        db.session.remove()
        db.engine.dispose()  # the server's process opens connections of its own
    _announce(configured)
    Server(app, configured).run()


def _announce(configured: Settings) -> None:
    click.echo(f"\nCông nhận đang chạy tại http://{configured.host}:{configured.port}/  (Ctrl+C để dừng)")
    if configured.demo:
        click.echo(f"\nTài khoản trình diễn, mật khẩu chung: {PASSWORD}")
        for account in data("accounts.yaml")["accounts"]:
            click.echo(f"  {account['username']:30}{account['display_name']}")
        click.echo("\nĐồng hồ trình diễn bắt đầu từ 20/11/2023; đổi bằng: congnhan demo clock 2023-12-01")


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one process and threads; background jobs run beside them."""

    def __init__(self, app: Flask, configured: Settings) -> None:
        self.flask_app, self.configured = app, configured
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self.configured.host}:{self.configured.port}",
            "workers": int(os.environ.get("CONGNHAN_WORKERS", "1")),
            "threads": THREADS,
            "worker_class": "gthread",
            "graceful_timeout": 20,
            "timeout": 60,
            "loglevel": "warning",
            "proc_name": "congnhan",
            "post_worker_init": self._start_background,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.flask_app

    def _start_background(self, _worker: object) -> None:
        threading.Thread(target=run_background_jobs, args=(self.flask_app,), daemon=True, name="jobs").start()


@click.command()
@click.option("--burst", is_flag=True, help="Làm hết việc đang chờ rồi dừng.")
@within_application
def worker(burst: bool) -> None:
    """Chạy một tiến trình RQ; cần REDIS_URL."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    enqueue_waiting(settings())
    work(settings(), burst=burst)
