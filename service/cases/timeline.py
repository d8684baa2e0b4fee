"""*Quá trình xử lý*: the events of a case told in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.audit.erased import ERASED as CONTENT_ERASED
from service.audit.erased import PERIOD
from service.audit.queries import RecordedEvent, case_events
from service.cases.event_details import beside_the_log, day_of, details
from service.cases.topics import topic_of
from service.identity.queries import names_of
from service.models import Case
from service.processes.queries import Procedure, procedure
from service.wording import _, marked

# Events that name the colleague whose the task, or some rows of its table, have become or were.
HANDED = frozenset(
    {
        "task_assigned",
        "task_handed_over",
        "task_delegated",
        "task_given_back",
        "rows_assigned",
        "rows_taken_back",
    }
)
ERASED = marked("(nội dung đã xóa khi hết thời hạn lưu trữ)")
LEFT_OUT = marked("(không xuất nội dung do người ghi)")


@dataclass(frozen=True)
class Entry:
    """One line: when, who, what happened; `details` are the reasons, gateways first; `topic`: see topics."""

    seq: int
    at: datetime
    actor: str
    sentence: str
    details: tuple[str, ...]
    kind: str
    topic: str


def timeline(
    case: Case,
    *,
    hide: frozenset[str] = frozenset(),
    names: Mapping[uuid.UUID, str] | None = None,
    with_words: bool = True,
) -> list[Entry]:
    """Every event of the case, oldest first. `hide`: steps whose content must not show yet.

    `names` stand for people instead of their own; without words, what people wrote is left out.
    """
    events = case_events(case.id)
    bundle = procedure(case.process_version_id)
    if names is None:
        names = names_of(people_in(events))
    told = beside_the_log(case, events)
    if not with_words:
        events, told = [_unsaid(one) for one in events], replace(told, reasons={})
    return [
        Entry(
            seq=event.seq,
            at=event.at,
            actor=names.get(event.actor_id, _("Hệ thống")) if event.actor_id else _("Hệ thống"),
            sentence=sentence_of(event, bundle, names),
            details=tuple(details(event, bundle, hide, told)),
            kind=event.type,
            topic=topic_of(event.type, event.data),
        )
        for event in events
    ]


def people_in(events: Iterable[RecordedEvent]) -> set[uuid.UUID]:
    """All whom events name: who acted, in whose place, who prepared and helped, who was handed the work."""
    people: set[uuid.UUID] = set()
    for event in events:
        named = [*event.data.get("helped_by", ()), event.data.get("prepared_by")]
        if event.type == CONTENT_ERASED:
            named += [event.data["proposed_by"], event.data["approved_by"]]
        if event.type in HANDED:
            named.append(event.data["to"])
        people.update(uuid.UUID(one) for one in named if one)
        people.update(one for one in (event.actor_id, event.acting_for) if one)
    return people


def _unsaid(event: RecordedEvent) -> RecordedEvent:
    """Without what people typed: private parts only where a sentence would quote one, no rule that quotes."""
    quoted = "reason" in event.digests or "reason" in event.data
    decisions = [one for one in event.data.get("decisions", ()) if one["kind"] != "rule"]
    return replace(
        event,
        private={"reason": _(LEFT_OUT)} if quoted else {},
        data={**event.data, "decisions": decisions},
    )


def sentence_of(event: RecordedEvent, bundle: Procedure, names: Mapping[uuid.UUID, str]) -> str:
    """What happened, and in whose place; `names` as of `people_in`."""
    return _sentence(event, bundle, names) + _in_place_of(event, names)


def _sentence(event: RecordedEvent, bundle: Procedure, names: Mapping[uuid.UUID, str]) -> str:
    tell = _SENTENCES.get(event.type)
    if tell is not None:
        kept = event.data.get("reason", _(ERASED))  # in the log where it is no person's words
        told = {**event.data, "reason": event.private.get("reason", kept)}
        if event.type in HANDED:
            told["to"] = names.get(uuid.UUID(event.data["to"]), _("một đồng nghiệp"))
        if event.type == CONTENT_ERASED:
            told |= {
                who: names.get(uuid.UUID(event.data[who]), _("một tài khoản không còn"))
                for who in ("proposed_by", "approved_by")
            }
        noted = _(" Có lời nhắn cho người nhận.") if event.data.get("noted") else ""
        return tell(told, bundle) + noted
    if event.type == "task_completed":
        return _completed(event.data, bundle, names)
    return event.type


def _erased_things(data: Mapping[str, Any]) -> int:
    return sum(item.get("count", 1) for item in data["items"])


def _in_place_of(event: RecordedEvent, names: Mapping[uuid.UUID, str]) -> str:
    """Whose act it would have been, where a substitute did it."""
    if event.acting_for is None:
        return ""
    return _(
        " Xử lý thay (theo ủy quyền) %(acting_for)s.",
        acting_for=names.get(event.acting_for, _("người vắng mặt")),
    )


def _completed(data: Mapping[str, Any], bundle: Procedure, names: Mapping[uuid.UUID, str]) -> str:
    step = bundle.element_name(data["element"])
    prepared, helped = data.get("prepared_by"), data.get("helped_by", ())
    by = (
        _(" (người soạn: %(prepared)s)", prepared=names.get(uuid.UUID(prepared), prepared))
        if prepared
        else ""
    )
    if helped:
        helpers = ", ".join(sorted(names.get(uuid.UUID(one), one) for one in helped))
        by += _(" (cùng ghi nội dung: %(helpers)s)", helpers=helpers)
    verbs = {
        "return": (
            _("“%(step)s”: chuyển lại Sở", step=step)
            if _decided_in_round(data["element"], bundle)
            else _("Trả lại bổ sung tại bước “%(step)s”", step=step)
        ),
        "recognise": _("“%(step)s”: công nhận", step=step),
        "refuse": _("“%(step)s”: không công nhận", step=step),
    }
    return verbs.get(data["action"], _("Hoàn thành bước “%(step)s”", step=step)) + by + "."


def _decided_in_round(element: str, bundle: Procedure) -> bool:
    """The Chairman sends nothing back to be supplemented: *Chuyển lại Sở* is what he chose."""
    task = bundle.definition.tasks.get(element)
    return task is not None and task.groups == ("chairman",)


def _step(data: Mapping[str, Any], bundle: Procedure) -> str:
    return bundle.element_name(data.get("element", ""))


def _rows(data: Mapping[str, Any]) -> str:
    return _("chỉ tiêu %(criteria)s", criteria=", ".join(data["criteria"]))


def _from(data: Mapping[str, Any]) -> str:
    return _("từ một hồ sơ khác") if data.get("sender") else _("do quản trị viên gửi")


_SENTENCES: dict[str, Callable[[Mapping[str, Any], Procedure], str]] = {
    "case_opened": lambda data, bundle: (
        _("Mở hồ sơ %(code)s ", code=data["code"])
        + (
            _("theo chỉ tiêu được giao (%(basis_source)s)", basis_source=data["basis_source"])
            if data["basis"] == "assigned"
            else _("theo đăng ký tự nguyện của xã")
        )
        + _(", quy trình %(name)s phiên bản %(version)s.", name=bundle.name, version=data["version"])
    ),
    "task_claimed": lambda data, bundle: _("Nhận xử lý bước “%(step)s”.", step=_step(data, bundle)),
    "task_released": lambda data, bundle: _("Trả lại việc chung bước “%(step)s”.", step=_step(data, bundle)),
    "task_assigned": lambda data, bundle: _(
        "Giao bước “%(step)s” cho %(to)s.", step=_step(data, bundle), to=data["to"]
    ),
    "task_handed_over": lambda data, bundle: _(
        "Chuyển bước “%(step)s” cho %(to)s.", step=_step(data, bundle), to=data["to"]
    ),
    "task_delegated": lambda data, bundle: _(
        "Nhờ %(to)s xử lý bước “%(step)s”.", to=data["to"], step=_step(data, bundle)
    ),
    "task_given_back": lambda data, bundle: _(
        "Trả bước “%(step)s” lại cho %(to)s, người đã nhờ xử lý.", step=_step(data, bundle), to=data["to"]
    ),
    "rows_assigned": lambda data, bundle: _(
        "Giao %(rows)s ở bước “%(step)s” cho %(to)s.",
        rows=_rows(data),
        step=_step(data, bundle),
        to=data["to"],
    ),
    "rows_taken_back": lambda data, bundle: _(
        "Nhận lại %(rows)s ở bước “%(step)s” đã giao cho %(to)s.",
        rows=_rows(data),
        step=_step(data, bundle),
        to=data["to"],
    ),
    "task_priority_set": lambda data, bundle: _(
        "Đặt mức ưu tiên của bước “%(step)s”: %(priority)s.",
        step=_step(data, bundle),
        priority=_("khẩn") if data["priority"] == 2 else _("thường"),
    ),
    "signature_requested": lambda data, bundle: (
        _("Trình ký trả lại bước “%(step)s”.", step=_step(data, bundle))
        if data.get("action") == "return"
        else _("Trình ký bước “%(step)s”.", step=_step(data, bundle))
    ),
    "returned_to_officer": lambda data, bundle: _(
        "Trả lại người soạn bước “%(step)s”: %(reason)s", step=_step(data, bundle), reason=data["reason"]
    ),
    "case_withdrawn": lambda data, _bundle: _("Xã rút hồ sơ: %(reason)s", reason=data["reason"]),
    "commune_dissolved": lambda data, _bundle: _(
        "Đơn vị chấm dứt hoạt động: %(reason)s", reason=data["reason"]
    ),
    "opinion_waived": lambda data, _bundle: _(
        "Sở TTTT ghi nhận văn bản số %(number)s ngày %(issued_on)s của Chủ tịch UBND tỉnh cho phép đi tiếp "
        "khi chưa có ý kiến của Thành viên: %(reason)s",
        number=data["number"],
        issued_on=day_of(data["issued_on"]),
        reason=data["reason"],
    ),
    "case_set_aside": lambda data, _bundle: _(
        "Chủ tịch UBND tỉnh để lại đợt sau, khi quyết định “%(round_name)s”: %(reason)s",
        round_name=data["round_name"],
        reason=data["reason"],
    ),
    "timer_fired": lambda data, bundle: _("Đến hạn “%(step)s”.", step=bundle.element_name(data["element"])),
    "due_dates_recomputed": lambda data, _bundle: _("Tính lại thời hạn. %(reason)s", reason=data["reason"]),
    "message_caught": lambda data, _bundle: _(
        "Nhận thông điệp “%(name)s” %(sender)s.", name=data["name"], sender=_from(data)
    ),
    "signal_caught": lambda data, _bundle: _(
        "Nhận tín hiệu “%(name)s” %(sender)s.", name=data["name"], sender=_from(data)
    ),
    "job_completed": lambda data, bundle: _("Hệ thống đã thực hiện “%(step)s”.", step=_step(data, bundle)),
    "job_failed": lambda data, bundle: _(
        "Hệ thống không thực hiện được “%(step)s”.", step=_step(data, bundle)
    ),
    "document_numbered": lambda data, _bundle: _(
        "Cấp số văn bản %(number)s cho “%(title)s”.", number=data["number"], title=data["title"]
    ),
    "signed_copy_filed": lambda data, _bundle: (
        _("Thay bản đã ký của “%(title)s”.", title=data["title"])
        if data["replaces"]
        else _("Lưu bản đã ký của “%(title)s”.", title=data["title"])
    ),
    CONTENT_ERASED: lambda data, _bundle: (
        _(
            "Xóa %(count)s mục nội dung khi hết thời hạn lưu trữ. %(proposed)s đề nghị, %(approved)s duyệt: "
            "%(reason)s",
            count=_erased_things(data),
            proposed=data["proposed_by"],
            approved=data["approved_by"],
            reason=data["reason"],
        )
        if data["why"] == PERIOD
        else _(
            "Lược bỏ %(count)s mục nội dung. %(proposed)s đề nghị, %(approved)s duyệt: %(reason)s",
            count=_erased_things(data),
            proposed=data["proposed_by"],
            approved=data["approved_by"],
            reason=data["reason"],
        )
    ),
}
