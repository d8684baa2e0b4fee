"""The round's page: gathered, signed, decided; what is typed is kept when something is missing."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

from service import clock
from service.jobs.outbox import drain
from tests.builders import a_case_at, case_of, open_task
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"
TEXT = "Kính trình Chủ tịch UBND tỉnh xem xét."


def test_one_proposal_and_one_decision_end_the_case(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    officer, director, chairman = as_person(OFFICER), as_person(DIRECTOR), as_person(CHAIRMAN)

    address = officer.post("/dot", {"year": "2023", "name": ""}).location or ""
    assert "Hồ sơ chờ đưa vào đợt (1)" in officer.page(address)
    task = behind(lambda: open_task(case_id, "department_submit"))
    assert "Hồ sơ chưa ở đợt xét nào." in officer.page(f"/viec/{task}")
    officer.post(f"{address}/them", {"case": str(case_id)})
    assert f'<a href="{address}">Mở Đợt 1 năm 2023</a>' in officer.page(f"/viec/{task}")
    officer.post(f"{address}/trinh-ky", {"text": TEXT, "rev": "1"})
    pages = [officer.page(address), director.page(address)]
    director.post(f"{address}/ky", {"capacity": "", "number": "88/TTr-STTTT", "issued_on": "2023-11-20"})
    behind(lambda: drain(clock.now()))
    pages += [chairman.page(address)]
    signed = pages[-1].split('class="signed-copy"', 1)[1].split("</td>", 1)[0]
    paper = officer.page(address).split("/van-ban/", 1)[1].split("/", 1)[0]
    officer.post(f"/van-ban/{paper}/tep", {"file": (io.BytesIO(b"%PDF-1.7 to trinh"), "to-trinh.pdf")})
    decided = chairman.post(f"{address}/quyet-dinh", {f"outcome.{case_id}": "as_proposed", "capacity": ""})
    behind(lambda: drain(clock.now()))
    pages += [chairman.page(address), chairman.page("/dot")]

    assert "chưa có" in signed
    assert "to-trinh.pdf" in pages[-2]
    for reader in ("tinh-chutich", "xa-thidu-lanhdao"):
        assert as_person(reader).get(f"/van-ban/{paper}/tep").data == b"%PDF-1.7 to trinh"
    assert as_person("xa-minhhoa-lanhdao").get(f"/van-ban/{paper}/tep").status_code == 404
    assert decided.status_code == 303
    assert behind(lambda: case_of(case_id).outcome) == "commune_not_recognised"
    assert [faults(page) for page in pages] == [[]] * len(pages)
    assert "1/1</strong> hồ sơ" in pages[-2]
    assert "54,4% &lt; 55%: chưa đạt" in pages[-2]
    readers = (OFFICER, "xa-thidu-lanhdao")
    ended = {reader: as_person(reader).page(f"/ho-so/{case_id}") for reader in readers}
    for page in ended.values():
        assert "Quyết định của Chủ tịch UBND tỉnh, chưa cấp số" in page
        assert "Lý do: Chỉ tiêu 2.6: 54,4% &lt; 55%: chưa đạt" in page
        assert "Đợt 1 năm 2023" in page
    assert [f'href="{address}"' in page for page in ended.values()] == [True, False]
    history = officer.page(f"/ho-so/{case_id}?tab=qua-trinh")
    paper_told = "Văn bản: Tờ trình của Sở TTTT số 88/TTr-STTTT ngày 20/11/2023; Đợt 1 năm 2023."
    assert paper_told in history
    log = as_person("quantri").page("/quan-tri/nhat-ky?loai=6")
    for told in (
        "Lập đợt xét “Đợt 1 năm 2023”.",
        "Thêm 1 hồ sơ vào đợt “Đợt 1 năm 2023”.",
        "Ký Tờ trình số 88/TTr-STTTT ngày 20/11/2023 của đợt “Đợt 1 năm 2023”, 1 hồ sơ.",
        "Ký Quyết định của đợt “Đợt 1 năm 2023”, 1 hồ sơ (không công nhận 1).",
    ):
        assert told in log


def test_recognising_against_the_conditions_is_refused_and_the_reason_typed_is_kept(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    address = signed_round(as_person, behind, case_id)
    sent = {f"outcome.{case_id}": "recognise", f"reason.{case_id}": "Đã cố gắng nhiều.", "capacity": ""}

    page = as_person(CHAIRMAN).page(address)
    answer = as_person(CHAIRMAN).post(f"{address}/quyet-dinh", sent)

    # What Sở found against it is told beside its own choice; it is nobody's reason for another one.
    assert "Theo đề nghị thì ghi lý do:" in page
    assert page.split(f'name="reason.{case_id}"', 1)[1].split(">", 1)[1].startswith("</textarea>")
    assert answer.status_code == 422
    assert "Chưa ký được Quyết định: còn 1 hồ sơ phải xem lại." in answer.text
    assert "Chuyển lại Sở hoặc Để lại đợt sau." in answer.text
    assert "Không đủ điều kiện theo Điều 2" in answer.text
    assert "Đã cố gắng nhiều." in answer.text
    assert behind(lambda: case_of(case_id).outcome) is None


def test_a_proposal_without_cases_or_words_is_refused_and_kept(as_person: AsPerson) -> None:
    officer = as_person(OFFICER)
    address = officer.post("/dot", {"year": "2023"}).location or ""

    answer = officer.post(f"{address}/trinh-ky", {"text": TEXT, "rev": "0"})
    none_chosen = officer.post(f"{address}/them", {})

    assert answer.status_code == 422
    assert "Đợt chưa có hồ sơ nào." in answer.text
    assert TEXT in answer.text
    assert none_chosen.status_code == 422


def test_the_director_sends_the_proposal_back(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    address = gathered_round(as_person, case_id)

    as_person(DIRECTOR).post(f"{address}/tra-lai", {"reason": "Nêu rõ căn cứ."})

    assert "Nêu rõ căn cứ." in as_person(OFFICER).page(address)


def test_only_those_whose_act_it_is_can_do_it(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("department_submit"))
    address = gathered_round(as_person, case_id)

    assert as_person(OFFICER).post(f"{address}/ky", {"capacity": ""}).status_code == 403
    assert as_person("kiemtra").post(f"{address}/ky", {"capacity": ""}).status_code == 403
    assert as_person("xa-thidu-lanhdao").post(f"{address}/ky").status_code == 404
    assert as_person(DIRECTOR).post(f"{address}/nhay-mua").status_code == 404


def test_a_number_is_given_once_by_whoever_numbers(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    clerk = as_person("huyen-bimson-vanthu")
    page = clerk.page(f"/ho-so/{case_id}?tab=ho-so")
    address = page.split('class="numbering d-print-none" method="post" action="', 1)[1].split('"', 1)[0]
    sent = {"number": "15/BC-UBND", "issued_on": "2023-11-20", "back": f"/ho-so/{case_id}?tab=ho-so"}

    first, second = clerk.post(address, sent), clerk.post(address, sent)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "15/BC-UBND, 20/11/2023" in clerk.page(f"/ho-so/{case_id}?tab=ho-so")
    assert clerk.post(address, {**sent, "issued_on": "mai"}).status_code == 422
    ahead = clerk.post(address, {**sent, "issued_on": "2023-11-21"})
    assert (ahead.status_code, "21/11/2023 là ngày chưa đến" in ahead.text) == (422, True)


def test_the_commune_withdraws_only_with_a_reason(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_at("district_appraise"))
    leader = as_person("xa-thidu-lanhdao")
    assert f"/ho-so/{case_id}/rut" in leader.page(f"/ho-so/{case_id}")

    empty = leader.post(f"/ho-so/{case_id}/rut", {"reason": ""})
    done = leader.post(f"/ho-so/{case_id}/rut", {"reason": "Xã xin rút để chuẩn bị thêm."})

    assert empty.status_code == 422
    assert done.status_code == 303
    page = leader.page(f"/ho-so/{case_id}")
    assert "Xã rút hồ sơ" in page
    assert "Dừng ở bước “Thẩm định, đánh giá, gửi lấy ý kiến”" in page
    assert "Lý do: Xã xin rút để chuẩn bị thêm." in page
    history = leader.page(f"/ho-so/{case_id}?tab=qua-trinh")
    assert "Hồ sơ dừng ở bước “Thẩm định, đánh giá, gửi lấy ý kiến”." in history
    again = leader.get(f"/ho-so/{case_id}/rut")
    assert (again.status_code, again.location) == (303, f"/ho-so/{case_id}")
    assert "Hồ sơ đã rút." in leader.page(f"/ho-so/{case_id}")
    assert as_person("huyen-bimson-lanhdao").get(f"/ho-so/{case_id}/rut").status_code == 404


def test_going_on_without_the_opinion_asks_for_the_chairmans_document(
    as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    director, address = as_person(DIRECTOR), f"/ho-so/{case_id}/di-tiep"
    typed = {"number": "12/UBND-CNTT", "issued_on": "2023-11-20", "reason": "Thành viên đi công tác."}

    empty = director.post(address, {**typed, "number": "", "issued_on": "mai"})
    done = director.post(address, typed)

    assert empty.status_code == 422
    assert 'id="number-error"' in empty.text
    assert 'id="issued_on-error"' in empty.text
    assert "Thành viên đi công tác." in empty.text
    assert done.status_code == 303
    assert "văn bản số 12/UBND-CNTT ngày 20/11/2023" in director.page(f"/ho-so/{case_id}?tab=qua-trinh")


def gathered_round(as_person: AsPerson, case_id: uuid.UUID) -> str:
    officer = as_person(OFFICER)
    address = officer.post("/dot", {"year": "2023"}).location or ""
    officer.post(f"{address}/them", {"case": str(case_id)})
    officer.post(f"{address}/trinh-ky", {"text": TEXT, "rev": "1"})
    return address


def signed_round(as_person: AsPerson, behind: Behind, case_id: uuid.UUID) -> str:
    address = gathered_round(as_person, case_id)
    as_person(DIRECTOR).post(f"{address}/ky", {"capacity": ""})
    behind(lambda: drain(clock.now()))
    return address
