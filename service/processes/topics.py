"""Work that the service itself does for a diagram: the topics of service tasks and what each must be told.

`jobs.service_tasks` performs them. Topics are kept for ever: changed work gets a new topic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

NOTIFY, WEBHOOK = "notify", "webhook"
LONGEST_TEXT = 300
_WEBHOOK_NAME = re.compile(r"\w[\w .-]{0,99}")

# What is wrong with a value, given the groups that there are, as a sentence; "" where nothing is.
Fault = Callable[[str, Collection[str]], str]


@dataclass(frozen=True)
class Topic:
    """`properties` are the camunda:properties that the task must have, each with a test of its value."""

    name: str
    properties: Mapping[str, Fault]

    def faults(self, given: Mapping[str, str], groups: Collection[str]) -> Iterator[tuple[str, str]]:
        """(message, remedy) of each property that is missing, unknown or unusable."""
        wanted = ", ".join(sorted(self.properties))
        for name, fault in self.properties.items():
            value = given.get(name, "").strip()
            why = fault(value, groups) if value else "chưa ghi."
            if why:
                yield f"Thuộc tính {name!r} của việc {self.name!r}: {why}", f"Cần các thuộc tính: {wanted}."
        for name in sorted(given.keys() - self.properties.keys()):
            yield f"Việc {self.name!r} không có thuộc tính {name!r}.", f"Chỉ dùng: {wanted}."


def _group(value: str, groups: Collection[str]) -> str:
    return "" if value in groups else f"chọn một trong: {', '.join(sorted(groups))}."


def _text(value: str, _groups: Collection[str]) -> str:
    return "" if len(value) <= LONGEST_TEXT else f"dài quá {LONGEST_TEXT} ký tự."


def _webhook(value: str, _groups: Collection[str]) -> str:
    return "" if _WEBHOOK_NAME.fullmatch(value) else "không phải tên một webhook."


TOPICS: Mapping[str, Topic] = {
    # Tells the people of the case's own unit of that group.
    NOTIFY: Topic(NOTIFY, {"group": _group, "text": _text}),
    # Waits until another system has taken the case in; error codes `refused` (4xx) and `unknown` (no such).
    WEBHOOK: Topic(WEBHOOK, {"webhook": _webhook}),
}
