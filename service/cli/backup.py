"""`congnhan backup …`, `congnhan restore`: encrypted, for either database. See docs/backup.md."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service import clock
from service.cli.database import application_role
from service.cli.within import application, as_owner, upgrade_database
from service.config import Settings, from_environment, with_secrets_from_files
from service.database import db
from service.errors import BadConfiguration, BadInput, DomainError
from service.migrations.grants import grant

if TYPE_CHECKING:
    from service.backup.sealing import Identity


@click.group(invoke_without_command=True)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Mặc định BACKUP_DIR.")
@click.option(
    "--recipient", "recipients", multiple=True, help="Khóa công khai age1…; mặc định BACKUP_RECIPIENT."
)
@click.option("--full", is_flag=True, help="Sao lưu toàn bộ dù có thể chỉ ghi phần thay đổi.")
@click.option(
    "--full-every", type=click.IntRange(1), default=24, show_default=True, help="Số giờ giữa hai bản đầy đủ."
)
@click.option(
    "--keep", type=click.IntRange(1), help="Giữ chừng ấy bản đầy đủ cùng các phần sau nó; xóa bản cũ hơn."
)
@click.option("--every", type=click.IntRange(1), help="Chạy mãi, cách nhau chừng ấy giây (ví dụ 240).")
@click.pass_context
def backup(
    context: click.Context,
    folder: Path | None,
    recipients: tuple[str, ...],
    full: bool,
    full_every: int,
    keep: int | None,
    every: int | None,
) -> None:
    """Sao lưu: bản đầy đủ đầu tiên, sau đó chỉ phần thay đổi."""
    if context.invoked_subcommand is not None:
        return
    configured, env = from_environment(), with_secrets_from_files(os.environ)
    to = folder or configured.backup_dir
    if to is None:
        raise BadConfiguration("Hãy nêu thư mục chứa bản sao lưu: --to hoặc BACKUP_DIR.")
    once = partial(
        _once,
        configured,
        to,
        recipients or tuple(env.get("BACKUP_RECIPIENT", "").replace(",", " ").split()),
        full=full,
        full_every=timedelta(hours=full_every),
        keep=keep,
    )
    if every is None:
        once()
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            once()
        except (DomainError, OSError) as error:  # the next turn tries again; what watches sees the age
            if isinstance(error, BadConfiguration):
                raise
            click.echo(f"Chưa sao lưu được: {error}", err=True)
        stop.wait(every)


def _once(
    configured: Settings,
    to: Path,
    recipients: tuple[str, ...],
    *,
    full: bool,
    full_every: timedelta,
    keep: int | None,
) -> None:
    from service.backup.operations import back_up

    with application(configured):
        made = back_up(
            to=to,
            recipients=recipients,
            files=configured.files_dir,
            now=clock.now(),
            made_at=datetime.now(UTC),
            full=full,
            full_every=full_every,
            keep=keep,
        )
    kind = "đầy đủ" if made.kind == "full" else "phần thay đổi"
    click.echo(f"{made.path.name}: {kind}, {made.rows} dòng, {made.files} tệp, {made.size / 1024:.0f} KB.")
    if made.pruned:
        click.echo(f"Đã xóa {made.pruned} bản cũ.")
    for sha256 in made.missing:
        click.echo(f"Thiếu tệp minh chứng {sha256} trong kho lưu trữ.", err=True)


@backup.command("keygen")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def keygen(file: Path) -> None:
    """Tạo khóa giải mã vào FILE và in khóa công khai. Cất FILE ở nơi khác máy chủ."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# created: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n# public key: {public}\n{identity}\n"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput(f"{file} đã có; không ghi đè một khóa.") from error
    except OSError as error:
        raise BadInput(f"Không ghi được {file} ({error.strerror}).") from error
    with os.fdopen(handle, "w", encoding="ascii") as target:
        target.write(text)
    click.echo(public)
    click.echo(
        f"Khóa giải mã nằm trong {file}. Hãy chuyển tệp này ra khỏi máy chủ và cất ở hai nơi an toàn: "
        "mất khóa thì không ai mở được bản sao lưu, lộ khóa thì ai cũng mở được.",
        err=True,
    )


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--identity",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp khóa.",
)
@click.option("--verify-only", is_flag=True, help="Chỉ kiểm tra: nạp vào một cơ sở dữ liệu tạm rồi bỏ.")
@click.option("--without-files", is_flag=True, help="Chưa khôi phục tệp minh chứng.")
@click.option("--files-only", is_flag=True, help="Chỉ khôi phục tệp minh chứng mà cơ sở dữ liệu đang nêu.")
@click.option("--accept-findings", is_flag=True, help="Vẫn khôi phục dù dữ liệu không nhất quán.")
def restore(
    source: Path,
    identity: Path,
    verify_only: bool,
    without_files: bool,
    files_only: bool,
    accept_findings: bool,
) -> None:
    """Khôi phục vào cơ sở dữ liệu trống (SQLite hoặc PostgreSQL). SOURCE: thư mục hoặc một bản sao lưu."""
    from service.backup.restoring import restore as load
    from service.backup.sealing import identities_in

    identities, configured = identities_in(identity), from_environment()
    failed = False
    if not files_only:
        role = None if verify_only else application_role(configured)
        with _throw_away(configured) if verify_only else application(as_owner(configured)):
            done = load(source, identities, upgrade=upgrade_database, accept_findings=accept_findings)
            if role is not None:
                with db.engine.begin() as connection:
                    grant(connection, role)
        made_at = datetime.fromisoformat(done.header.made_at).astimezone(clock.LOCAL)
        what = "không nhất quán, xem dưới đây" if done.findings else "mọi chuỗi nhật ký và hồ sơ nhất quán"
        click.echo(
            f"Bản sao lưu lúc {made_at:%d/%m/%Y %H:%M:%S} ({done.backups} tệp): {done.rows} dòng, {what}."
        )
        for finding in done.findings:
            click.echo(finding, err=True)
        # What was accepted is no failure; what an older schema showed only after its migration is.
        failed = bool(done.findings) and not accept_findings
    if not (verify_only or without_files):
        _restore_files(source, identities, configured)
    if failed:
        raise SystemExit(1)


def _restore_files(source: Path, identities: Sequence[Identity], configured: Settings) -> None:
    from service.backup.restoring import restore_files

    with application(configured):
        came, missing = restore_files(source, identities, configured.files_dir)
    click.echo(f"Đã khôi phục {came} tệp minh chứng.")
    for sha256 in missing:
        click.echo(f"Thiếu tệp minh chứng {sha256}.", err=True)
    if missing:
        raise SystemExit(1)


@contextmanager
def _throw_away(configured: Settings) -> Iterator[None]:
    from dataclasses import replace

    with tempfile.TemporaryDirectory(prefix="congnhan-verify-") as folder:
        url = f"sqlite:///{folder}/congnhan.db"
        with application(replace(configured, database_url=url, database_owner_url=None)):
            yield
