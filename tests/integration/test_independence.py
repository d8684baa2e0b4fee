"""Before Sở has recorded its own results, nothing that the member found reaches Sở through any address."""

from __future__ import annotations

import io
import uuid
import zipfile

import pytest
from flask import Flask

from service.clock import set_demo_clock
from service.dossiers.operations import add_evidence
from service.http.extensions import settings
from service.identity.operations import issue_token
from service.tasks.operations import complete_task
from tests.builders import NOON, a_case_at, do_step, open_task, person, story_answers

SECRET, SECRET_FILE = "Số liệu riêng của Thành viên là 56,3%", "ket-luan-rieng-cua-thanh-vien.pdf"
LOOKS = (
    "/viec/{task}",
    "/api/v1/tasks/{task}",
    "/api/v1/cases/{case}",
    "/api/v1/cases/{case}/files",
    "/api/v1/cases/{case}/timeline",
    "/api/v1/cases/{case}/events",
    "/api/v1/cases/{case}/criteria",
    "/api/v1/cases/{case}/documents",
    "/ho-so/{case}",
    "/ho-so/{case}?tab=chi-tieu",
    "/ho-so/{case}?tab=ho-so",
    "/ho-so/{case}?tab=qua-trinh",
    "/ho-so/{case}?tab=trao-doi",
    "/ho-so/{case}/phieu-tiep-nhan",
    "/api/v1/cases/{case}/comments",
    "/tep/{file}",
    "/tep/{file}/xem",
    "/tep/{file}/noi-dung",
    "/viec/{other}",
    "/viec/{other}/phu-luc",
    "/viec/{other}/phu-luc.xlsx",
    "/api/v1/tasks/{other}",
    "/viec?tim=riêng",
    "/viec?tim=56,3",
    "/ho-so?tim=riêng",
    "/thong-bao",
    "/api/v1/notifications",
    "/dot",
    "/api/v1/rounds",
    "/viec/{task}/tep-da-co?cho=2.6",
    "/viec/{task}/tep-da-co?cho=2.6&tep={file}",
    "/api/v1/files/{file}",
    "/kiem-tra/tra-lai?so-lan=0",
    "/kiem-tra/tim?chi-tieu=2.6",
    "/kiem-tra/bat-dong",
)


@pytest.fixture
def returned(app: Flask) -> dict[str, uuid.UUID]:
    """A case that the member returned with a reason and a file, now at the district again."""
    set_demo_clock(NOON)
    case_id = a_case_at("member_opinion")
    task_id = open_task(case_id, "member_opinion")
    member = person("thanhvien-bimson")
    file_id = add_evidence(
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
    return {
        "case": case_id,
        "task": open_task(case_id, "district_appraise"),
        "other": task_id,
        "file": file_id,
    }


def seen(app: Flask, username: str, ids: dict[str, uuid.UUID]) -> list[str]:
    """The addresses whose answer shows the member's words, file name or bytes."""
    headers = {"Authorization": f"Bearer {issue_token(username=username, now=NOON)}"}
    showing = []
    for address in LOOKS:
        answer = app.test_client().get(address.format(**ids), headers=headers)
        assert answer.status_code in (200, 404), (address, answer.status_code)
        text = answer.get_data()
        if text.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(text)) as book:
                text = b"".join(book.read(name) for name in book.namelist())
        if any(words.encode() in text for words in (SECRET, SECRET_FILE, "%PDF-1.4")):
            showing.append(address)
    return showing


def test_the_department_sees_nothing_of_the_members_return(
    app: Flask, returned: dict[str, uuid.UUID]
) -> None:
    assert seen(app, "so-tttt-chuyenvien", returned) == []


def test_the_district_sees_why_its_dossier_came_back(app: Flask, returned: dict[str, uuid.UUID]) -> None:
    shown = seen(app, "huyen-bimson-chuyenvien", returned)

    assert "/viec/{task}" in shown
    assert "/api/v1/tasks/{task}" in shown
    assert "/api/v1/cases/{case}/files" in shown


def test_after_its_own_results_the_department_sees_the_members(
    app: Flask, returned: dict[str, uuid.UUID]
) -> None:
    for step in ("district_appraise", "member_opinion", "district_consolidate", "department_verify"):
        do_step(returned["case"], step)

    assert "/api/v1/cases/{case}/files" in seen(app, "so-tttt-chuyenvien", returned)


def test_the_members_opinion_stays_hidden_until_the_departments_is_recorded(app: Flask) -> None:
    """Not what the member wrote, and not where the district repeats it to say how it was taken up."""
    set_demo_clock(NOON)
    case_id = a_case_at("member_opinion")
    words = story_answers("member_opinion", opinion=SECRET)
    words["criteria"]["2.6"]["reason"] = SECRET
    opinion = open_task(case_id, "member_opinion")
    complete_task(task_id=opinion, answers=words, by=person("thanhvien-bimson"), now=NOON)
    uptake = open_task(case_id, "district_consolidate")
    file_id = add_evidence(
        task_id=uptake,
        criterion=None,
        name=SECRET_FILE,
        stream=io.BytesIO(b"%PDF-1.4"),
        root=settings().files_dir,
        largest=1024,
        by=person("huyen-bimson-chuyenvien"),
        now=NOON,
    )
    repeated = {"criterion": "2.6", "opinion": SECRET, "response": "Tiếp thu"}
    do_step(
        case_id,
        "district_consolidate",
        opinion_taken_up=[repeated],
        consolidation_note=SECRET,
        consolidation_files=[str(file_id)],
    )
    mine = open_task(case_id, "department_verify")

    for other in (opinion, uptake):
        ids = {"case": case_id, "task": mine, "other": other, "file": file_id}
        assert seen(app, "so-tttt-chuyenvien", ids) == []
    do_step(case_id, "department_verify")

    ids = {"case": case_id, "task": mine, "other": uptake, "file": file_id}
    afterwards = seen(app, "so-tttt-chuyenvien", ids)
    assert {"/viec/{other}", "/tep/{file}", "/ho-so/{case}?tab=chi-tieu"} <= set(afterwards)
