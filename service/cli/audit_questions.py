"""`congnhan audit ask …`: the ready questions of auditors, over the whole installation."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

import click

from service.cli.within import application
from service.config import from_environment
from service.errors import BadInput


@click.command("ask")
@click.argument("question", required=False, metavar="CÂU-HỎI")
@click.option("--year", type=int, help="Năm xét.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Từ ngày, ví dụ 2023-11-20.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Đến hết ngày.")
@click.option("--case", default="", metavar="MÃ", help="Mã hồ sơ.")
@click.option("--criterion", default="", metavar="TT", help="Chỉ tiêu, ví dụ 2.6.")
@click.option("--event", type=int, help="Số thứ tự của sự kiện trong hồ sơ.")
@click.option("--person", default="", help="Tên người hoặc tài khoản, không cần dấu.")
@click.option("--unit", default="", help="Tên đơn vị, không cần dấu.")
@click.option("--minutes", type=int, default=10, show_default=True, help="Ký trong vòng bao nhiêu phút.")
@click.option("--returns", type=int, default=2, show_default=True, help="Trả lại hơn bao nhiêu lần.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def ask(context: click.Context, question: str | None, as_json: bool, **given: Any) -> None:
    """Hỏi một câu hỏi kiểm tra; không ghi CÂU-HỎI thì liệt kê. Câu “tach-bach” thoát 1 nếu có vi phạm."""
    from service import clock
    from service.questions.asked import Asked
    from service.questions.ready import QUESTIONS
    from service.questions.ready import question as question_called

    if question is None:
        for one in QUESTIONS.values():
            click.echo(f"{one.key}\t{one.title}")
        return
    with application(from_environment()):
        one, now = question_called(question), clock.now()
        asked = one.only_its_own(Asked(**{name: _day(value) for name, value in given.items()}))
        if not one.is_complete(asked):
            options = ", ".join(f"--{name}" for name in one.needs)
            raise BadInput(f"Câu hỏi {one.key} cần {options}.")
        answer = one.ask(_whoever_runs_it(now), asked, now=now, size=None)
    if as_json:
        told = {"question": one.key, "title": one.title, **answer.as_json()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _say(one, answer)
    if one.key == "tach-bach" and answer.total:
        context.exit(1)


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _whoever_runs_it(now: datetime) -> Any:
    """Who runs commands has the whole database before them: every right to look."""
    from service.clock import local_day
    from service.identity.viewer import Seat, Viewer
    from service.models import Role, UnitKind

    nobody = uuid.UUID(int=0)
    seats = tuple(
        Seat(nobody, role, "", "", nobody, UnitKind.PROVINCE.value, "")
        for role in (Role.AUDITOR, Role.ADMINISTRATOR)
    )
    return Viewer(nobody, "", "congnhan audit ask", local_day(now), seats)


def _say(one: Any, answer: Any) -> None:
    click.echo(one.title)
    click.echo(answer.summary)
    for note in answer.notes:
        click.echo(f"- {note}")
    if answer.lines:
        click.echo("\t".join(answer.columns))
    for line in answer.lines:
        click.echo("\t".join(" ".join(cell.split()) for cell in line.cells))
