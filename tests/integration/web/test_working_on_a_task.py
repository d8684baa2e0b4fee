"""Filling in, handing up, signing and sending back, by forms as a browser without JavaScript sends them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html as parser

from service.database import db
from service.models import Document, Draft, Task
from service.tasks.operations import current_rev, save_draft
from tests.builders import NOON, a_case_at, case_of, hand_up, open_task, person, story_answers
from tests.integration.service.scenes import given_back, step_done
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER, LEADER, MEMBER = "huyen-bimson-chuyenvien", "huyen-bimson-lanhdao", "thanhvien-bimson"
HOSTILE = "<script>alert(1)</script>\"' onfocus=alert(2) {{ 7 * 7 }}"


@pytest.fixture
def at_district(behind: Behind) -> uuid.UUID:
    return behind(lambda: a_case_at("district_appraise"))  # type: ignore[no-any-return]


@pytest.fixture
def task(behind: Behind, at_district: uuid.UUID) -> uuid.UUID:
    return behind(lambda: open_task(at_district, "district_appraise"))  # type: ignore[no-any-return]


def test_a_draft_is_saved_and_shown_again(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)

    answer = officer.post(f"/viec/{task}", {**typed(officer, task), "criteria.2.6.raw": "54,4", "do": "save"})

    assert answer.status_code == 303
    page = officer.page(f"/viec/{task}")
    assert 'name="criteria.2.6.raw" value="54,4"' in page
    assert "54,4% &lt; 55%: chưa đạt" in page
    assert "Đã lưu nháp" in page


def test_what_cannot_be_saved_comes_back_with_its_reason_and_nothing_lost(
    as_person: AsPerson, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    sent = {
        **typed(officer, task),
        "index_score": "bảy trăm",
        "appraisal_summary": "Đã xem kỹ.",
        "do": "save",
    }

    answer = officer.post(f"/viec/{task}", sent)

    assert answer.status_code == 422
    assert "“bảy trăm” không phải là số." in answer.text
    assert 'value="bảy trăm"' in answer.text
    assert "Đã xem kỹ." in answer.text
    assert 'href="#index_score"' in answer.text
    assert faults(answer.text) == []


def test_handing_up_unfinished_work_names_each_field(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)

    answer = officer.post(f"/viec/{task}", {**typed(officer, task), "criteria.1.1.raw": "Có", "do": "submit"})

    assert answer.status_code == 422
    assert "“Ngày lập biên bản”: bắt buộc nhập." in answer.text
    assert 'name="criteria.1.1.raw" value="Có"' in answer.text


def test_hostile_words_stay_words(as_person: AsPerson, behind: Behind, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)
    answers = story_answers("district_appraise", appraisal_summary=HOSTILE, minutes_number=HOSTILE[:60])
    answers["criteria"]["1.1"]["raw"] = HOSTILE
    behind(lambda: save_draft(task_id=task, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON))

    page = officer.page(f"/viec/{task}")

    assert faults(page) == []
    assert parser.document_fromstring(page).get_element_by_id("appraisal_summary").text == HOSTILE
    fragment = officer.get(f"/viec/{task}/ket-luan/1.1?criteria.1.1.raw=<script>alert(1)</script>").text
    assert "<script" not in fragment


def test_the_verdict_is_told_while_typing_and_nothing_is_stored(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)

    fragment = officer.page(f"/viec/{task}/ket-luan/3.2?criteria.3.2.raw=66,1%25")

    assert "66,1% &lt; 75%: chưa đạt" in fragment
    assert "verdict--not_met" in fragment
    assert "<html" not in fragment
    assert behind(lambda: current_rev(task)) == 0
    assert officer.get(f"/viec/{task}/ket-luan/9.9").status_code == 422


def test_a_page_without_a_token_changes_nothing(as_person: AsPerson, behind: Behind, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)

    for path in (f"/viec/{task}", f"/viec/{task}/nhan", "/dang-xuat", f"/viec/{task}/nhap", "/ho-so/mo"):
        answer = officer.post(path, {"do": "save"}, token="khong-phai")
        assert answer.status_code == 400, path
        assert "tải lại trang" in answer.text or "Nội dung vừa gõ vẫn ở dưới đây" in answer.text

    assert behind(lambda: current_rev(task)) == 0


def test_somebody_elses_newer_draft_is_never_overwritten_unseen(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    sent = {**typed(officer, task), "appraisal_summary": "Nội dung của tôi.", "do": "save"}
    other = {"action": "complete", "appraisal_summary": "Nội dung ở thẻ khác."}
    behind(lambda: save_draft(task_id=task, answers=other, seen_rev=0, by=person(OFFICER), now=NOON))

    refused = officer.post(f"/viec/{task}", sent)

    assert refused.status_code == 409
    assert "Nội dung của tôi." in refused.text
    kept = behind(lambda: db.session.get_one(Draft, task).answers["appraisal_summary"])
    assert kept == "Nội dung ở thẻ khác."

    undecided = officer.post(f"/viec/{task}", {**form_fields(refused.text), "do": "save"})
    assert undecided.status_code == 409
    chosen = {**form_fields(undecided.text), "resolve.appraisal_summary": "mine", "do": "save"}
    again = officer.post(f"/viec/{task}", chosen)

    assert again.status_code == 303
    assert behind(lambda: db.session.get_one(Draft, task).answers["appraisal_summary"]) == "Nội dung của tôi."


def test_the_page_saves_itself_and_is_told_what_shows(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)

    saved = officer.post(f"/viec/{task}/nhap", typed(officer, task))
    again = officer.post(f"/viec/{task}/nhap", {**typed(officer, task), "rev": "9"})

    assert saved.json is not None
    assert saved.json["rev"] == 1
    assert saved.json["saved"].startswith("Đã lưu lúc ")
    assert (again.status_code, again.json and again.json["code"]) == (409, "draft-changed")


def test_the_former_levels_results_are_taken_over_but_not_its_judgements(
    as_person: AsPerson, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)

    officer.post(f"/viec/{task}", {**typed(officer, task), "criteria.1.1.raw": "Không", "do": "copy"})

    page = officer.page(f"/viec/{task}")
    fields = form_fields(page)
    assert fields["criteria.1.1.raw"] == "Không"
    assert fields["criteria.3.2.raw"] == "66,1%"
    assert fields["criteria.1.9.raw"] == ""
    assert "= Xã tự đánh giá" in page


def test_evidence_comes_with_the_form_and_goes_by_its_tick(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)
    pdf = (io.BytesIO(b"%PDF-1.4 bien ban"), "biên bản.pdf")

    officer.post(f"/viec/{task}", {**typed(officer, task), "upload.criteria.2.6": pdf, "do": "save"})
    fields = form_fields(officer.page(f"/viec/{task}"))
    file_id = fields["criteria.2.6.evidence"]

    got = officer.get(f"/tep/{file_id}")
    assert got.data == b"%PDF-1.4 bien ban"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"

    kept = {name: value for name, value in fields.items() if name != "criteria.2.6.evidence"}
    officer.post(f"/viec/{task}", {**kept, "do": "save"})

    assert "criteria.2.6.evidence" not in form_fields(officer.page(f"/viec/{task}"))
    assert as_person("xa-minhhoa-chuyenvien").get(f"/tep/{file_id}").status_code == 404


def test_what_is_missing_is_told_and_asked_about_and_locks_nobody_out(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    officer, leader = as_person(OFFICER), as_person(LEADER)
    answers = story_answers("district_appraise")
    del answers["criteria"]["1.8"], answers["criteria"]["4.2"]
    behind(lambda: save_draft(task_id=task, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON))
    told = "Còn 2 chỉ tiêu chưa có kết quả: 1.8, 4.2."

    ahead = officer.post(
        f"/viec/{task}", {**typed(officer, task), "minutes_date": "2023-11-21", "do": "submit"}
    )
    asked = officer.post(
        f"/viec/{task}", {**typed(officer, task), "appraisal_summary": "Đủ.", "do": "submit"}
    )
    done = officer.post(f"/viec/{task}", form_fields(asked.text) | {"do": "submit:anyway"})

    # What must be right is told first; nobody is asked about what could not go on.
    assert (ahead.status_code, told in ahead.text) == (422, False)
    assert "“Ngày lập biên bản”: 21/11/2023 là ngày chưa đến (hôm nay 20/11/2023)." in ahead.text
    assert (asked.status_code, told in asked.text) == (200, True)
    assert 'form="work-form" name="do" value="submit:anyway"' in asked.text
    assert faults(asked.text) == []
    assert done.status_code == 303

    page = leader.page(f"/viec/{task}")
    signature = {**form_fields(page, "sign-form"), "number": "12/BC"}
    wrong = leader.post(f"/viec/{task}/ky", {**signature, "issued_on": "2030-01-01"})
    again = leader.post(f"/viec/{task}/ky", signature)
    signed = leader.post(f"/viec/{task}/ky", {**signature, "anyway": "1"})

    assert told in page
    assert "hồ sơ chuyển đến Thành viên Ban Chỉ đạo tỉnh phụ trách" in page
    assert (wrong.status_code, "01/01/2030 là ngày chưa đến" in wrong.text) == (422, True)
    assert (again.status_code, "Vẫn ký – " in again.text, 'value="12/BC"' in again.text) == (200, True, True)
    assert signed.status_code == 303
    assert behind(lambda: db.session.query(Document).filter_by(number="12/BC").one()).capacity == "KT."


def test_a_file_that_is_not_taken_is_refused_in_words(as_person: AsPerson, task: uuid.UUID) -> None:
    officer = as_person(OFFICER)

    answer = officer.post(f"/viec/{task}/tep", {"name": "bao-cao.html", "size": "40", "criterion": "2.6"})
    with_form = officer.post(
        f"/viec/{task}",
        {
            **typed(officer, task),
            "appraisal_summary": "Vẫn còn đây.",
            "upload.criteria.2.6": (io.BytesIO(b"MZ\x90\x00"), "a.exe"),
            "do": "save",
        },
    )

    assert answer.status_code == 415
    assert with_form.status_code == 415
    assert "Vẫn còn đây." in with_form.text


def test_the_leader_signs_once_and_a_second_click_gets_a_sentence(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    handed_up(behind, at_district)
    leader = as_person(LEADER)
    signature = {"rev": "1", "capacity": "KT.", "number": "12/BC-UBND", "issued_on": "2023-11-20"}

    first = leader.post(f"/viec/{task}/ky", signature)
    second = leader.post(f"/viec/{task}/ky", signature)

    assert first.status_code == 303
    assert second.status_code == 409
    assert "đã được hoàn thành" in second.text
    signed = behind(lambda: db.session.query(Document).filter_by(number="12/BC-UBND").one())
    assert (signed.capacity, signed.signer_title) == ("KT.", "Phó Chủ tịch UBND thị xã")
    assert "số 12/BC-UBND ngày 20/11/2023" in leader.page(f"/viec/{task}")


def test_nobody_signs_what_they_have_not_seen(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    handed_up(behind, at_district)

    answer = as_person(LEADER).post(f"/viec/{task}/ky", {"rev": "0", "capacity": "KT."})

    assert answer.status_code == 409
    assert behind(lambda: db.session.get_one(Task, task).is_open)


@pytest.mark.parametrize(
    ("field", "value"), [("issued_on", "hôm qua"), ("capacity", "BỪA."), ("number", "9" * 61)]
)
def test_a_signature_that_makes_no_sense_is_refused_at_its_field(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID, field: str, value: str
) -> None:
    handed_up(behind, at_district)

    answer = as_person(LEADER).post(f"/viec/{task}/ky", {"rev": "1", field: value})

    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_the_leader_sends_it_back_and_the_officer_reads_why(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    handed_up(behind, at_district)
    leader = as_person(LEADER)

    assert leader.post(f"/viec/{task}/tra-nguoi-soan", {"back_reason": " "}).status_code == 422
    leader.post(f"/viec/{task}/tra-nguoi-soan", {"back_reason": "Bổ sung biên bản họp Tổ."})

    officer = as_person(OFFICER)
    assert "Bổ sung biên bản họp Tổ." in officer.page(f"/viec/{task}")
    assert "Lãnh đạo trả lại người soạn" in officer.page("/viec?danh-sach=returned")


def test_the_leader_returns_the_case_and_the_commune_reads_the_reasons(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    leader = as_person(LEADER)

    empty = leader.post(f"/viec/{task}/tra-lai", {"reason": ""})
    sent = {
        "criteria_reasons.2.6": "Thiếu danh sách doanh nghiệp.",
        "due_on": "2023-12-01",
        "capacity": "KT.",
    }
    done = leader.post(f"/viec/{task}/tra-lai", sent)

    assert empty.status_code == 422
    assert "Phải nhập" in empty.text
    assert done.status_code == 303
    again = behind(lambda: open_task(at_district, "self_assess"))
    page = as_person("xa-thidu-chuyenvien").page(f"/viec/{again}")
    assert "Thiếu danh sách doanh nghiệp." in page
    assert "01/12/2023" in page
    assert form_fields(page)["criteria.3.2.raw"] == "66,1%"


def test_a_member_who_sent_the_dossier_back_sees_what_changed_since(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    changed = story_answers("district_appraise")
    changed["criteria"]["2.6"] |= {"raw": "55,2%", "reason": "Theo bảng kê bổ sung của xã"}
    behind(lambda: given_back(case_id, "member_opinion"))
    behind(lambda: step_done(case_id, "district_appraise", changed))

    page = as_person(MEMBER).page(f"/viec/{behind(lambda: open_task(case_id, 'member_opinion'))}")

    assert page.count("đã thay đổi từ lần ông/bà cho ý kiến") == 1
    assert faults(page) == []


def test_a_member_gives_an_opinion_in_one_form(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    task = behind(lambda: open_task(case_id, "member_opinion"))
    member = as_person(MEMBER)

    nothing = member.post(f"/viec/{task}", {**typed(member, task), "do": "complete"})
    few = {**typed(member, task), "criteria.3.1.raw": "60%", "do": "complete"}
    warned = member.post(f"/viec/{task}", few).text
    given = {**typed(member, task), "overall": "no", "opinion": "Chưa đạt 2.6.", "do": "complete"}
    asked = member.post(f"/viec/{task}", given)
    confirmed = form_fields(asked.text) | {"do": "complete:anyway"}
    done = member.post(f"/viec/{task}", confirmed)
    twice = member.post(f"/viec/{task}", confirmed)

    # Only what could be sent is asked about: what it is, whose, where it goes, what silence leads to.
    assert "còn 34 chỉ tiêu để trống: để trống không phải là đồng ý" in warned
    assert "để trống không phải là đồng ý, các" not in asked.text
    assert (nothing.status_code, "Không rút lại" in nothing.text) == (422, False)
    assert "của UBND xã Thí Dụ, năm 2023" in asked.text
    assert "UBND thị xã Bỉm Sơn và Sở Thông tin và Truyền thông" in asked.text
    assert done.status_code == 303
    assert twice.status_code == 409
    assert "Chưa đạt 2.6." in twice.text
    assert behind(lambda: "district_consolidate" in case_of(case_id).active)


def test_what_the_page_ticks_by_itself_is_handed_up_too(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_consolidate"))
    task = behind(lambda: open_task(case_id, "district_consolidate"))
    officer = as_person(OFFICER)

    asked = officer.post(f"/viec/{task}", {**typed(officer, task), "do": "submit"})
    sent = officer.post(f"/viec/{task}", form_fields(asked.text) | {"do": "submit:anyway"})

    # The member found 2.6 otherwise, and the table says nothing of it.
    assert "chưa có dòng nào về chỉ tiêu mà Thành viên có ý kiến: 2.6." in asked.text
    assert sent.status_code == 303
    components = behind(lambda: db.session.get_one(Draft, task).answers["components"])
    assert components == ["a", "b", "c", "d"]


def test_what_is_typed_into_a_closed_task_can_still_be_copied(
    as_person: AsPerson, behind: Behind, at_district: uuid.UUID, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    sent = {**typed(officer, task), "appraisal_summary": "Gõ nửa giờ mới xong.", "do": "save"}
    handed_up(behind, at_district)

    answer = officer.post(f"/viec/{task}", sent)

    assert answer.status_code == 409
    assert "Gõ nửa giờ mới xong." in answer.text
    assert "trang này không gửi được nữa" in answer.text
    assert 'value="submit"' not in answer.text


def test_a_colleague_does_not_take_what_is_taken(as_person: AsPerson, task: uuid.UUID) -> None:
    officer, leader = as_person(OFFICER), as_person(LEADER)

    assert officer.post(f"/viec/{task}/nhan").status_code == 303
    too_late = leader.client.post(
        f"/viec/{task}/nhan", data={"csrf_token": leader.token()}, follow_redirects=True
    )
    assert "đang giữ việc này" in too_late.text
    assert too_late.request.path == "/viec"
    assert officer.post(f"/viec/{task}/tra-viec").status_code == 303
    assert "Chưa ai nhận" in officer.page("/viec")


def typed(visitor: Visitor, task: uuid.UUID) -> dict[str, Any]:
    return form_fields(visitor.page(f"/viec/{task}"))


def handed_up(behind: Behind, case_id: uuid.UUID) -> None:
    answers = story_answers("district_appraise")
    behind(lambda: hand_up(case_id, "district_appraise", OFFICER, answers))
