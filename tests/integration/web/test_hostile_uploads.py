"""Files that nobody should have to open: too large, not what they say, or made to run in a browser."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.builders import an_open_case, open_task
from tests.integration.conftest import MEGABYTE
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER = "xa-thidu-chuyenvien"
TWO_GIGABYTES = 2 * 1024 * MEGABYTE
SCRIPT = b"<script>fetch('/viec')</script>"
PAGE = b"<!doctype html><html><body>" + SCRIPT
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(64)
# A document that a reader of web pages would take for one of those.
TWO_FACED = b"%PDF-1.4\n" + PAGE
REFUSED = (
    ("bao-cao.pdf", PROGRAM, "không phải là tệp .pdf"),
    ("bao-cao.docx", PROGRAM, "bao-cao.docx"),
    ("bao-cao.pdf.exe", PROGRAM, "Không nhận tệp"),
    ("trang.html", PAGE, "Không nhận tệp"),
    ("trang.pdf", PAGE, "không phải là tệp .pdf"),
    ("hinh.svg", DRAWING, "Không nhận tệp"),
    ("hinh.png", DRAWING, "không phải là tệp .png"),
    ("hinh.webp", b"RIFF\x10\x00\x00\x00AVI LIST", "không phải là tệp .webp"),
)


class Unread(io.RawIOBase):
    """A body of two gigabytes, of which is counted how much somebody takes."""

    taken = place = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = TWO_GIGABYTES if whence == 2 else offset
        return self.place

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        return len(buffer)


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    return behind(lambda: open_task(an_open_case(), "self_assess"))  # type: ignore[no-any-return]


def kept(web: Flask) -> list[Path]:
    folder = Path(web.config["SETTINGS"].files_dir)
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_two_gigabytes_are_refused_in_a_sentence_before_they_are_read(
    web: Flask, as_person: AsPerson, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    token, body = officer.token(), Unread()
    sent: dict[str, Any] = {"input_stream": body, "headers": {"X-CSRFToken": token}}
    sent["content_type"] = "multipart/form-data; boundary=x"

    begun = officer.post(
        f"/viec/{task}/tep", {"name": "lớn.pdf", "size": str(TWO_GIGABYTES), "criterion": "2.6"}
    )
    by_form = officer.client.post(f"/viec/{task}", **sent)
    by_api = officer.client.post(f"/api/v1/tasks/{task}/files", **sent)

    assert (begun.status_code, begun.json) == (
        413,
        {"code": "too-large", "sentence": "Tệp lớn hơn 5 MB. Hãy nén hoặc chia nhỏ tệp."},
    )
    assert by_form.status_code == by_api.status_code == 413
    assert faults(by_form.text) == []
    assert "Hãy quay lại, nén hoặc chia nhỏ tệp rồi gửi lại." in by_form.text
    assert by_api.json is not None
    assert by_api.json["code"] == "too-large"
    assert body.taken == 0
    assert kept(web) == []


def test_what_is_not_what_its_name_says_and_what_can_run_is_refused(
    web: Flask, as_person: AsPerson, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    fields = form_fields(officer.page(f"/viec/{task}"))

    for name, content, sentence in REFUSED:
        upload = {"upload.criteria.2.6": (io.BytesIO(content), name)}
        answer = officer.post(f"/viec/{task}", {**fields, "do": "save", **upload})
        assert answer.status_code in (415, 422), name
        assert sentence in answer.text, name
        assert faults(answer.text) == [], name
    assert kept(web) == []


def test_whatever_is_taken_is_handed_out_so_that_no_browser_runs_it(
    as_person: AsPerson, task: uuid.UUID
) -> None:
    officer = as_person(OFFICER)
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as packed:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        types = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
        packed.writestr("[Content_Types].xml", types)
        packed.writestr("word/document.xml", "<document/>")
    document.seek(0)
    fields = form_fields(officer.page(f"/viec/{task}"))
    uploads = {"upload.criteria.2.6": (io.BytesIO(TWO_FACED), "hai mặt.pdf")}
    uploads |= {"upload.criteria.1.1": (document, "công văn.docx")}
    answer = officer.post(f"/viec/{task}", {**fields, "do": "save", **uploads})
    assert answer.status_code == 303, answer.text
    taken = form_fields(officer.page(f"/viec/{task}"))

    for criterion, mimetype in (("2.6", "application/pdf"), ("1.1", "application/vnd.openxmlformats")):
        saved = officer.get(f"/tep/{taken[f'criteria.{criterion}.evidence']}")
        assert saved.status_code == 200
        assert saved.mimetype.startswith(mimetype)
        assert saved.headers["Content-Disposition"].startswith("attachment; ")
        assert saved.headers["X-Content-Type-Options"] == "nosniff"
        assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    shown = officer.get(f"/tep/{taken['criteria.2.6.evidence']}/noi-dung")
    assert shown.mimetype == "application/pdf"  # never sniffed: what is told to be a PDF is opened as one
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'none'" in shown.headers["Content-Security-Policy"]
    only_saved = officer.get(f"/tep/{taken['criteria.1.1.evidence']}/noi-dung")
    assert only_saved.status_code == 302
    assert only_saved.headers["Location"].endswith(f"/tep/{taken['criteria.1.1.evidence']}")
