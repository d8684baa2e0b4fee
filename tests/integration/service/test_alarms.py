"""What cannot go on is said aloud, to those who can do something about it."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import update

from service.audit.alarms import alarms
from service.database import transaction
from service.engine.errors import NoFlowTaken
from service.errors import CaseStuck
from service.models import Case, OutboxRow
from service.tasks.operations import sign_task
from tests.builders import NOON, an_open_case, case_of, hand_up, person, story_answers
from tests.integration.service.scenes import nothing_is_wrong


def test_a_quiet_installation_has_no_alarm(core: Flask):
    an_open_case()

    assert alarms(NOON) == []


def test_an_act_that_the_engine_refuses_changes_nothing_and_is_told_to_administrators(either_core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    before = case_of(case_id).rev

    with (
        patch("service.tasks.completion.runtime.complete", side_effect=NoFlowTaken("Không đi tiếp được.")),
        pytest.raises(CaseStuck),
    ):
        sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON)

    assert case_of(case_id).rev == before
    assert [alarm.code for alarm in alarms(NOON)] == ["CN-2023-000001"]
    nothing_is_wrong()


def test_a_case_at_rest_with_nobody_to_act_and_a_delivery_given_up_are_told(core: Flask):
    case_id = an_open_case()
    with transaction() as session:
        session.execute(update(Case).where(Case.id == case_id).values(status="stuck"))
        session.add(
            OutboxRow(
                kind="round_act",
                case_id=case_id,
                payload={},
                state="dead",
                available_at=NOON,
                created_at=NOON,
            )
        )

    sentences = [alarm.sentence for alarm in alarms(NOON)]

    assert sentences == [
        "Hồ sơ dừng bất thường: không còn việc, thời hạn hay thông báo nào đang chờ.",
        "Việc nền “round_act” đã thử nhiều lần không được.",
    ]
