"""The signed paper that comes back: kept with its number, handed out on record, known to check and sweep."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from lxml import html as parser
from sqlalchemy import select

from service.audit.check import check_everything, check_files
from service.database import db
from service.dossiers.housekeeping import sweep_files
from service.http.extensions import settings
from service.models import Document, Event
from tests.builders import a_case_at
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
FIRST, SECOND = b"%PDF-1.7 ban da ky", b"%PDF-1.7 ban da ky, quet lai"
NUMBER = {"number": "45/BC-UBND", "issued_on": "2023-11-20"}


def upload(visitor: Visitor, document: uuid.UUID, content: bytes, name: str = "ký.pdf", **more: str) -> Any:
    return visitor.post(f"/van-ban/{document}/tep", {"file": (io.BytesIO(content), name), **more})


def signed_by(case_id: uuid.UUID, title: str) -> uuid.UUID:
    rows = db.session.execute(select(Document.id, Document.signer_title).where(Document.case_id == case_id))
    return next(row.id for row in rows if title in row.signer_title)


def test_the_signed_paper_comes_back_with_its_number_and_is_replaced_on_record(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    document = behind(lambda: signed_by(case_id, "thị xã"))
    clerk, commune = as_person("huyen-bimson-vanthu"), as_person("xa-thidu-chuyenvien")
    dossier = f"/ho-so/{case_id}?tab=ho-so"
    download = f"/van-ban/{document}/tep"
    assert commune.get(download).status_code == 404

    assert upload(commune, document, FIRST, **NUMBER).status_code == 403
    assert upload(as_person("xa-minhhoa-chuyenvien"), document, FIRST, **NUMBER).status_code == 404
    refused = upload(clerk, document, b"<html>", **NUMBER, back=dossier)
    assert (refused.status_code, faults(refused.text)) == (415, [])
    form = parser.document_fromstring(refused.text).find_class("signed-copy__form")[0]
    assert form.get("open") is not None
    assert "Bản đã ký phải là tệp PDF do hệ thống quản lý văn bản xuất ra." in form.text_content()
    assert "ảnh hoặc tài liệu văn phòng" not in refused.text
    assert form.xpath(".//input[@name='back' or @name='number']/@value") == [dossier, "45/BC-UBND"]
    assert "Hãy ghi số, ký hiệu" in upload(clerk, document, FIRST).text
    assert "hãy ghi ngày văn bản" in upload(clerk, document, FIRST, number="45/BC-UBND").text
    assert upload(clerk, document, FIRST, **NUMBER, back=dossier).location == dossier
    assert upload(clerk, document, FIRST).status_code == 409

    page = clerk.page(dossier)
    assert "45/BC-UBND, 20/11/2023" in page
    assert hashlib.sha256(FIRST).hexdigest() in page
    assert faults(page) == []
    assert commune.get(download).data == FIRST
    assert upload(clerk, document, SECOND, "quét lại.pdf").status_code == 303
    answer = as_person("kiemtra").get(download)
    assert (answer.data, answer.mimetype) == (SECOND, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Length"] == str(len(SECOND))

    history = commune.page(f"/ho-so/{case_id}?tab=qua-trinh&loai=document")
    told = [line.text_content() for line in parser.document_fromstring(history).find_class("history__what")]
    assert [line.split(" “")[0] for line in told] == [
        "Cấp số văn bản 45/BC-UBND cho", "Lưu bản đã ký của", "Thay bản đã ký của",
    ]  # fmt: skip

    def logged() -> tuple[list[str], list[str]]:
        kinds = db.session.scalars(
            select(Event.type).where(Event.stream == "access", Event.type == "signed_copy_downloaded")
        ).all()
        return list(kinds), [*check_everything(), *check_files(settings().files_dir)]

    assert behind(logged) == (["signed_copy_downloaded"] * 2, [])


def test_signed_papers_are_nobodys_rubbish_and_missing_ones_are_told(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("member_opinion"))
    document = behind(lambda: signed_by(case_id, "thị xã"))
    upload(as_person("huyen-bimson-vanthu"), document, FIRST, **NUMBER)

    def swept() -> tuple[int, bool, list[str]]:
        root = settings().files_dir
        path: Path = root / hashlib.sha256(FIRST).hexdigest()[:2] / hashlib.sha256(FIRST).hexdigest()
        os.utime(path, (0, 0))
        gone = sweep_files(root)
        kept = path.exists()
        path.unlink()
        return gone, kept, list(check_files(root))

    gone, kept, wrong = behind(swept)
    assert (gone, kept) == (0, True)
    assert len(wrong) == 1
    assert wrong[0].startswith("Văn bản 45/BC-UBND “Báo cáo kết quả thẩm định")
    assert wrong[0].endswith("bản đã ký không còn trong kho lưu trữ.")
    assert as_person("kiemtra").get(f"/van-ban/{document}/tep").status_code == 404


def test_the_members_signed_opinion_stays_from_the_department_until_it_has_judged(
    web: Flask, as_person: AsPerson, behind: Behind
) -> None:
    case_id = behind(lambda: a_case_at("department_verify"))
    document = behind(lambda: signed_by(case_id, "Thành viên BCĐ"))
    upload(as_person("thanhvien-bimson"), document, FIRST, "khong-dat-2.6.pdf", **NUMBER)
    department = as_person("so-tttt-chuyenvien")

    page = department.page(f"/ho-so/{case_id}?tab=ho-so")

    assert department.get(f"/van-ban/{document}/tep").status_code == 404
    assert "khong-dat" not in page
    assert "Sở đọc được sau khi đã thẩm tra" in page
    assert as_person("huyen-bimson-lanhdao").get(f"/van-ban/{document}/tep").data == FIRST
