"""*Phiếu tiếp nhận hồ sơ*: what came up from one level to the next, as it was when it came."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from lxml import html as parser

from service.dossiers.operations import add_evidence
from service.http.extensions import settings
from service.tasks.operations import sign_task
from tests.builders import NOON, an_open_case, do_step, hand_up, open_task, person, story_answers
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]


def facts(page: str) -> dict[str, str]:
    document = parser.document_fromstring(page)
    names = [" ".join(one.text_content().split()) for one in document.xpath("//article//dt")]
    values = [" ".join(one.text_content().split()) for one in document.xpath("//article//dd")]
    return dict(zip(names, values, strict=True))


def rows(page: str, table: int) -> list[list[str]]:
    found = parser.document_fromstring(page).xpath("//article//table")[table]
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found.xpath(".//tbody/tr")]


def test_each_level_gets_its_receipt_with_what_it_received(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(an_open_case)
    address = f"/ho-so/{case_id}/phieu-tiep-nhan"
    auditor = as_person("kiemtra")
    missing = auditor.get(address)
    assert missing.status_code == 404
    assert "phiếu có khi xã đã ký gửi hồ sơ" in missing.text
    assert "Phiếu tiếp nhận" not in auditor.page(f"/ho-so/{case_id}")

    def handed_in() -> None:
        task_id = open_task(case_id, "self_assess")
        file_id = add_evidence(
            task_id=task_id,
            criterion="2.6",
            name="danh-sach.pdf",
            stream=io.BytesIO(b"%PDF-1.4"),
            root=settings().files_dir,
            largest=1000,
            by=person("xa-thidu-chuyenvien"),
            now=NOON,
        )
        shared_id = add_evidence(
            task_id=task_id,
            criterion=None,
            name="dung-chung.pdf",
            stream=io.BytesIO(b"%PDF-1.5"),
            root=settings().files_dir,
            largest=1000,
            by=person("xa-thidu-chuyenvien"),
            now=NOON + timedelta(minutes=1),
        )
        answers = story_answers("self_assess")
        answers["criteria"]["2.6"]["evidence"] = [str(file_id)]
        answers["criteria"]["1.10"]["evidence"] = answers["criteria"]["1.2"]["evidence"] = [str(shared_id)]
        hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", answers)
        sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON)

    behind(handed_in)
    page = auditor.page(address)
    told = facts(page)
    assert faults(page) == []
    assert told["Đơn vị gửi hồ sơ"] == "UBND xã Thí Dụ"
    assert told["Đơn vị tiếp nhận"] == "UBND thị xã Bỉm Sơn"
    assert told["Tiếp nhận lúc"] == "12:00 ngày 20/11/2023, trên hệ thống (lần 1)"
    assert told["Người nhận xử lý"] == "chưa có cán bộ nhận xử lý"
    assert told["Hạn xử lý"].startswith("11/12/2023Căn cứ: chậm nhất ngày 11/12/2023")
    assert [row[2] for row in rows(page, 0)] == ["đã có", "chưa có", "chưa có", "chưa có", "chưa có"]
    assert [row[1:2] + row[3:] for row in rows(page, 1)] == [["2.6", "1 KB"], ["1.2, 1.10", "1 KB"]]
    assert rows(page, 1)[0][2].startswith("danh-sach.pdf")
    listed = parser.document_fromstring(auditor.page(f"/ho-so/{case_id}?tab=ho-so"))
    criteria = [one.text_content() for one in listed.xpath("//td[@data-label='Chỉ tiêu']")]
    assert criteria == ["1.2, 1.10", "2.6"]
    shared = listed.xpath("//a[contains(., 'dung-chung.pdf')]/@href")[0]
    assert "<dd>chỉ tiêu 1.2, 1.10</dd>" in auditor.page(shared)

    for step in ("district_appraise", "member_opinion", "district_consolidate"):
        behind(lambda step=step: do_step(case_id, step))
    later = auditor.page(address)
    assert facts(later)["Đơn vị tiếp nhận"] == "Sở Thông tin và Truyền thông"
    assert facts(later)["Đơn vị gửi hồ sơ"] == "UBND thị xã Bỉm Sơn"
    assert [row[2] == "chưa có" for row in rows(later, 0)] == [False, False, False, False, True]
    first = facts(auditor.page(parser.document_fromstring(later).find_class("chip")[0].get("href")))
    taken = "Chuyên viên phòng VH&TT – UBND thị xã Bỉm Sơn"
    assert first == {**told, "Người nhận xử lý": taken}
    assert as_person("xa-minhhoa-chuyenvien").get(address).status_code == 404
