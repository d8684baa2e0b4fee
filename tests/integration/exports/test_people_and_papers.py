"""Exports without people say nothing of them; the history on paper says everything else."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import orjson
import pypdf
import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select, update

from service.cases.timeline import timeline
from service.database import db, transaction
from service.models import Case, Document, Event, EvidenceFile, Submission, User
from tests.builders import a_case_at, person
from tests.integration.audit.logs import WITNESS
from tests.integration.exports.conftest import Decided, all_exported, exported

KINDS = ("pdf", "xes", "ocel", "csv", "bundle")


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def readable(kind: str, made: bytes) -> str:
    """All that can be read of an export; of the archive what was made anew for it."""
    if kind == "pdf":
        return text_of(made)
    if kind == "bundle":
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        return " ".join(
            text_of(content) if name.endswith(".pdf") else content.decode() for name, content in parts.items()
        )
    return made.decode()


def texts(answers: Any) -> set[str]:
    """Every sentence that somebody typed: what has a few words."""
    if isinstance(answers, dict):
        return set().union(*(texts(one) for one in answers.values()), set())
    if isinstance(answers, list):
        return set().union(*(texts(one) for one in answers), set())
    return {answers} if isinstance(answers, str) and answers.count(" ") >= 3 else set()


def people_and_words() -> dict[str, set[str]]:
    users = db.session.scalars(select(User)).all()
    contents = [orjson.loads(one) for one in db.session.scalars(select(Submission.content))]
    documents = {one.title for one in db.session.scalars(select(Document))}
    found = {
        "names": {user.display_name for user in users},
        "accounts": {user.username for user in users} - {"kiemtra"},
        "files": set(db.session.scalars(select(EvidenceFile.name))),
        "words": set().union(*(texts(one["answers"]) for one in contents)) - documents,
        "ids": {str(user.id) for user in users},
    }
    db.session.rollback()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_without_people_nothing_of_them_is_in_the_bytes(decided: Decided, kind: str):
    told = people_and_words()
    assert all(len(one) > 3 for one in told.values())

    for case_id in (decided.recognised, decided.refused):
        read = readable(kind, exported(case_id, kind, viewer=person("kiemtra"), minimised=True))
        for what, words in told.items():
            # Lines of the log are proved as they were written: they name people by ids.
            if (kind, what) != ("bundle", "ids"):
                assert [one for one in words if one in read] == [], what
        assert "lược" in read


@pytest.mark.parametrize("kind", ["xes", "ocel", "csv"])
def test_nor_are_they_in_the_log_of_all_cases(decided: Decided, kind: str):
    told, read = people_and_words(), all_exported(kind, minimised=True)[1].decode()

    assert [one for words in told.values() for one in words if one in read] == []


@pytest.mark.parametrize("kind", ["pdf", "xes", "ocel", "csv"])
def test_with_people_their_names_are_there(decided: Decided, kind: str):
    read = readable(kind, exported(decided.recognised, kind))

    assert "Hoàng Thị Lê Vy" in read
    assert "dữ liệu cá nhân" in read.lower()


def test_a_person_has_one_number_in_all_parts_of_an_export(decided: Decided):
    made = exported(decided.recognised, "csv", minimised=True)

    rows = list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"))))
    events = db.session.execute(
        select(Event.seq, Event.actor_id)
        .where(Event.stream == "case", Event.stream_id == str(decided.recognised))
        .order_by(Event.seq)
    )
    pairs = {(str(actor), rows[seq - 1]["Người thực hiện"]) for seq, actor in events if actor}
    assert len(pairs) == len({actor for actor, _ in pairs}) == len({called for _, called in pairs})
    assert ("Người 1 (Chuyên viên phòng Công nghệ thông tin, Sở Thông tin và Truyền thông)") in {
        called for _, called in pairs
    }


def test_the_sheet_has_a_row_for_each_event_and_no_formula(decided: Decided):
    made = exported(decided.refused, "csv")

    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    case = db.session.get_one(Case, decided.refused)
    entries = timeline(case)
    assert [row[5] for row in rows[1:]] == [str(entry.seq) for entry in entries]
    assert [row[11] for row in rows[1:]] == [entry.sentence for entry in entries]
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    assert {row[-1] for row in rows[1:]} == {"không"}


HOSTILE = '=HYPERLINK("http://x") <b>&amp;\x0b]]> Ổ'


def test_names_that_mean_something_to_machines_are_text(core: Flask):
    case_id = a_case_at("district_appraise")
    with transaction() as session:
        session.execute(update(User).values(display_name=HOSTILE))

    cells = list(csv.reader(io.StringIO(exported(case_id, "csv").decode("utf-8-sig"))))
    people = etree.fromstring(exported(case_id, "xes")).xpath("//*[@key='org:resource']/@value")
    users = [one for one in orjson.loads(exported(case_id, "ocel"))["objects"] if one["type"] == "user"]

    assert cells[1][12] == f"'{HOSTILE}"
    assert HOSTILE.replace("\x0b", "") in people
    assert {one["attributes"][0]["value"] for one in users} == {HOSTILE}
    assert '=HYPERLINK("http://x") <b>&amp; ]]> Ổ' in text_of(exported(case_id, "pdf"))


def test_the_history_on_paper_tells_all_sections_page_by_page(decided: Decided):
    made = exported(decided.recognised, "pdf", viewer=person("kiemtra"), witness=WITNESS.public)

    reader = pypdf.PdfReader(io.BytesIO(made))
    read = text_of(made)
    case = db.session.get_one(Case, decided.recognised)
    assert [
        f"Trang {n}/{len(reader.pages)}" in page.extract_text() for n, page in enumerate(reader.pages, 1)
    ] == [True] * len(reader.pages)
    assert len(reader.pages) > 3
    for said in (case.code, case.last_hash.hex(), "nhân chứng đã ký", person("kiemtra").name, "phiên bản 1"):
        assert said in read
    for entry in timeline(case):
        assert f"{entry.seq}. {entry.sentence}" in read
    assert "Biểu thức: district_appraise.action" in read
    assert "Tự đánh giá, lập hồ sơ đề nghị thẩm định: Đạt" in read
    for document in db.session.scalars(select(Document).where(Document.case_id == case.id)):
        assert document.number in read
    for sha256 in db.session.scalars(select(EvidenceFile.sha256).where(EvidenceFile.case_id == case.id)):
        assert sha256 in read


def test_the_typeface_lies_in_the_paper_and_no_date_of_making(decided: Decided):
    reader = pypdf.PdfReader(io.BytesIO(exported(decided.refused, "pdf")))

    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    embedded = {
        str(font.get_object()["/BaseFont"]): "/FontFile2" in font.get_object()["/FontDescriptor"]
        for font in fonts.values()
        if "BeVietnamPro" in str(font.get_object()["/BaseFont"])
    }
    assert embedded
    assert all(embedded.values())
    assert reader.metadata is not None
    assert str(reader.metadata["/CreationDate"]).startswith("D:2000")
