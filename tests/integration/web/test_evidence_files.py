"""Evidence on the pages: chosen again, replaced, looked at; without a script, and as the script asks."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from lxml import html as parser
from sqlalchemy import select

from service.database import db
from service.dossiers.operations import add_evidence
from service.models import Draft, Event
from tests.builders import NOON, an_open_case, do_step, open_task, person
from tests.integration.service.scenes import nothing_is_wrong
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER, DISTRICT = "xa-thidu-chuyenvien", "huyen-bimson-chuyenvien"
PDF, NEWER = b"%PDF-1.7 ban dau", b"%PDF-1.7 ban sua"
PICTURE = b"\x89PNG\r\n\x1a\n anh"


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    return behind(lambda: open_task(an_open_case(), "self_assess"))  # type: ignore[no-any-return]


def saved(officer: Visitor, task: uuid.UUID, **more: Any) -> str:
    """The page after the form was sent with what it shows and this."""
    sent = {**form_fields(officer.page(f"/viec/{task}")), "do": "save", **more}
    answer = officer.post(f"/viec/{task}", sent)
    assert answer.status_code == 303, answer.text
    return officer.page(answer.headers["Location"])


def pdf(content: bytes = PDF, name: str = "quyết định.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_without_a_script_a_file_serves_several_rows_and_is_replaced_in_all(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    first = form_fields(saved(officer, task, **{"upload.criteria.2.6": pdf()}))["criteria.2.6.evidence"]

    choosing = saved(officer, task, do="files:3.2")
    assert faults(choosing) == []
    offered = parser.document_fromstring(choosing).xpath("//*[@id='row-3.2']//fieldset[@data-chooser]//input")
    assert [(one.get("name"), one.get("value"), one.get("checked")) for one in offered] == [
        ("criteria.3.2.evidence", first, None)
    ]
    saved(officer, task, **{"criteria.3.2.evidence": first})
    leader, district = as_person("xa-thidu-lanhdao"), as_person("huyen-bimson-chuyenvien")
    # Who may read the draft is told what it says; to others it is what it was uploaded for.
    assert "chỉ tiêu 2.6, 3.2" in leader.page(f"/tep/{first}/xem")
    assert "chỉ tiêu 2.6</dd>" in district.page(f"/tep/{first}/xem")
    again = saved(officer, task, **{"upload.report_files": pdf(name="bản khác.pdf")})
    assert "“bản khác.pdf” đã có trong hồ sơ với tên “quyết định.pdf”, tải lên ngày 20/11/2023" in again
    assert form_fields(again)["report_files"] == first

    page = saved(officer, task, **{f"replace.{first}": pdf(NEWER, "quyết định sửa.pdf")})

    fields = form_fields(page)
    second = fields["criteria.2.6.evidence"]
    assert second != first
    assert fields["criteria.3.2.evidence"] == fields["report_files"] == second
    before = parser.document_fromstring(page).xpath("//*[@id='row-2.6']//ul[@class='versions']")[0]
    said = f"Bản trước: quyết định.pdf (xem ở thẻ mới) ngày 20/11/2023, SHA-256 {sha(PDF)[:12]}…"
    assert " ".join(before.text_content().split()) == said
    assert officer.get(f"/tep/{first}").data == PDF
    assert officer.get(f"/tep/{second}").data == NEWER
    once_more = {**fields, "do": "save", f"replace.{first}": pdf(b"%PDF-1.7 ba", "ba.pdf")}
    refused = officer.post(f"/viec/{task}", once_more)
    assert refused.status_code == 409
    assert "đã được thay bằng “quyết định sửa.pdf”" in refused.text
    assert behind(nothing_is_wrong)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_what_is_shown_in_the_page_runs_nothing_and_is_logged(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    files = {"upload.criteria.2.6": pdf(), "upload.criteria.1.1": pdf(PICTURE, "ảnh.png")}
    fields = form_fields(saved(officer, task, **files))
    document, picture = fields["criteria.2.6.evidence"], fields["criteria.1.1.evidence"]

    page = officer.get(f"/tep/{document}/xem")
    shown, seen = officer.get(f"/tep/{document}/noi-dung"), officer.get(f"/tep/{picture}/noi-dung")

    assert faults(page.text) == []
    assert sha(PDF) in page.text
    assert f'<iframe class="file-view__pdf" src="/tep/{document}/noi-dung"' in page.text
    assert page.headers["Content-Security-Policy"].endswith("frame-src 'self'")
    assert faults(officer.page(f"/tep/{picture}/xem")) == []
    assert (shown.data, shown.mimetype, seen.mimetype) == (PDF, "application/pdf", "image/png")
    for answer in (shown, seen):
        assert answer.headers["Content-Disposition"].startswith("inline; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # No sandbox for a PDF: in one, browsers do not start their viewers.
    assert seen.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert shown.headers["Content-Security-Policy"].startswith("script-src 'none'; ")
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    for address in ("xem", "noi-dung"):
        assert as_person("xa-minhhoa-chuyenvien").get(f"/tep/{document}/{address}").status_code == 404
    kinds = select(Event.type).where(Event.stream == "access").order_by(Event.position)
    logged = behind(lambda: db.session.execute(kinds).scalars().all())
    assert logged == ["file_added", "file_added", "file_shown", "file_shown"]


def test_the_pages_script_sends_parts_and_gets_the_line_and_the_drafts_new_rev(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    headers = {"X-CSRFToken": officer.token()}
    first = form_fields(saved(officer, task, **{"upload.criteria.2.6": pdf()}))["criteria.2.6.evidence"]
    start = {"name": "mới.pdf", "size": str(len(NEWER)), "criterion": "2.6", "replaces": str(first)}

    begun = officer.post(f"/viec/{task}/tep", start).json
    assert begun is not None
    way = f"/viec/{task}/tep/{begun['id']}"
    early = officer.client.post(f"{way}?tu=9", data=NEWER[9:], headers=headers)
    assert (early.status_code, early.json) == (
        409,
        {
            "code": "wrong-offset",
            "received": 0,
            "sentence": "Phần tệp vừa gửi không nối tiếp phần đã có. Hãy gửi tiếp từ chỗ máy chủ đã nhận.",
        },
    )
    assert officer.client.post(f"{way}?tu=0", data=NEWER, headers=headers).json == {"received": len(NEWER)}
    assert officer.get(way).json == {"received": len(NEWER), "part": 524288}
    assert as_person("xa-thidu-lanhdao").get(way).status_code == 404
    stale = officer.post(f"{way}/xong", {"criterion": "2.6", "rev": "7"})
    assert (stale.status_code, stale.json and stale.json["code"]) == (409, "draft-changed")
    done = officer.post(f"{way}/xong", {"criterion": "2.6", "rev": "1"}).json

    assert done is not None
    assert done["rev"] == 2
    assert f'name="criteria.2.6.evidence" value="{begun["id"]}" checked' in done["html"]
    answers = behind(lambda: db.session.get_one(Draft, task).answers)
    assert answers["criteria"]["2.6"]["evidence"] == [begun["id"]]
    assert officer.client.post(f"{way}?tu=x", data=b"x", headers=headers).status_code == 422
    assert officer.client.post(f"{way}?tu=0", data=b"x" * 524289, headers=headers).status_code == 413
    assert officer.client.post(f"{way}?tu=0", data=b"x").status_code == 400  # no token


def test_another_steps_file_can_be_used_but_not_replaced(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    def handed_in() -> tuple[uuid.UUID, uuid.UUID]:
        case_id = an_open_case()
        file_id = add_evidence(
            task_id=open_task(case_id, "self_assess"),
            criterion="2.6",
            name="của xã.pdf",
            stream=io.BytesIO(PDF),
            root=web.config["SETTINGS"].files_dir,
            largest=1000,
            by=person(OFFICER),
            now=NOON,
        )
        do_step(case_id, "self_assess")
        return file_id, open_task(case_id, "district_appraise")

    theirs, task = behind(handed_in)
    district = as_person(DISTRICT)

    offered = district.get(f"/viec/{task}/tep-da-co?cho=3.2")
    page = saved(district, task, **{"criteria.3.2.evidence": str(theirs)})
    refused = district.post(
        f"/viec/{task}", {**form_fields(page), "do": "save", f"replace.{theirs}": pdf(NEWER)}
    )

    assert f'name="criteria.3.2.evidence" value="{theirs}"' in offered.text
    assert "Thay bằng bản mới" not in page
    assert refused.status_code == 403
    assert "do bước khác đính kèm" in refused.text
    assert district.get(f"/viec/{task}/tep-da-co?cho=no_such_field").status_code == 404
    assert as_person("xa-minhhoa-chuyenvien").get(f"/viec/{task}/tep-da-co?cho=3.2").status_code == 404
