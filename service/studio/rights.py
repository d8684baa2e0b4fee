"""Who may draw, approve and publish; and what a new version changes of who acts, sees and is kept out.

The sentences are what the approver answers for. They are kept with the approval and in the log as they read
on that day, so they are never translated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any

from service.engine.definition import Definition, HumanTask
from service.errors import NotAllowed
from service.identity.viewer import Seat, Viewer
from service.models import Role
from service.processes.independence import DEPARTMENT, MEMBER
from service.wording import _, recorded

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
ACTING, SEEING, EXCLUDING = "acting", "seeing", "excluding"
GAINED, LOST = "gained", "lost"
# Who fills in a task of the group.
_PREPARES = {
    "commune": recorded("Chuyên viên UBND cấp xã"),
    "district": recorded("Chuyên viên UBND cấp huyện"),
    "department": recorded("Chuyên viên Sở TTTT"),
    "province_member": recorded("Thành viên Ban Chỉ đạo tỉnh phụ trách địa bàn"),
    "chairman": recorded("Chủ tịch UBND tỉnh"),
}
_LEVELS = {
    "commune": recorded("UBND cấp xã"),
    "district": recorded("UBND cấp huyện"),
    "department": recorded("Sở TTTT"),
    "province_member": recorded("thành viên Ban Chỉ đạo tỉnh"),
    "chairman": recorded("Chủ tịch UBND tỉnh"),
}
_SIGNS = {
    "leader": recorded("Lãnh đạo {level}"),
    "member": recorded("Thành viên Ban Chỉ đạo tỉnh"),
    "chairman": recorded("Chủ tịch UBND tỉnh"),
}


@dataclass(frozen=True)
class RightsChange:
    """`kind` acting | seeing | excluding, `way` gained | lost; `step` "" concerns the whole case."""

    step: str
    kind: str
    way: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def owner_seat(viewer: Viewer) -> Seat:
    """The seat from which somebody owns procedures; raises NotAllowed."""
    seat = next((one for one in viewer.seats if one.role == Role.PROCESS_OWNER), None)
    if seat is None:
        raise NotAllowed(_("Chỉ người quản lý quy trình soạn, phê duyệt và ban hành quy trình."))
    return seat


def rights_changes(
    before: Definition | None,
    after: Definition,
    agencies: Mapping[str, str] = _NO_NAMES,
    titles: Mapping[str, str] = _NO_NAMES,
) -> list[RightsChange]:
    """What `after` gives and takes compared with `before`; without one, all that it gives.

    `agencies` are the names of groups that are no level, `titles` what forms are called, by key.
    """
    was, now = _rights(before, agencies, titles) if before else {}, _rights(after, agencies, titles)
    given = [
        RightsChange(step, kind, GAINED, now[key])
        for key in now
        if key not in was
        for step, kind in [key[:2]]
    ]
    taken = [
        RightsChange(step, kind, LOST, was[key]) for key in was if key not in now for step, kind in [key[:2]]
    ]
    steps = dict.fromkeys([*after.tasks, *(before.tasks if before else ())])
    order = {step: place for place, step in enumerate(steps)}
    kinds = [ACTING, SEEING, EXCLUDING]
    return sorted(
        [*taken, *given],
        key=lambda one: (order.get(one.step, len(order)), kinds.index(one.kind), one.way == GAINED),
    )


_Key = tuple[str, str, str]


def _rights(
    definition: Definition, agencies: Mapping[str, str], titles: Mapping[str, str]
) -> Mapping[_Key, str]:
    """{(step, kind, what exactly): in words}; two versions differ in rights where the keys do."""
    found: dict[_Key, str] = {}
    for task in definition.tasks.values():
        for kind, exactly, sentence in _of_task(task, agencies, titles):
            found[task.id, kind, exactly] = sentence
    for exactly, sentence in [*_separated(definition, agencies), *_independent(definition)]:
        found["", EXCLUDING, exactly] = sentence
    return found


def _of_task(
    task: HumanTask, agencies: Mapping[str, str], titles: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    group = task.groups[0] if task.groups else ""
    level = _LEVELS.get(group) or agencies.get(group, group)
    who = _PREPARES.get(group) or recorded(f"Chuyên viên {level}")
    signer = task.properties.get("signer", "none")
    if signer in _SIGNS:
        signs = _SIGNS[signer].format(level=level)
        yield ACTING, f"prepares {group}", recorded(f"{who} soạn bước “{task.name}”.")
        yield ACTING, f"signs {group} {signer}", recorded(f"{signs} ký và chuyển hồ sơ ở bước “{task.name}”.")
    else:
        yield ACTING, f"completes {group}", recorded(f"{who} tự hoàn thành bước “{task.name}”, không cần ký.")
    if task.form_key:
        form = f"“{titles[task.form_key]}”" if titles.get(task.form_key) else task.form_key
        yield (
            SEEING,
            f"form {group} {task.form_key}",
            recorded(f"{level[:1].upper()}{level[1:]} xem và điền biểu mẫu {form} ở bước “{task.name}”."),
        )


def _separated(definition: Definition, agencies: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One person never acts at two levels of a case: which levels there are decides whom that keeps out."""
    levels = {task.groups[0] for task in definition.tasks.values() if task.groups}
    names = {**agencies, **_LEVELS}
    for one, other in combinations(sorted(levels, key=[*_LEVELS, *sorted(levels)].index), 2):
        yield (
            f"separated {one} {other}",
            recorded(
                f"Người đã xử lý hồ sơ với tư cách {names.get(one, one)} không được xử lý với tư cách "
                f"{names.get(other, other)}, và ngược lại."
            ),
        )


def _independent(definition: Definition) -> Iterator[tuple[str, str]]:
    """See processes.independence: it goes by these two steps."""
    if {DEPARTMENT, MEMBER} <= definition.tasks.keys():
        yield (
            "independent",
            recorded(
                f"Sở TTTT không xem được nội dung bước “{definition.tasks[MEMBER].name}” trước khi xong bước "
                f"“{definition.tasks[DEPARTMENT].name}”."
            ),
        )
