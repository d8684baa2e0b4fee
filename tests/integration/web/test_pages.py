"""Each page as each kind of person meets it: shown, refused or not there; and well made whatever it shows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from service.database import db
from service.models import MemberAssignment
from tests.builders import a_case_at, do_step, hand_up, open_task, story_answers
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]

EVERYBODY = (
    "xa-thidu-chuyenvien",
    "xa-thidu-lanhdao",
    "huyen-bimson-chuyenvien",
    "huyen-bimson-lanhdao",
    "huyen-bimson-vanthu",
    "thanhvien-bimson",
    "so-tttt-chuyenvien",
    "so-tttt-giamdoc",
    "tinh-chutich",
    "quytrinh-so-tttt",
    "kiemtra",
    "quantri",
)
SEE_THE_CASE = set(EVERYBODY) - {"quytrinh-so-tttt", "quantri"}
SEE_ROUNDS = {"so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich", "kiemtra"}
STEPS = (
    "self_assess",
    "district_appraise",
    "member_opinion",
    "district_consolidate",
    "department_verify",
    "reconciliation_meeting",
    "department_submit",
)
TABS = ("", "?tab=chi-tieu", "?tab=ho-so", "?tab=qua-trinh")


@pytest.mark.parametrize("username", EVERYBODY)
def test_each_page_answers_each_role_as_its_rights_say(
    as_person: AsPerson, behind: Behind, username: str
) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    task_id = behind(lambda: open_task(case_id, "district_appraise"))
    visitor = as_person(username)
    expected = 200 if username in SEE_THE_CASE else 404

    for path in (f"/ho-so/{case_id}", f"/viec/{task_id}"):
        assert visitor.get(path).status_code == expected, path
    assert visitor.get("/dot").status_code == (200 if username in SEE_ROUNDS else 404)
    for path in ("/viec", "/ho-so", "/quy-trinh/recognition", "/doi-mat-khau"):
        assert faults(visitor.page(path)) == [], path


@pytest.mark.parametrize("element", STEPS)
def test_the_pages_of_each_step_are_well_made(as_person: AsPerson, behind: Behind, element: str) -> None:
    case_id = behind(lambda: a_case_at(element))
    task_id = behind(lambda: open_task(case_id, element))

    for username in (
        "xa-thidu-chuyenvien",
        "huyen-bimson-chuyenvien",
        "thanhvien-bimson",
        "so-tttt-chuyenvien",
    ):
        visitor = as_person(username)
        for path in ("/viec", f"/viec/{task_id}", *(f"/ho-so/{case_id}{tab}" for tab in TABS)):
            assert faults(visitor.page(path)) == [], (username, path)


def test_the_signer_sees_what_is_about_to_be_signed(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    answers = story_answers("district_appraise", appraisal_summary="Tổ thẩm định thống nhất kết quả.")
    task_id = behind(lambda: hand_up(case_id, "district_appraise", "huyen-bimson-chuyenvien", answers))

    page = as_person("huyen-bimson-lanhdao").page(f"/viec/{task_id}")

    assert "Tổ thẩm định thống nhất kết quả." in page
    assert "Ký – Gửi lấy ý kiến" in page
    assert "Trả lại người soạn" in page
    assert faults(page) == []
    assert "Trả lại bổ sung" in as_person("huyen-bimson-lanhdao").page(f"/viec/{task_id}/tra-lai")


def test_unfinished_work_is_nobody_elses_to_read(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    answers = story_answers("district_appraise", appraisal_summary="Còn đang cân nhắc.")
    task_id = behind(lambda: hand_up(case_id, "district_appraise", "huyen-bimson-chuyenvien", answers))

    for username in ("xa-thidu-lanhdao", "so-tttt-giamdoc", "kiemtra"):
        assert "Còn đang cân nhắc." not in as_person(username).page(f"/viec/{task_id}")


def test_the_department_sees_no_opinion_before_it_has_recorded_its_own(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    opinion_task = behind(lambda: open_task(case_id, "member_opinion"))
    behind(lambda: do_step(case_id, "member_opinion", opinion="Thành viên thấy tiêu chí 2.6 đã đạt."))
    behind(lambda: do_step(case_id, "district_consolidate"))
    task_id = behind(lambda: open_task(case_id, "department_verify"))
    officer = as_person("so-tttt-chuyenvien")

    before = [officer.page(path) for path in pages_of(case_id, task_id, opinion_task)]
    behind(lambda: do_step(case_id, "department_verify"))
    after = officer.page(f"/viec/{opinion_task}")

    assert not any("2.6 đã đạt" in page or "Ý kiến Thành viên:" in page for page in before)
    assert "2.6 đã đạt" in after


def test_nothing_is_filled_in_for_the_department(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("department_verify"))
    task_id = behind(lambda: open_task(case_id, "department_verify"))

    page = as_person("so-tttt-chuyenvien").page(f"/viec/{task_id}")

    assert 'name="criteria.1.2.raw" value=""' in page
    assert "Lấy theo kết quả cấp trước" not in page
    assert "Huyện thẩm định" in page


def test_the_meeting_is_asked_about_exactly_what_is_disputed(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("reconciliation_meeting"))
    task_id = behind(lambda: open_task(case_id, "reconciliation_meeting"))

    page = as_person("so-tttt-chuyenvien").page(f"/viec/{task_id}")

    assert page.count("data-row=") == 1
    assert 'data-row="2.6"' in page
    assert "Còn ý kiến khác nhau" in page


@pytest.mark.parametrize("path", ["/viec/{}", "/ho-so/{}", "/dot/{}", "/tep/{}", "/viec/{}/ket-luan/2.6"])
def test_an_unknown_id_is_not_found_in_words(as_person: AsPerson, path: str) -> None:
    answer = as_person("so-tttt-chuyenvien").get(path.format(uuid.UUID(int=7)))

    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text
    assert faults(answer.text) == []


@pytest.mark.parametrize(
    "path",
    [
        "/viec?danh-sach=khac",
        "/viec?sau=%%%",
        "/ho-so?nam=hai-nghin",
        "/ho-so?tinh-trang=x",
        "/khong-co-trang-nay",
        "/quy-trinh/recognition?phien-ban=99",
        "/quy-trinh/khac",
    ],
)
def test_a_wrong_address_ends_in_a_sentence(as_person: AsPerson, path: str) -> None:
    answer = as_person("so-tttt-chuyenvien").get(path)

    assert answer.status_code in (404, 422)
    assert faults(answer.text) == []


def test_every_page_forbids_what_it_does_not_need(as_person: AsPerson) -> None:
    answer = as_person("kiemtra").get("/viec")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_department_is_told_of_opinions_that_nobody_answers_for(
    as_person: AsPerson, behind: Behind
) -> None:
    behind(lambda: a_case_at("member_opinion"))

    def take_away() -> None:
        db.session.query(MemberAssignment).delete()
        db.session.commit()

    behind(take_away)

    assert "Chưa phân công Thành viên" in as_person("so-tttt-chuyenvien").page("/viec")


def test_searching_needs_no_diacritics(as_person: AsPerson, behind: Behind) -> None:
    behind(lambda: a_case_at("self_assess"))
    leader = as_person("xa-thidu-lanhdao")

    assert "UBND xã Thí Dụ" in leader.page("/viec?tim=thi+du")
    assert "Không tìm thấy việc nào" in leader.page("/viec?tim=minh+hoa")
    assert "CN-2023" in leader.page("/ho-so?tim=THI+DU")


def test_the_drawing_comes_as_a_file_of_its_own(as_person: AsPerson) -> None:
    answer = as_person("kiemtra").get("/quy-trinh/recognition/1/so-do.bpmn")

    assert answer.mimetype == "application/xml"
    assert b"bpmn:definitions" in answer.data


def pages_of(case_id: uuid.UUID, *tasks: uuid.UUID) -> list[str]:
    return [*(f"/viec/{task}" for task in tasks), *(f"/ho-so/{case_id}{tab}" for tab in TABS)]
