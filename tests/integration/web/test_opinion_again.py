"""An opinion on an earlier version: what changed goes back to the member, that only; the rest stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import select

from service.database import db
from service.models import Submission
from tests.builders import a_case_at, do_step, open_task, story_answers
from tests.integration.service.scenes import given_back, step_done
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

MEMBER, DISTRICT = "thanhvien-bimson", "huyen-bimson-chuyenvien"


def test_only_what_changed_goes_back_to_the_member(
    as_person: Callable[[str], Visitor], behind: Callable[[Callable[[], Any]], Any]
) -> None:
    def appraised_anew() -> Any:
        case_id = a_case_at("district_consolidate")
        given_back(case_id, "district_consolidate")
        do_step(case_id, "self_assess")
        changed = story_answers("district_appraise")
        changed["criteria"]["2.6"] |= {"raw": "55,2%", "reason": "Theo bảng kê bổ sung của xã"}
        step_done(case_id, "district_appraise", changed)
        return case_id, open_task(case_id, "member_opinion")

    case_id, task = behind(appraised_anew)
    member = as_person(MEMBER)

    page, whole = member.page(f"/viec/{task}"), member.page(f"/viec/{task}?ca-bang")
    assert [page.count('data-row="'), whole.count('data-row="')] == [1, 37]
    assert "Bảng chỉ có 1 chỉ tiêu thay đổi" in page
    assert faults(page) == []
    assert "ý kiến trên bản cũ" in as_person(DISTRICT).page(f"/ho-so/{case_id}?tab=chi-tieu")

    # To find otherwise than the district without saying why is refused; the reason is enough.
    sent = {**form_fields(page), "criteria.2.6.raw": "54%", "criteria.2.6.reason": "", "do": "complete"}
    refused = member.post(f"/viec/{task}", sent)
    done = member.post(
        f"/viec/{task}", {**sent, "criteria.2.6.reason": "Bảng kê tính trùng", "do": "complete:anyway"}
    )

    assert refused.status_code == 422
    assert "Chỉ tiêu 2.6: kết luận khác UBND cấp huyện, hãy ghi lý do." in refused.text
    assert done.status_code == 303
    given = behind(lambda: latest_opinion(case_id))
    assert len(given) == 35
    assert (given["2.6"]["raw"], given["2.6"]["reason"]) == ("54%", "Bảng kê tính trùng")
    before = story_answers("member_opinion")["criteria"]
    assert {key: one["raw"] for key, one in given.items() if key != "2.6"} == {
        key: one["raw"] for key, one in before.items() if key != "2.6"
    }


def latest_opinion(case_id: Any) -> dict[str, Any]:
    content = db.session.execute(
        select(Submission.content)
        .where(Submission.case_id == case_id, Submission.element == "member_opinion")
        .order_by(Submission.seq.desc())
        .limit(1)
    ).scalar_one()
    return dict(orjson.loads(content)["answers"]["criteria"])
