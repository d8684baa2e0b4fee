"""Changes of calendar and deadlines at their pages: first tried out, then applied by their keepers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from flask import flash, request
from flask_babel import gettext as _

from service.administration.quota_files import as_csv
from service.audit.operations import Actor
from service.calendars.tables import LARGEST_FILE
from service.errors import BadInput, DomainError, NotFound, NotLoggedIn
from service.http.access import current_viewer, now
from service.models import Role
from service.processes.changed_dates import Change
from service.processes.recomputing import recompute
from service.wording import recorded

KEEPERS = (Role.ADMINISTRATOR, Role.PROCESS_OWNER)
KEEPER_POLICIES = tuple(f"role:{role}" for role in KEEPERS)
# One request changes at most so many cases; the page then offers to go on.
MOST_CASES, MOST_SHOWN = 300, 30


@dataclass(frozen=True)
class Preview:
    """A change tried out: what it is, what it moves, and the fields that apply it."""

    title: str
    step: str
    fields: dict[str, str]
    told: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def late_on(self, today: date) -> int:
        """How many open tasks it makes late at once."""
        return sum(change.late_on(today) for change in self.changes)

    def before_receipt(self) -> int:
        """How many open tasks would be due before they were received."""
        return sum(change.before_receipt for change in self.changes)


Steps: TypeAlias = Mapping[str, Callable[[], Preview | None]]


def is_keeper() -> bool:
    """Whether this person keeps the calendar and the deadlines."""
    return current_viewer().has(*KEEPERS)


def keeper() -> Actor:
    """The seat from which this person changes calendar and deadlines."""
    viewer = current_viewer()
    seat = next((one for one in viewer.seats if one.role in KEEPERS), None)
    return viewer.actor(seat)


def step_taken(steps: Steps, step: str, page: Callable[..., str]) -> Any:
    """Take a step of a page: the page with its preview or its error; None once it is applied."""
    if step not in steps:
        raise NotFound()
    try:
        shown = steps[step]()
    except DomainError as error:
        if isinstance(error, NotFound | NotLoggedIn):
            raise
        return page(error=error), error.status
    return page(preview=shown) if shown is not None else None


def go_on() -> None:
    """Recompute what an earlier request left over."""
    told_of_recomputing("", recorded("Tính lại theo lịch và thời hạn hiện hành."))


def applying() -> bool:
    return request.form.get("apply") == "1"


def uploaded() -> tuple[str, bytes]:
    """(name, content) of the file handed in, or of the one that a preview has kept in the page."""
    kept = request.form.get("content")
    if kept is not None:
        return request.form.get("name", "")[:200], kept.encode()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput(_("Chọn một tệp CSV, Excel hoặc YAML."))
    content, name = as_csv(file.stream.read(LARGEST_FILE + 1), file.filename[:200])
    return name, content


def told_of_recomputing(done: str, reason: str) -> None:
    """Set right what differs now, as far as one request may, and say so."""
    result = recompute(reason=reason, by=keeper(), now=now(), most=MOST_CASES)
    counted = _(
        "Đã tính lại %(changed)s hạn của %(cases)s hồ sơ.", changed=result.changed, cases=result.cases
    )
    flash(f"{done} {counted}".strip(), "success")
    for sentence in result.failed[:5]:
        flash(_("Không tính lại được %(failed)s", failed=sentence), "error")
