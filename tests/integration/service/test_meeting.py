"""What the minutes of the meeting must say: of every disputed criterion, and nothing that contradicts it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from service.errors import BadInput
from service.tasks.operations import current_rev, sign_task, submit_for_signature
from tests.builders import NOON, a_case_at, open_task, person, story_answers
from tests.integration.service.scenes import nothing_is_wrong, status_of

MEETING = "reconciliation_meeting"


def test_the_minutes_settle_each_disputed_criterion_and_agree_with_themselves(core: Flask) -> None:
    """Sở finds 54,4% and the member 56,3% against 55%: 2.6 is the only one in dispute."""
    case_id = a_case_at(MEETING)
    task_id = open_task(case_id, MEETING)
    agreed = story_answers(MEETING)

    def handed_up(**changes: Any) -> dict[str, list[str]]:
        with pytest.raises(BadInput) as refused:
            submit_for_signature(
                task_id=task_id,
                answers=agreed | changes,
                seen_rev=current_rev(task_id),
                by=person("so-tttt-chuyenvien"),
                now=NOON,
            )
        return dict(refused.value.fields)

    def with_2_6(**changes: Any) -> dict[str, Any]:
        return {"2.6": agreed["criteria"]["2.6"] | changes}

    assert handed_up(criteria={}) == {
        "criteria.2.6.agreed": ["Chỉ tiêu 2.6: chọn “thống nhất” hoặc “còn ý kiến khác nhau”."]
    }
    assert list(handed_up(criteria=with_2_6(agreed=None))) == ["criteria.2.6.agreed"]
    assert handed_up(criteria=with_2_6(agreed=False, raw="")) == {
        "outcome": ["Còn chỉ tiêu chưa thống nhất: chọn “Còn ý kiến khác nhau”."]
    }

    submit_for_signature(
        task_id=task_id, answers=agreed, seen_rev=0, by=person("so-tttt-chuyenvien"), now=NOON
    )
    sign_task(task_id=task_id, by=person("so-tttt-giamdoc"), now=NOON)
    assert status_of(case_id) == ("open", None)
    assert open_task(case_id, "department_submit")
    assert nothing_is_wrong()
