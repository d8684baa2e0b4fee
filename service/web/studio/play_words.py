"""What the pages of playing and of scenarios call things."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flask_babel import gettext as _

from service.engine.definition import Definition
from service.processes.groups import LEVELS, SIGNERS, agency_names
from service.studio.play.acts import COMPLETE, FAIL, JOB, MESSAGE, SIGNAL, START, TIMER, WAIT
from service.studio.play.expectations import FLOW
from service.studio.play.played import OpenTask, Played
from service.wording import Words, marked

ACTS: Words[str] = Words(
    {
        START: marked("Mở hồ sơ"),
        COMPLETE: marked("Hoàn thành"),
        WAIT: marked("Thời gian trôi"),
        TIMER: marked("Đến hẹn giờ"),
        MESSAGE: marked("Nhận thông điệp"),
        SIGNAL: marked("Nhận tín hiệu"),
        JOB: marked("Việc tự động xong"),
        FAIL: marked("Việc tự động báo lỗi"),
    }
)
# How the diagram's script draws a mark: see frontend/src/diagram_changes.js.
PASSED, UNCOVERED = "passed", "uncovered"


def who_acts(task: OpenTask) -> str:
    """Whose step it is and who signs, in words."""
    agencies = agency_names(frozenset(task.groups))
    group = ", ".join(LEVELS.get(one) or agencies.get(one, one) for one in task.groups)
    signer = SIGNERS.get(task.signer, task.signer)
    if task.signer == "none":
        return _("%(group)s, không ký", group=group)
    return _("%(group)s; ký: %(signer)s", group=group, signer=signer)


def marks_of(played: Played, definition: Definition) -> str:
    """The flows that were taken, for the diagram: {flow: [mark, word]}."""
    flows = (one for one in played.passed if definition.elements[one].type == FLOW)
    return _marks(sorted(flows), PASSED, _("Đã đi"))


def uncovered_marks(elements: Iterable[str]) -> str:
    return _marks(elements, UNCOVERED, _("Chưa thử"))


def _marks(elements: Iterable[str], mark: str, word: str) -> str:
    return json.dumps({one: [mark, word] for one in elements}, ensure_ascii=False)
