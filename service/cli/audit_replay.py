"""`congnhan audit replay CASE`: where a case stood after any event, and whether it computes the same anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.cli.within import application
from service.config import from_environment
from service.errors import BadInput, DomainError

if TYPE_CHECKING:
    from service.audit.folding import Folded
    from service.replay.reexecution import Recomputation

EXITS = {"matches": 0, "diverges": 1, "code-changed": 3, "not-executable": 3}


@click.command("replay")
@click.argument("case", metavar="HỒ-SƠ")
@click.option("--at", "at", type=click.IntRange(min=1), metavar="N", help="Chỉ đến sự kiện số N.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def replay(context: click.Context, case: str, at: int | None, as_json: bool) -> None:
    """Hồ sơ đứng ở đâu sau sự kiện N (mặc định: sau cùng), và tính lại từ đầu có ra đúng như đã ghi không.

    HỒ-SƠ là mã hoặc số định danh của hồ sơ. Thoát 0: tính lại khớp; 1: khác điều đã ghi, hoặc nhật ký khác
    các dòng đang lưu; 2: không chạy được; 3: không so được vì mã đã đổi hoặc nội dung đã xóa.
    """
    from service.audit.check import check_case
    from service.audit.folding import fold
    from service.audit.queries import case_named
    from service.replay.history import read_history
    from service.replay.reexecution import reexecute

    with application(from_environment()):
        try:
            case_id = case_named(case)
            history = read_history(case_id)
            if at is not None and at > len(history.events):
                raise BadInput(f"Hồ sơ {case} chỉ có {len(history.events)} sự kiện; hãy chọn N nhỏ hơn.")
            folded = fold(event.body for event in history.events[:at])
            found = reexecute(history, up_to=at)
            wrong = check_case(case_id) if at is None else []
        except DomainError as error:
            click.echo(f"Không xem lại được: {error}", err=True)
            context.exit(2)
    if as_json:
        told = {"case": history.case.code, **_json(folded), "replay": _found_json(found), "stored": wrong}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _say(history.case.code, folded, found, wrong)
    context.exit(1 if wrong else EXITS[found.verdict])


def _json(folded: Folded) -> dict[str, Any]:
    return {
        "seq": folded.seq,
        "at": folded.at,
        "status": folded.status,
        "outcome": folded.outcome,
        "active": folded.active,
        "awaited": folded.awaited,
        "variables": folded.variables,
        "tasks": [
            {
                "ref": task.ref,
                "group": task.group,
                "unit": task.unit,
                "state": task.state,
                "stage": task.stage,
                "owner": task.owner,
                "due_on": task.due_on,
                "received": task.received,
            }
            for task in folded.open_tasks()
        ],
        "timers": [{"ref": timer.ref, "due_at": timer.due_at.isoformat()} for timer in folded.armed_timers()],
    }


def _found_json(found: Recomputation) -> dict[str, Any]:
    told: dict[str, Any] = {"verdict": found.verdict.value, "steps": found.steps, "seq": found.seq}
    if found.difference is not None:
        told["difference"] = {
            "seq": found.difference.seq,
            "what": found.difference.what,
            "recorded": found.difference.recorded,
            "computed": found.difference.computed,
        }
        told |= {"recorded_by": found.recorded_by, "computed_by": found.computed_by}
    return told | ({"why": found.why} if found.why else {})


def _say(code: str, folded: Folded, found: Recomputation, wrong: list[str]) -> None:
    click.echo(f"Hồ sơ {code}, sau sự kiện {folded.seq} ({folded.at}):")
    click.echo(f"  trạng thái: {folded.status}" + (f", kết quả {folded.outcome}" if folded.outcome else ""))
    for task in folded.open_tasks():
        due = f", hạn {task.due_day:%d/%m/%Y}" if task.due_day else ""
        click.echo(f"  việc {task.ref}: {task.state}{due}")
    for timer in folded.armed_timers():
        click.echo(f"  hẹn giờ {timer.ref}: {timer.due_at:%d/%m/%Y %H:%M} UTC")
    for name, value in sorted(folded.variables.items()):
        click.echo(f"  {name} = {value}")
    for sentence in wrong:
        click.echo(f"Nhật ký và dữ liệu đang lưu khác nhau. {sentence}")
    click.echo(sentence_of(found))


def sentence_of(found: Recomputation) -> str:
    """What re-execution found, in one sentence."""
    difference = found.difference
    if found.verdict == "matches":
        return f"Tính lại khớp: {found.steps} bước, đến sự kiện {found.seq}."
    if difference is None:
        return f"Không tính lại được từ sự kiện {found.seq}: {found.why}."
    recorded, computed = (
        json.dumps(value, ensure_ascii=False) for value in (difference.recorded, difference.computed)
    )
    what = f"sự kiện {difference.seq}, “{difference.what}”: đã ghi {recorded}, tính lại {computed}"
    if found.verdict == "code-changed":
        then, now = found.recorded_by, found.computed_by
        return (
            f"Khác vì mã đã đổi (bộ máy {then['engine']} → {now['engine']}, quy tắc {then['rules']} → "
            f"{now['rules']}): {what}."
        )
    return f"Tính lại KHÁC điều đã ghi: {what}."
