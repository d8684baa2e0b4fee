"""What a diagram asks of the service and the service cannot give: problems found at publication."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from forms import InvalidForm, parse_form
from service.engine.definition import HumanTask
from service.engine.errors import Problem
from service.engine.outline import Outline
from service.processes.acts import LEVEL_OF_ACT
from service.processes.groups import SIGNERS, signer_of
from service.processes.rules import RULES
from service.processes.topics import TOPICS


def unserved(outline: Outline, forms: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[Problem]:
    """Groups, forms, signers, jobs, rules and messages that are not ours.

    `forms` are texts by key, `groups` the names of those that exist by what a diagram writes.
    """
    for task in outline.tasks.values():
        for fault, message, remedy in _task_faults(task, forms, groups):
            yield Problem(task.id, task.name, fault, "error", message, remedy)
    for element, topic in sorted(outline.topics.items()):
        for message, remedy in _job_faults(topic, outline.job_properties(element), groups):
            yield Problem(element, outline.label(element), "known-job", "error", message, remedy)
    for element, rule in sorted(outline.rules.items()):
        if rule.topic not in RULES:
            message = f"Không có quy tắc {rule.topic!r}."
            remedy = f"Chọn một trong: {', '.join(sorted(RULES))}."
            yield Problem(element, outline.label(element), "known-rule", "error", message, remedy)
    for element, thrown in sorted(outline.throws.items()):
        if thrown.name in LEVEL_OF_ACT:
            yield Problem(
                element,
                outline.label(element),
                "reserved-message",
                "error",
                f"Thông điệp {thrown.name!r} là thao tác của lãnh đạo đơn vị, sơ đồ không tự gửi được.",
                "Đặt tên khác cho thông điệp.",
            )
    yield from _unreadable(forms)


def _unreadable(forms: Mapping[str, str]) -> Iterator[Problem]:
    for key, content in sorted(forms.items()):
        try:
            parse_form(content.encode(), f"{key}.form")
        except InvalidForm as error:
            yield Problem("", key, "readable-form", "error", str(error), "Sửa biểu mẫu rồi ban hành lại.")


def _job_faults(
    topic: str, properties: Mapping[str, str], groups: Collection[str]
) -> Iterator[tuple[str, str]]:
    known = TOPICS.get(topic)
    if known is None:
        yield (
            f"Không có dịch vụ nào làm việc {topic!r}, hồ sơ sẽ đứng lại.",
            f"Chọn một trong: {', '.join(sorted(TOPICS))}; hoặc giao cho người làm.",
        )
    else:
        yield from known.faults(properties, groups)


def _task_faults(
    task: HumanTask, forms: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """(rule, message, remedy) for each thing that a human task needs and lacks."""
    if len(task.groups) != 1 or task.groups[0] not in known:
        groups = ", ".join(f"{name} ({key})" for key, name in known.items())
        yield (
            "known-group",
            "Bước này phải giao cho đúng một nhóm có thật.",
            f"Chọn một trong: {groups}; sở, ngành chưa có thì nhờ quản trị thêm ở trang Đơn vị.",
        )
    if task.form_key and task.form_key not in forms:
        yield (
            "known-form",
            f"Không có biểu mẫu {task.form_key!r}.",
            "Chọn biểu mẫu ở ô Biểu mẫu, hoặc nộp kèm biểu mẫu này.",
        )
    signer = task.properties.get("signer", "none")
    if signer not in SIGNERS:
        signers = ", ".join(sorted(SIGNERS))
        yield "known-signer", f"Người ký {signer!r} không có trong hệ thống.", f"Chọn một trong: {signers}."
    elif signer != "none" and task.groups and signer != (fits := signer_of(task.groups[0])):
        yield (
            "signer-of-group",
            f"Nhóm {task.groups[0]!r} không có người ký {signer!r}, việc sẽ không ai ký được.",
            f"Chọn người ký {fits!r}, hoặc giao bước này cho nhóm khác.",
        )
