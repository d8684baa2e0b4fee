"""Several people at one draft: each field is saved by itself, and no words are put over another's unseen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from service.database import db
from service.models import Draft
from service.tasks.draft_saving import Typed
from service.tasks.operations import claim_task, current_rev, save_fields
from service.tasks.rows import assign_rows
from tests.builders import NOON, an_open_case, open_task, person
from tests.integration.service.test_handling import a_colleague
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER, LEADER, COLLEAGUE = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-thidu-dongnghiep"


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    """A self-assessment that the officer holds; 2.6 and 3.2 are their colleague's."""

    def begin() -> uuid.UUID:
        colleague, task_id = a_colleague(), open_task(an_open_case(), "self_assess")
        claim_task(task_id=task_id, by=person(OFFICER), now=NOON)
        assign_rows(task_id=task_id, criteria=["2.6", "3.2"], to=colleague, by=person(OFFICER), now=NOON)
        return task_id

    return behind(begin)  # type: ignore[no-any-return]


def cell(task_id: uuid.UUID, criterion: str, value: str, who: str) -> int:
    typed = Typed(
        {"criteria": {criterion: {"raw": value}}},
        current_rev(task_id),
        frozenset({f"criteria.{criterion}.raw"}),
    )
    return save_fields(task_id=task_id, typed=typed, by=person(who), now=NOON).rev


def results(behind: Behind, task_id: uuid.UUID) -> dict[str, str]:
    criteria = behind(lambda: dict(db.session.get_one(Draft, task_id).answers["criteria"]))
    return {criterion: entry["raw"] for criterion, entry in criteria.items()}


def typed(visitor: Visitor, task_id: uuid.UUID) -> dict[str, Any]:
    return form_fields(visitor.page(f"/viec/{task_id}"))


