"""The log of a case as process mining reads it: what happened to which task, in the words of XES.

One event of the log may be several happenings: a task is completed, another withdrawn, a third opened. All
carry the event's number. Pure: events and the procedure's names in, happenings out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.exports.gathering import LoggedEvent
from service.wording import recorded

# What an event is called that is no step of a task's own life.
ACTIVITIES: Mapping[str, str] = {
    "case_opened": recorded("Mở hồ sơ"),
    "task_priority_set": recorded("Đặt mức ưu tiên"),
    "rows_assigned": recorded("Giao chỉ tiêu"),
    "rows_taken_back": recorded("Nhận lại chỉ tiêu"),
    "signature_requested": recorded("Trình ký"),
    "returned_to_officer": recorded("Trả lại người soạn"),
    "case_withdrawn": recorded("Xã rút hồ sơ"),
    "commune_dissolved": recorded("Đơn vị chấm dứt hoạt động"),
    "opinion_waived": recorded("Ghi nhận văn bản cho phép đi tiếp"),
    "case_set_aside": recorded("Để lại đợt sau"),
    "timer_fired": recorded("Đến hạn"),
    "due_dates_recomputed": recorded("Tính lại thời hạn"),
    "message_caught": recorded("Nhận thông điệp"),
    "signal_caught": recorded("Nhận tín hiệu"),
    "job_completed": recorded("Hệ thống thực hiện"),
    "job_failed": recorded("Hệ thống không thực hiện được"),
    "document_numbered": recorded("Cấp số văn bản"),
    "signed_copy_filed": recorded("Lưu bản đã ký"),
    "content_erased": recorded("Xóa nội dung theo quy định lưu trữ"),
}
TASK_OPENED, TASK_WITHDRAWN, TASK_COMPLETED = "task_opened", "task_withdrawn", "task_completed"
HANDED = frozenset({"task_assigned", "task_handed_over", "task_delegated", "task_given_back"})
_OWN_LIFE = frozenset({"task_claimed", "task_released", TASK_COMPLETED}) | HANDED
# Where a task stands; from waiting on, somebody has begun.
_SCHEDULED, _ASSIGNED, _RUNNING, _WAITING = range(4)


@dataclass(frozen=True, slots=True)
class Happening:
    """`transition`: of the XES lifecycle extension's standard model. `kind`: the event's type, or task_opened
    and task_withdrawn, which other events bring about. `task`: its ref; `unit`: an id; `due`: an ISO date."""

    event: LoggedEvent
    part: int
    kind: str
    activity: str
    transition: str
    element: str = ""
    task: str = ""
    group: str = ""
    unit: str | None = None
    due: str | None = None
    by_person: bool = False

    @property
    def seq_part(self) -> tuple[int, int]:
        """The number of its event, and its own among what that one brought about."""
        return self.event.seq, self.part

    @property
    def person(self) -> str | None:
        """Who did it; tasks are opened and withdrawn by nobody."""
        return self.event.body["actor"]["id"] if self.by_person else None


@dataclass(slots=True)
class _Task:
    element: str
    group: str
    unit: str | None
    stands: int = _SCHEDULED


def happenings(events: Iterable[LoggedEvent], name_of: Callable[[str], str]) -> Iterator[Happening]:
    """In the order of the log. `name_of`: an element's name in the diagram."""
    tasks: dict[str, _Task] = {}
    for event in events:
        made = [_own(event, tasks, name_of), *_brought_about(event, tasks, name_of)]
        for part, fields in enumerate(made):
            yield Happening(event=event, part=part, **fields)


def _own(event: LoggedEvent, tasks: Mapping[str, _Task], name_of: Callable[[str], str]) -> dict[str, Any]:
    data, kind = event.data, event.body["type"]
    element = data.get("element") or ""
    task = tasks.get(data.get("task") or "")
    fields: dict[str, Any] = {
        "kind": kind,
        "activity": name_of(element) if kind in _OWN_LIFE else _activity(kind, element, name_of),
        "transition": "complete",
        "element": element,
        "task": data.get("task") or "",
        "by_person": event.body["actor"]["id"] is not None,
    }
    if task is not None:
        fields |= {"element": task.element, "group": task.group, "unit": task.unit}
        fields["transition"] = _moved(task, kind)
    return fields


def _activity(kind: str, element: str, name_of: Callable[[str], str]) -> str:
    called = ACTIVITIES.get(kind, kind)
    return f"{called}: {name_of(element)}" if element else called


def _moved(task: _Task, kind: str) -> str:
    """Which transition of the standard model it is; the task stands elsewhere afterwards."""
    stood = task.stands
    if kind == "task_claimed":
        task.stands = _RUNNING
        return "resume" if stood == _WAITING else "start"
    if kind == "task_released":
        task.stands = _WAITING if stood >= _RUNNING else _SCHEDULED
        return "suspend" if stood >= _RUNNING else "reassign"
    if kind in HANDED:
        task.stands = max(stood, _ASSIGNED)
        return "assign" if stood == _SCHEDULED else "reassign"
    if kind == "signature_requested":  # it waits for the leader
        task.stands = _WAITING
    elif kind == "returned_to_officer":
        task.stands = _RUNNING
    return "complete"


def _brought_about(
    event: LoggedEvent, tasks: dict[str, _Task], name_of: Callable[[str], str]
) -> Iterator[dict[str, Any]]:
    """Tasks withdrawn, then tasks opened, in the order of the record."""
    for ref in event.data.get("withdrawn", ()):
        gone = tasks.get(ref)
        if gone is not None:
            yield {
                "kind": TASK_WITHDRAWN,
                "activity": name_of(gone.element),
                "transition": "ate_abort" if gone.stands >= _RUNNING else "withdraw",
                "element": gone.element,
                "task": ref,
                "group": gone.group,
                "unit": gone.unit,
            }
    for opened in event.data.get("opened", ()):
        element, group = opened["element"], opened.get("group") or ""
        tasks[opened["ref"]] = _Task(element, group, opened.get("unit"))
        yield {
            "kind": TASK_OPENED,
            "activity": name_of(element),
            "transition": "schedule",
            "element": element,
            "task": opened["ref"],
            "group": group,
            "unit": opened.get("unit"),
            "due": opened.get("due"),
        }
