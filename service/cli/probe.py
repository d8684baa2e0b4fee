"""`congnhan probe …`: whether a process of this machine (this container) does its work; exit 0 or 1."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from datetime import timedelta

import click

from service.config import Settings, from_environment

ROLES = ("web", "worker", "scheduler", "backup")
PATIENCE_SECONDS = 8
# A beat comes every ten seconds; one that delivers for a minute may miss a few.
LATE_BEAT = timedelta(seconds=90)
# A copy is made every four minutes; three of them failed.
OLD_BACKUP = timedelta(minutes=15)


@click.command()
@click.argument("role", type=click.Choice(ROLES))
def probe(role: str) -> None:
    """Hỏi một tiến trình trên máy này còn làm việc không; thoát 0 nếu còn, 1 nếu không."""
    configured = from_environment()
    problem = {"web": _web, "backup": _backup}.get(role, lambda known: _beating(known, role))(configured)
    click.echo(f"{role}: {problem or 'đang làm việc'}.", err=bool(problem))
    raise SystemExit(1 if problem else 0)


def _web(configured: Settings) -> str:
    host = "127.0.0.1" if configured.host in ("0.0.0.0", "::", "") else configured.host  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{configured.port}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"chưa sẵn sàng ({_failing(error.read())})"
    except OSError as error:
        return f"không trả lời ({type(error).__name__})"


def _failing(document: bytes) -> str:
    try:
        checks = json.loads(document).get("checks", {})
    except ValueError:
        return "trả lời không đọc được"
    return ", ".join(name for name, check in checks.items() if check["status"] == "failed")


def _beating(_configured: Settings, role: str) -> str:
    """By the heartbeat that the process of this machine leaves in the database."""
    from sqlalchemy import func, select
    from sqlalchemy.exc import SQLAlchemyError

    from service import clock
    from service.app import create_core
    from service.errors import Unavailable
    from service.http.probes import probing
    from service.models import ProcessBeat

    mine = f"{role}@{socket.gethostname()}"[:100]
    with create_core(_configured).app_context():
        try:
            with probing() as connection:
                last = connection.execute(
                    select(func.max(ProcessBeat.beat_at)).where(
                        ProcessBeat.role == role, ProcessBeat.name.startswith(f"{mine}:", autoescape=True)
                    )
                ).scalar()
                now = clock.now(connection)
        except (SQLAlchemyError, Unavailable) as error:
            return f"không hỏi được cơ sở dữ liệu ({type(error).__name__})"
    if last is None:
        return "chưa báo còn sống lần nào"
    age = now - last
    return "" if age <= LATE_BEAT else f"báo còn sống lần cuối cách đây {age.total_seconds():.0f} giây"


def _backup(configured: Settings) -> str:
    if configured.backup_dir is None:
        return "chưa đặt BACKUP_DIR"
    # One that has its name is whole; its time is when it was finished.
    finished = [path.stat().st_mtime for path in configured.backup_dir.glob("*.age")]
    if not finished:
        return "chưa có bản sao lưu nào"
    age = time.time() - max(finished)
    return "" if age <= OLD_BACKUP.total_seconds() else f"bản sao lưu mới nhất đã {age / 60:.0f} phút"
