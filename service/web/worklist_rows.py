"""What the person may do with the rows of one page of the worklist, and where each row's acts are sent.

A page has fifty rows for somebody with fifty seats: what is the same for many rows is found out once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from service.identity.viewer import Viewer
from service.tasks.colleagues import leading_seat
from service.tasks.pressing import USUAL
from service.web import words
from service.web.calendars import calendar_of_request

_ANY_TASK = uuid.UUID(int=0)


class Flag(NamedTuple):
    text: str
    look: str = ""
    why: str = ""


class ShownRow(NamedTuple):
    """One task as the list tells it: `act` is claim | give_back | release, "" where none of them is open."""

    id: str
    commune: str
    code: str
    name: str
    link: str
    holder: str
    stage: str
    received: str
    received_on: str
    due: words.Due
    due_reason: str
    completed: str
    flags: tuple[Flag, ...]
    urgent: bool
    act: str
    act_to: str
    handle_to: str


class Rows:
    """The rows of a page as `viewer` sees them; `here` is where in which list one is."""

    def __init__(
        self,
        viewer: Viewer,
        today: date,
        *,
        done: bool,
        here: Mapping[str, Any],
    ) -> None:
        self.viewer, self.today, self.done = viewer, today, done
        self.address = Addresses(here)
        self.due = cache(lambda day: words.due(day, today, calendar_of_request))
        self.year = cache(lambda year: _("năm %(year)s", year=year))
        self.stage = cache(words.stage_of)
        self.at = cache(self._at)
        self.leads = cache(lambda group, unit: leading_seat(viewer, group, unit) is not None)

    def shown(self, rows: Sequence[Any]) -> Iterator[ShownRow]:
        return (self._shown(row) for row in rows)

    def _at(
        self, group: str, unit_id: uuid.UUID | None, signer: str, stage: str
    ) -> tuple[bool, bool, Flag | None]:
        """Whether the viewer handles tasks there; may arrange whose they are; and for whom they do."""
        basis = stands_in(self.viewer, group, unit_id)
        standing_in = Flag(_("Xử lý thay (theo ủy quyền)"), why=basis) if basis else None
        if self.done:
            return False, False, standing_in
        mine = handles_place(self.viewer, group, unit_id, signer, stage)
        return mine, mine or self.leads(group, unit_id), standing_in

    def _shown(self, row: Any) -> ShownRow:
        mine, arranges, standing_in = self.at(row.group, row.unit_id, row.signer, row.stage)
        task = str(row.id)
        act = self._act(row) if mine and not row.completed_by_round else ""
        return ShownRow(
            id=task,
            commune=row.commune,
            code=f"{row.code} · {self.year(row.year)}",
            name=row.name,
            link=self.address("task_page", task),
            holder=self._holder(row),
            stage=self._stage(row),
            received=row.received_at.isoformat(),
            received_on=words.day(row.received_at),
            due=self.due(None if self.done else row.due_on),
            due_reason=row.due_reason,
            completed=words.day(row.completed_at) if self.done else "",
            flags=(*self._flags(row), standing_in) if standing_in else tuple(self._flags(row)),
            urgent=row.priority < USUAL and not self.done,
            act=act,
            act_to=self.address(act, task) if act else "",
            handle_to=self.address("handle", task) if arranges else "",
        )

    def _act(self, row: Any) -> str:
        if row.owner_id is None:
            return "claim"
        if row.owner_id != self.viewer.id:
            return ""
        return "give_back" if row.delegated_by else "release"

    def _holder(self, row: Any) -> str:
        if self.done:
            return row.completed_by_name or row.owner_name or ""
        if row.owner_name is None:
            return self.stage(row.completed_by_round, row.stage, row.state).capitalize()
        return _("Ông/bà") if row.owner_id == self.viewer.id else str(row.owner_name)

    def _stage(self, row: Any) -> str:
        """Beside the holder's name only."""
        if self.done or row.owner_name is None:
            return ""
        stage = self.stage(row.completed_by_round, row.stage, row.state)
        if not row.delegated_by:
            return stage
        who = _("ông/bà") if row.delegated_by == self.viewer.id else row.delegated_by_name
        return stage + _("; %(who)s nhờ xử lý", who=who)

    def _flags(self, row: Any) -> Iterator[Flag]:
        going_on = not self.done
        if going_on and row.priority < USUAL:
            yield Flag(_("Khẩn"), "flag--warning flag--urgent")
        if row.returned:
            yield Flag(_("Bị trả lại"), "flag--warning")
        elif going_on and row.stage == "preparing" and row.note:
            yield Flag(_("Lãnh đạo trả lại người soạn"), "flag--warning")
        if going_on and row.stage == "signing":
            yield Flag(_("Chờ ký"))
        if row.completed_by_round:
            yield Flag(_("Liên thông đợt xét"))
        if going_on and row.follow_up_on:
            come = row.follow_up_on <= self.today
            text = _("Đến ngày xem lại") if come else _("Xem lại")
            yield Flag(f"{text} {words.day(row.follow_up_on)}", "flag--warning" if come else "")
        if going_on and row.stage == "preparing" and row.given:
            yield Flag(_("Giao ông/bà %(count)s chỉ tiêu", count=row.given))


def handles(viewer: Viewer, task: Any) -> bool:
    """Whether this person prepares or signs the task at its present stage (a clerk only looks on)."""
    return handles_place(viewer, task.group, task.unit_id, task.signer, task.stage)


def handles_place(viewer: Viewer, group: str, unit_id: uuid.UUID | None, signer: str, stage: str) -> bool:
    signs = viewer.seat_for_signing(group, unit_id, signer)
    return bool(signs or (stage == "preparing" and viewer.seat_for_preparing(group, unit_id)))


def stands_in(viewer: Viewer, group: str, unit_id: uuid.UUID | None) -> str:
    """The paper by which the viewer sees a task, where only as somebody's substitute; "" otherwise."""
    seats = [seat for seat in viewer.seats_at(unit_id) if seat.belongs_to(group, unit_id)]
    if not seats or any(seat.substitutes is None for seat in seats):
        return ""
    return seats[0].legal_basis or _("văn bản ủy quyền")


class Addresses:
    """`address(name, task_id)` of one task's page and acts, each kind put together once."""

    def __init__(self, here: Mapping[str, Any]) -> None:
        self._patterns: dict[str, tuple[str, str]] = {}
        self._here = here

    def __call__(self, name: str, task_id: str) -> str:
        if name not in self._patterns:
            where = {} if name == "task_page" else self._here
            path = url_for(f"pages.{name}", task_id=_ANY_TASK, **where)
            before, _, after = path.partition(str(_ANY_TASK))
            self._patterns[name] = before, after
        before, after = self._patterns[name]
        return f"{before}{task_id}{after}"
