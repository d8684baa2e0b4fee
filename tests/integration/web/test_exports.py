"""*Xuất hồ sơ*: who may take what of a case, and that it is never more than their pages show."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.dossiers.operations import add_evidence
from service.http.extensions import settings
from service.models import Event
from service.tasks.handling import assign_task
from service.tasks.operations import complete_task
from tests.builders import NOON, a_case_at, do_step, open_task, person
from tests.integration.audit.logs import keep_and_sign
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import parser

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
KINDS = ("pdf", "csv", "xes", "ocel", "bundle")
SECRET, SECRET_FILE = "Số liệu riêng của Thành viên là 56,3%", "ket-luan-rieng-cua-thanh-vien.pdf"
SEES, EXAMINES, STRANGER = [200, 200, 200, 200, 403], [200] * 5, [404] * 5


@pytest.fixture
def case_id(behind: Behind) -> uuid.UUID:
    def scene() -> uuid.UUID:
        made = a_case_at("district_appraise")
        keep_and_sign()
        return made

    return uuid.UUID(str(behind(scene)))


RIGHTS = {
    "xa-thidu-chuyenvien": SEES,
    "xa-thidu-lanhdao": SEES,
    "xa-minhhoa-chuyenvien": STRANGER,
    "huyen-bimson-chuyenvien": SEES,
    "huyen-bimson-vanthu": SEES,
    "thanhvien-bimson": SEES,
    "so-tttt-giamdoc": SEES,
    "tinh-chutich": SEES,
    "kiemtra": EXAMINES,
    "quantri": STRANGER,
    "quytrinh-so-tttt": STRANGER,
}


def test_who_may_take_what(case_id: uuid.UUID, as_person: AsPerson):
    found = {}

    for username in RIGHTS:
        someone = as_person(username)
        found[username] = [status_of(someone, f"/ho-so/{case_id}/xuat/{kind}") for kind in KINDS]
        assert status_of(someone, f"/ho-so/{case_id}/xuat/exe") == 404

    assert found == RIGHTS


def status_of(someone: Visitor, address: str) -> int:
    with someone.get(address) as answer:
        return answer.status_code


def test_nobody_takes_anything_without_logging_in(case_id: uuid.UUID, visitor: Visitor):
    answer = visitor.get(f"/ho-so/{case_id}/xuat/pdf")

    assert answer.status_code == 302
    assert "/dang-nhap" in answer.headers["Location"]


def test_it_comes_as_a_file_that_no_browser_runs(case_id: uuid.UUID, as_person: AsPerson):
    kinds = {
        "pdf": ("application/pdf", "pdf"),
        "csv": ("text/csv; charset=utf-8", "csv"),
        "xes": ("application/xml", "xes"),
        "ocel": ("application/json", "ocel.json"),
        "bundle": ("application/zip", "zip"),
    }
    examiner = as_person("kiemtra")

    for kind, (media_type, ending) in kinds.items():
        with examiner.get(f"/ho-so/{case_id}/xuat/{kind}?luoc=1") as answer:
            content, headers = answer.get_data(), answer.headers
        assert headers["Content-Disposition"] == f'attachment; filename="CN-2023-000001-an-danh.{ending}"'
        assert headers["Content-Type"].startswith(media_type)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert int(headers["Content-Length"]) == len(content) > 0


def test_the_page_offers_what_may_be_taken(case_id: uuid.UUID, as_person: AsPerson):
    def offered(username: str) -> list[str]:
        page = parser.document_fromstring(as_person(username).page(f"/ho-so/{case_id}?tab=qua-trinh"))
        return [button.get("formaction") for button in page.xpath("//details[@id='xuat-ho-so']//button")]

    everything = [f"/ho-so/{case_id}/xuat/{kind}" for kind in KINDS]
    assert offered("kiemtra") == everything
    assert offered("xa-thidu-lanhdao") == everything[:-1]


def test_who_took_it_is_recorded_with_the_choice(case_id: uuid.UUID, as_person: AsPerson, behind: Behind):
    as_person("xa-thidu-lanhdao").get(f"/ho-so/{case_id}/xuat/csv?luoc=1")

    taken = select(Event.actor_id, Event.body).where(Event.type == "case_exported")
    ((actor, body),) = behind(lambda: db.session.execute(taken).all())
    assert actor == behind(lambda: person("xa-thidu-lanhdao").id)
    assert b'"data":{"format":"csv","minimised":true}' in body


def test_a_bundle_that_cannot_be_proved_yet_says_when_to_come_again(behind: Behind, as_person: AsPerson):
    case_id = behind(lambda: a_case_at("self_assess"))

    answer = as_person("kiemtra").get(f"/ho-so/{case_id}/xuat/bundle")

    assert answer.status_code == 409
    assert "hãy thử lại sau vài giây" in answer.text


def words_of(answer: bytes) -> str:
    if answer.startswith(b"%PDF"):
        pages = pypdf.PdfReader(io.BytesIO(answer)).pages
        return " ".join(" ".join(page.extract_text().split()) for page in pages)
    return answer.decode()


def returned_by_the_member() -> uuid.UUID:
    case_id = a_case_at("member_opinion")
    member, task_id = person("thanhvien-bimson"), open_task(case_id, "member_opinion")
    add_evidence(
        task_id=task_id,
        criterion="2.6",
        name=SECRET_FILE,
        stream=io.BytesIO(b"%PDF-1.4"),
        root=settings().files_dir,
        largest=1024,
        by=member,
        now=NOON,
    )
    answers = {"action": "return", "reason": SECRET, "criteria_reasons": {"2.6": SECRET}}
    complete_task(task_id=task_id, answers=answers, by=member, now=NOON)
    return case_id


def test_the_department_takes_nothing_of_the_members_before_its_own_results(
    web: Flask, behind: Behind, as_person: AsPerson
):
    case_id = behind(returned_by_the_member)

    def taken(username: str) -> list[bool]:
        someone = as_person(username)
        answers = [someone.get(f"/ho-so/{case_id}/xuat/{kind}").get_data() for kind in KINDS[:4]]
        return [SECRET in words_of(one) or SECRET_FILE in words_of(one) for one in answers]

    assert taken("so-tttt-chuyenvien") == [False] * 4
    # Paper tells the reason and the file, the log of objects its files.
    assert taken("huyen-bimson-chuyenvien") == [True, False, False, True]

    def results_of_the_department() -> None:
        for step in ("district_appraise", "member_opinion", "district_consolidate", "department_verify"):
            do_step(case_id, step)

    behind(results_of_the_department)
    assert taken("so-tttt-chuyenvien") == [True, False, False, True]


def handed_over_with_a_note() -> uuid.UUID:
    case_id = a_case_at("district_appraise")
    task_id, leader = open_task(case_id, "district_appraise"), person("huyen-bimson-lanhdao")
    to = person("huyen-bimson-chuyenvien").id
    assign_task(task_id=task_id, to=to, by=leader, now=NOON, note="Xem kỹ giúp tôi mục 2.6")
    keep_and_sign()
    return case_id


def test_notes_between_colleagues_stay_between_them(behind: Behind, as_person: AsPerson):
    case_id = behind(handed_over_with_a_note)

    with as_person("kiemtra").get(f"/ho-so/{case_id}/xuat/bundle") as answer:
        content = answer.get_data()

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b'"note":' in archive.read("events.jsonl").replace(b"\\", b"")  # its digest is proved
    assert "Xem kỹ giúp tôi".encode() not in content
