"""`congnhan audit …`: the witnessed log, and whether anything in it was altered. See docs/log-format.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from service.cli.audit_export import export
from service.cli.audit_questions import ask
from service.cli.audit_replay import replay
from service.cli.within import application
from service.config import Settings, from_environment
from service.errors import BadInput, DomainError, Unavailable
from witness.notes import Checkpoint, Malformed, Note, PublicKey


@click.group()
def audit() -> None:
    """Nhật ký có nhân chứng: khóa, điểm kiểm, kiểm tra, xuất hồ sơ kèm bằng chứng."""


audit.add_command(export)
audit.add_command(replay)
audit.add_command(ask)


@audit.command("key")
@click.option("--rotate", is_flag=True, help="Đổi khóa: khóa cũ thôi ký, chữ ký cũ vẫn kiểm tra được.")
def key(rotate: bool) -> None:
    """Tạo khóa của nhật ký nếu chưa có, in các khóa công khai để đưa cho nhân chứng và người kiểm tra."""
    from service import clock
    from service.audit.log_keys import known_keys, ready_key, rotate_key

    configured = from_environment()
    with application(configured):
        (rotate_key if rotate else ready_key)(configured, clock.now())
        for one in known_keys():
            until = f" đến {one.until:%Y-%m-%dT%H:%M:%SZ}" if one.until else ""
            click.echo(f"{one.key}\ttừ {one.since:%Y-%m-%dT%H:%M:%SZ}{until}")
        if rotate:
            click.echo("Hãy đưa khóa mới cho nhân chứng: congnhan-witness serve --log … --log …", err=True)


@audit.command("checkpoint")
def checkpoint() -> None:
    """Đưa mọi sự kiện đã ghi vào nhật ký, ký, xin chữ ký nhân chứng rồi in điểm kiểm."""
    from service import clock
    from service.audit.sequencing import Settling, keep_log
    from service.audit.tree import last_checkpoint, signed_note
    from service.audit.witnessing import ask_witness

    configured = from_environment()
    with application(configured):
        keep_log(configured, clock.now(), Settling())
        if configured.witness_url:
            try:
                ask_witness(configured)
            except DomainError as error:
                click.echo(f"Chưa có chữ ký của nhân chứng: {error}", err=True)
        newest = last_checkpoint()
        if newest is None:
            raise BadInput("Nhật ký chưa có sự kiện nào.")
        click.echo(signed_note(newest), nl=False)


@audit.command("verify")
@click.argument("case", required=False, metavar="HỒ-SƠ")
@click.option("--all", "everything", is_flag=True, help="Toàn bộ nhật ký.")
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Điểm kiểm mà nhân chứng hoặc người khác giữ (congnhan-witness show).",
)
@click.option("--log-key", "log_keys", multiple=True, help="Chỉ tin những khóa công khai này của nhật ký.")
@click.option(
    "--printed",
    nargs=2,
    type=(click.IntRange(min=1), str),
    multiple=True,
    metavar="CỠ GỐC",
    help="Cỡ và gốc in trên Quyết định hoặc Tờ trình: hai số, gốc viết đủ.",
)
@click.option("--offline", is_flag=True, help="Không hỏi nhân chứng.")
@click.pass_context
def verify(
    context: click.Context,
    case: str | None,
    everything: bool,
    as_json: bool,
    against: tuple[Path, ...],
    log_keys: tuple[str, ...],
    printed: tuple[tuple[int, str], ...],
    offline: bool,
) -> None:
    """Có gì trong nhật ký bị sửa, xóa, chèn không. Thoát 0: nguyên vẹn, 1: không, 2: không kiểm tra được.

    HỒ-SƠ là mã hoặc số định danh của hồ sơ. Những gì nhân chứng hoặc giấy tờ giữ chỉ được so với --all.
    """
    from service.audit.verifying import verify_all, verify_case
    from service.replay.contents import altered_contents

    if (case is None) != everything:
        raise click.UsageError("Ghi mã một hồ sơ, hoặc --all.")
    configured = from_environment()
    with application(configured):
        try:
            trust = _trust(configured, against, log_keys, offline or case is not None)
            trust.kept = [*trust.kept, *(_printed(size, root) for size, root in printed)]
            one = _case_id(case) if case is not None else None
            report = verify_all(trust) if one is None else verify_case(one, trust)
            report.add(altered_contents(configured.files_dir, one))
        except DomainError as error:
            click.echo(f"Không kiểm tra được: {error}", err=True)
            context.exit(2)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _say(report)
    context.exit(1 if report.findings else 0)


def _trust(configured: Settings, against: tuple[Path, ...], log_keys: tuple[str, ...], offline: bool) -> Any:
    from service.audit.findings import Trust
    from service.audit.log_keys import known_keys, stored_key
    from service.audit.witnessing import OverHttp, last_seen, witness_key

    witness, current = witness_key(configured), stored_key(configured.log_key_path)
    try:
        pinned = [PublicKey.parse(one) for one in log_keys]
        known = pinned or [one.key for one in known_keys()]
        kept = [_kept(path, [*known, *([witness] if witness else [])]) for path in against]
    except Malformed as error:
        raise BadInput(f"Khóa hoặc điểm kiểm đã nêu không đúng dạng ({error}).") from error
    if witness is not None and configured.witness_url and not offline and known:
        try:
            seen = last_seen(witness, known[-1].name, OverHttp(configured.witness_url))
        except Unavailable as error:
            click.echo(f"{error} Chỉ so với chữ ký đã lưu.", err=True)
        else:
            kept += [seen] if seen else []
    return Trust(pinned, witness, current.public if current else None, kept)


def _kept(path: Path, keys: list[PublicKey]) -> Note:
    """A note that somebody kept; it counts only with a signature that we can check."""
    note = Note.parse(path.read_text(encoding="utf-8"))
    if not any(note.signed_by(one) for one in keys):
        raise BadInput(f"{path}: không mang chữ ký nào của nhật ký hay nhân chứng đã biết.")
    return note


def _printed(size: int, root: str) -> Note:
    """What somebody reads from paper: its signature is the one under the Decision."""
    note = Note(f"printed\n{size}\n{root}\n", ())
    try:
        Checkpoint.parse(note.text)
    except Malformed as error:
        raise BadInput(f"Gốc {root!r} không viết đúng như trên giấy: 44 ký tự, kết thúc bằng “=”.") from error
    return note


def _case_id(case: str) -> Any:
    from service.audit.queries import case_named

    return case_named(case)


def _say(report: Any) -> None:
    for finding in report.findings:
        more = f" (và {finding.times - 1} chỗ nữa cùng loại)" if finding.times > 1 else ""
        click.echo(f"[{finding.kind}] {finding.place}: {finding.sentence}{more}")
    click.echo(
        f"{report.events} sự kiện, {report.leaves} lá, {report.checkpoints} điểm kiểm; "
        f"{report.pending} sự kiện chưa vào nhật ký."
    )
    if report.cosigned:
        click.echo(f"Nhân chứng đã ký đến cỡ {report.cosigned[0]}.")
    else:
        click.echo("Chưa có chữ ký nào của nhân chứng: ai giữ khóa của nhật ký vẫn có thể viết lại tất cả.")
    click.echo("Nhật ký nguyên vẹn." if not report.findings else "NHẬT KÝ KHÔNG NGUYÊN VẸN.")
