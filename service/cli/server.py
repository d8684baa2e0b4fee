"""`congnhan serve`."""

from __future__ import annotations

import threading
from dataclasses import replace

import click
import structlog
from flask import Flask

from service.cli.serving import Server, counting_together
from service.cli.within import upgrade_database
from service.config import Settings, from_environment
from service.database import db
from service.demo.loader import PASSWORD, data, is_loaded, load_demo
from service.errors import BadConfiguration
from service.http.logging import configure_logging
from service.jobs.background import run_background_jobs
from service.migrations.schema import require_known
from service.version import VERSION

log = structlog.get_logger(__name__)


@click.command()
@click.option("--demo", is_flag=True, help="Nạp dữ liệu minh họa nếu cơ sở dữ liệu còn trống.")
@click.option("--host", default=None, help="Mặc định 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Mặc định 8080.")
def serve(demo: bool, host: str | None, port: int | None) -> None:
    """Chạy máy chủ web; khi không có REDIS_URL thì chạy luôn các việc nền."""
    configured = from_environment()
    configured = replace(
        configured, host=host or configured.host, port=port or configured.port, demo=demo or configured.demo
    )
    if configured.demo and not configured.is_loopback:
        raise BadConfiguration("Dữ liệu trình diễn chỉ chạy trên 127.0.0.1; bỏ --demo khi mở cho máy khác.")
    configure_logging(configured)
    with counting_together(configured.web_processes):
        # Only now: what counts requests must know where several processes count together.
        from service.app import create_app

        app = create_app(configured)
        with app.app_context():
            _prepare_database(configured)
            db.session.remove()
            db.engine.dispose()  # the server's processes open connections of their own
        _announce(configured)
        # With Redis, `congnhan scheduler` and workers do what else there is; this then only says it lives.
        Server(app, configured, background=_background).run()


def _background(app: Flask, stop: threading.Event) -> None:
    run_background_jobs(app, stop)


def _prepare_database(configured: Settings) -> None:
    """A file of our own and the demo are brought up to date; a server's schema is its owner's to change."""
    if configured.demo or db.engine.dialect.name == "sqlite":
        upgrade_database()
        if configured.demo and not is_loaded():
            click.echo("Đang nạp dữ liệu minh họa…")
            load_demo(configured.files_dir, configured.largest_file)
        return
    with db.engine.connect() as connection:
        require_known(connection)


def _announce(configured: Settings) -> None:
    address = f"http://{configured.host}:{configured.port}/"
    if configured.logs_json:
        log.info("serving", address=address, version=VERSION, processes=configured.web_processes)
        return
    click.echo(f"\nCông nhận đang chạy tại {address}  (Ctrl+C để dừng)")
    if configured.demo:
        click.echo(f"\nTài khoản trình diễn, mật khẩu chung: {PASSWORD}")
        for account in data("accounts.yaml")["accounts"]:
            click.echo(f"  {account['username']:30}{account['display_name']}")
        click.echo("\nĐồng hồ trình diễn bắt đầu từ 20/11/2023; đổi bằng: congnhan demo clock 2023-12-01")
