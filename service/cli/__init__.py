"""`congnhan`: the product's command line. Each command parses, calls an operation, prints."""

from __future__ import annotations

import sys

import click

from service.cli.backup import backup, restore
from service.cli.data import demo, process
from service.cli.database import database
from service.cli.evaluate import evaluate
from service.cli.jobs import jobs, scheduler, worker
from service.cli.messages import message
from service.cli.notifications import mail, webhook
from service.cli.people import token, user
from service.cli.probe import probe
from service.cli.server import serve
from service.cli.time import calendar, deadline
from service.errors import DomainError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def congnhan() -> None:
    """Công nhận: quản lý hồ sơ công nhận hoàn thành chuyển đổi số cấp xã."""


WORK = (serve, probe, worker, scheduler, jobs, demo, database, backup, restore)
for command in (*WORK, process, message, calendar, deadline, mail, webhook, user, token, evaluate):
    congnhan.add_command(command)


def main() -> None:
    """Exit 2 with the domain's sentence where an operation refuses; tracebacks are for defects only."""
    try:
        congnhan.main(standalone_mode=True)
    except DomainError as error:
        click.echo(f"Không thực hiện được: {error}", err=True)
        for field, messages in getattr(error, "fields", {}).items():
            click.echo(f"  {field}: {' '.join(messages)}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
