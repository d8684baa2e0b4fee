"""In whose hands an open task is, on its page: who has it, who gave it with which words, what one may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from service.http.access import current_viewer
from service.identity.queries import names_of
from service.models import Task
from service.tasks.colleagues import leading_seat
from service.tasks.received import Hand, last_hand
from service.web import words
from service.web.worklist_rows import handles
from service.wording import Words, marked

GIVEN = Words(
    {
        "task_assigned": marked("%(by)s giao việc này cho %(to)s, %(at)s."),
        "task_handed_over": marked("%(by)s chuyển việc này cho %(to)s, %(at)s."),
        "task_delegated": marked("%(by)s nhờ %(to)s xử lý việc này, %(at)s."),
        "task_given_back": marked("%(by)s trả việc này lại cho %(to)s, %(at)s."),
    }
)


@dataclass(frozen=True)
class Hands:
    """`act` is what the viewer may do at once: claim | give_back | release or ""; `arranges`: and more."""

    holder: str
    given: str
    hand: Hand | None
    act: str
    arranges: bool
    for_me: bool


def hands_of(task: Task) -> Hands | None:
    """None for a closed task, and for who has nothing to do with its unit."""
    viewer = current_viewer()
    if not task.is_open or (task.group, task.unit_id) not in viewer.worklist_groups:
        return None
    mine = handles(viewer, task)
    people = {one for one in (task.owner_id, task.delegated_by) if one is not None}
    hand = last_hand(task, viewer)
    holder = _name(names_of(people), task.owner_id, viewer.id)
    act = ""
    if mine and not task.completed_by_round:
        if task.owner_id is None:
            act = "claim"
        elif task.owner_id == viewer.id:
            act = "give_back" if task.delegated_by else "release"
    return Hands(
        holder=f"{holder} ({words.stage(task)})" if holder else words.stage(task).capitalize(),
        given=_given(hand, holder) if hand else "",
        hand=hand,
        act=act,
        arranges=mine or leading_seat(viewer, task.group, task.unit_id) is not None,
        for_me=task.owner_id == viewer.id,
    )


def _given(hand: Hand, holder: str) -> str:
    to = _("ông/bà") if holder == _("Ông/bà") else holder
    return GIVEN[hand.kind] % {"by": hand.by, "to": to, "at": words.moment(hand.at)}


def _name(names: dict[Any, str], person: Any, viewer: Any) -> str:
    if person is None:
        return ""
    return _("Ông/bà") if person == viewer else names.get(person, _("một đồng nghiệp"))
