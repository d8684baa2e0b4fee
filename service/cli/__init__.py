"""`congnhan`: the product's command line. Each command parses, calls an operation, prints."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from service.errors import DomainError

# In the order of `congnhan --help`. Only the module of the command that is called is imported: a health
# check every minute must not load what signing and evaluating need.
COMMANDS = {
    "serve": "service.cli.server:serve",
    "probe": "service.cli.probe:probe",
    "worker": "service.cli.jobs:worker",
    "scheduler": "service.cli.jobs:scheduler",
    "jobs": "service.cli.jobs:jobs",
    "demo": "service.cli.data:demo",
    "db": "service.cli.database:database",
    "backup": "service.cli.backup:backup",
    "restore": "service.cli.backup:restore",
    "process": "service.cli.data:process",
    "message": "service.cli.messages:message",
    "calendar": "service.cli.time:calendar",
    "deadline": "service.cli.time:deadline",
    "mail": "service.cli.notifications:mail",
    "webhook": "service.cli.notifications:webhook",
    "user": "service.cli.people:user",
    "token": "service.cli.people:token",
    "unit": "service.cli.administration:unit",
    "member": "service.cli.administration:member",
    "substitution": "service.cli.assignments:substitution",
    "quota": "service.cli.assignments:quota",
    "index-set": "service.cli.assignments:index_set",
    "audit": "service.cli.audit:audit",
    "retention": "service.cli.retention:retention",
    "evaluate": "service.cli.evaluate:evaluate",
}


class Commands(click.Group):
    """The commands of COMMANDS, each imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def congnhan() -> None:
    """Công nhận: quản lý hồ sơ công nhận hoàn thành chuyển đổi số cấp xã."""


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