def test_without_its_script_the_page_saves_what_was_typed_and_leaves_the_rest(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer, colleague = as_person(OFFICER), as_person(COLLEAGUE)
    opened, theirs = typed(officer, task), typed(colleague, task)
    assert "criteria.2.6.raw" in theirs
    assert "criteria.1.1.raw" not in theirs
    assert "report_summary" not in theirs

    saved = colleague.post(f"/viec/{task}", {**theirs, "criteria.2.6.raw": "60%", "do": "save"})
    both = officer.post(f"/viec/{task}", {**opened, "criteria.1.1.raw": "Có", "do": "save"})
    assert (saved.status_code, both.status_code) == (303, 303)
    assert results(behind, task) == {"1.1": "Có", "2.6": "60%"}

    same = {**opened, "criteria.1.1.raw": "Có", "criteria.2.6.raw": "61%", "do": "save"}
    refused = officer.post(f"/viec/{task}", same)
    assert refused.status_code == 409
    assert faults(refused.text) == []
    assert "Chỉ tiêu 2.6, Kết quả" in refused.text
    assert f"Lấy nội dung đã lưu ({COLLEAGUE}, 12:00 ngày 20/11/2023):" in refused.text
    assert "<q>61%</q>" in refused.text
    assert "<q>60%</q>" in refused.text
    assert results(behind, task)["2.6"] == "60%"

    shown = form_fields(refused.text)
    assert officer.post(f"/viec/{task}", {**shown, "do": "submit"}).status_code == 409
    kept = officer.post(f"/viec/{task}", {**shown, "resolve.criteria.2.6.raw": "theirs", "do": "save"})
    assert kept.status_code == 303
    assert results(behind, task)["2.6"] == "60%"
    mine = officer.post(f"/viec/{task}", {**shown, "resolve.criteria.2.6.raw": "mine", "do": "save"})
    assert mine.status_code == 303
    assert results(behind, task)["2.6"] == "61%"

    stale = {**opened, "report_summary": "x" * 20_001, "criteria.3.2.raw": "70%", "do": "save"}
    behind(lambda: cell(task, "1.2", "95%", OFFICER))
    wrong = officer.post(f"/viec/{task}", stale)
    assert wrong.status_code == 422
    again = form_fields(wrong.text)
    assert (again["criteria.1.2.raw"], again["criteria.3.2.raw"]) == ("95%", "70%")
    officer.post(f"/viec/{task}", {**again, "report_summary": "Ngắn.", "do": "save"})
    assert results(behind, task) == {"1.1": "Có", "1.2": "95%", "2.6": "61%", "3.2": "70%"}


def test_the_script_sends_what_changed_and_hears_what_others_saved(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    behind(lambda: cell(task, "2.6", "60%", COLLEAGUE))

    sent = {"rev": "0", "touched": "criteria.1.1.raw", "criteria.1.1.raw": "Có", "action": "complete"}
    told = officer.post(f"/viec/{task}/nhap", sent).json
    assert told is not None
    assert told["rev"] == 2
    news = told["changes"]["criteria.2.6.raw"]
    assert (news["value"], news["who"], news["when"]) == ("60%", COLLEAGUE, "12:00 ngày 20/11/2023")
    assert news["place"] == "Chỉ tiêu 2.6, Kết quả"
    assert "clashes" not in told

    clashing = {"rev": "0", "touched": "criteria.2.6.raw criteria.1.2.raw", "criteria.2.6.raw": "61%"}
    told = officer.post(f"/viec/{task}/nhap", {**clashing, "criteria.1.2.raw": "95%"}).json
    assert told is not None
    (clash,) = told["clashes"]
    assert (clash["path"], clash["mine"], clash["theirs"], clash["value"]) == (
        "criteria.2.6.raw",
        "61%",
        "60%",
        "60%",
    )
    assert results(behind, task) == {"1.1": "Có", "1.2": "95%", "2.6": "60%"}

    assert officer.get(f"/viec/{task}/nhap?rev=3").status_code == 204
    fresh = officer.get(f"/viec/{task}/nhap?rev=1").json
    assert fresh is not None
    assert (fresh["rev"], sorted(fresh["changes"])) == (3, ["criteria.1.1.raw", "criteria.1.2.raw"])
    assert as_person("huyen-bimson-chuyenvien").get(f"/viec/{task}/nhap?rev=0").status_code == 404


def test_rows_are_given_and_taken_back_on_a_page_of_their_own(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer, colleague, leader = as_person(OFFICER), as_person(COLLEAGUE), as_person(LEADER)
    colleague_id = str(behind(lambda: person(COLLEAGUE).id))
    where = f"/viec/{task}/phan-cong"

    page = leader.page(where)
    assert faults(page) == []
    assert f"{COLLEAGUE}</strong>: 2 chỉ tiêu, đã ghi 0" in page
    none = officer.post(where, {"act": "give", "to": colleague_id})
    assert (none.status_code, "Chưa chọn chỉ tiêu nào" in none.text) == (422, True)
    unknown = officer.post(where, {"act": "give", "to": "", "criteria": ["1.1"]})
    assert unknown.status_code == 422
    assert 'value="1.1" checked' in unknown.text
    assert officer.post(where, {"act": "give", "to": colleague_id, "groups": "4"}).status_code == 303
    assert "9 chỉ tiêu, đã ghi 0" in officer.page(where)
    taken = officer.post(where, {"act": "take", "groups": "4", "criteria": ["3.2"]})
    assert taken.status_code == 303
    assert "1 chỉ tiêu, đã ghi 0" in officer.page(where)
    assert colleague.get(where).status_code == 403

    theirs = colleague.page(f"/viec/{task}")
    assert faults(theirs) == []
    assert "1 chỉ tiêu được giao cho ông/bà." in theirs
    assert "Phần của ông/bà" in theirs
    assert 'value="submit"' not in theirs
    held = officer.page(f"/viec/{task}")
    assert f"Phụ trách: {COLLEAGUE}" in held
    assert 'data-filter="mine"' in held
    assert "Giao ông/bà 1 chỉ tiêu" in colleague.page("/viec")
    assert "Giao ông/bà" not in officer.page("/viec")
    assert f"/viec/{task}" in colleague.page("/viec?nguoi=rows")
    assert f"/viec/{task}" not in officer.page("/viec?nguoi=rows")


def test_what_is_said_of_a_row_is_counted_at_the_row(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)
    case_page = officer.page(f"/viec/{task}").split('data-talk="2.6"')[0].rsplit('href="', 1)[1].split("?")[0]

    officer.post(f"{case_page}/trao-doi", {"body": "Số liệu lấy ở đâu?", "criterion": "2.6"})

    row = officer.page(f"/viec/{task}").split('data-talk="2.6"')[1][:200]
    assert "data-talk-count>1</span>" in row
