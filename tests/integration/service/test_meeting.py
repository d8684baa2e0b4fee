"""What the minutes of the meeting must say: of every disputed criterion, and nothing that contradicts it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from service.cases.levels import levels_of
from service.cases.timeline import timeline
from service.errors import BadInput
from service.rounds.standing import standing_of
from service.tasks.operations import current_rev, sign_task, submit_for_signature
from tests.builders import NOON, a_case_at, case_of, open_task, person, story_answers
from tests.integration.service.scenes import (
    EMPTY,
    a_case_with_all_met,
    all_met,
    nothing_is_wrong,
    open_tasks,
    status_of,
    step_done,
)

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
    assert handed_up(criteria=with_2_6(raw="56,3%", reason="")) == {
        "criteria.2.6.reason": ["Chỉ tiêu 2.6: thống nhất khác kết luận của Sở (chưa đạt), hãy ghi lý do."]
    }
    # A row that contradicts itself is told of that alone, not that nothing was chosen in it.
    assert list(handed_up(criteria=with_2_6(agreed=False))) == ["criteria.2.6.raw"]
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


def test_a_member_who_speaks_of_one_criterion_and_says_yes_is_met_on_that_criterion_alone(
    core: Flask,
) -> None:
    """35 criteria of 2023: the member finds 2.6 otherwise and leaves 34 to its overall yes."""
    case_id = a_case_with_all_met("member_opinion")
    low = {**EMPTY, "raw": "50%", "reason": "Còn 10 doanh nghiệp chưa có tài khoản"}
    spoken = {
        **all_met("member_opinion"),
        "overall": "yes",
        "opinion": "Xã đã cố gắng.",
        "criteria": {"2.6": low},
    }
    step_done(case_id, "member_opinion", spoken)
    no_such = {"criterion": "9.9", "opinion": "Xem lại", "response": "Tiếp thu"}
    with pytest.raises(BadInput) as refused:
        submit_for_signature(
            task_id=open_task(case_id, "district_consolidate"),
            answers={**all_met("district_consolidate"), "opinion_taken_up": [no_such]},
            seen_rev=0,
            by=person("huyen-bimson-chuyenvien"),
            now=NOON,
        )
    assert list(refused.value.fields) == ["opinion_taken_up.0.criterion"]
    for element in ("district_consolidate", "department_verify"):
        step_done(case_id, element, all_met(element))

    found = levels_of(case_of(case_id)).comparison()
    assert found.why == "Chưa thống nhất: Chỉ tiêu 2.6: Sở đạt, Thành viên chưa đạt."
    assert found.notes == ("Thành viên không có ý kiến riêng về 34 chỉ tiêu; so theo ý kiến chung.",)

    still_open = {**EMPTY, "reason": "Hai nguồn số liệu", "agreed": False}
    minutes = {**story_answers(MEETING), "outcome": "differs", "criteria": {"2.6": still_open}}
    step_done(case_id, MEETING, minutes)

    # Sở's value counts for Điều 2, yet nobody says of it that it is met.
    assert list(open_tasks(case_id)) == ["department_submit"]
    standing = standing_of(case_of(case_id))
    assert (standing.eligible, standing.overall, standing.opinion) == ("yes", "yes", "Xã đã cố gắng.")
    assert standing.open_disagreements == ("2.6",)
    assert standing.notes == found.notes
    assert standing.reasons[0] == (
        "34/35 chỉ tiêu được đánh giá năm 2023 đạt; 1 chỉ tiêu còn ý kiến khác nhau "
        "(2.6: Sở đạt, Thành viên chưa đạt)."
    )
    told = "\n".join(line for entry in timeline(case_of(case_id)) for line in entry.details)
    assert "35/35" not in told
    assert "Hồ sơ đã đầy đủ: có (UBND cấp huyện gửi lấy ý kiến)." in told
    assert "Thành viên đề nghị bổ sung: không (Thành viên phụ trách gửi ý kiến)." in told
    assert "Kết quả đã thống nhất: không.\n" in told
    assert "Đủ điều kiện: có.\n" in told
    assert "1 chỉ tiêu còn ý kiến khác nhau (2.6: Sở đạt, Thành viên chưa đạt)" in told
