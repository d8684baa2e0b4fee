"""Signed papers and newer versions of evidence through the API: as on the pages, by the same operations."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import Any

from sqlalchemy import select

from service.database import db
from service.models import Document, Event
from tests.builders import a_case_at, an_open_case, open_task
from tests.integration.api.client import Api, Person
from tests.integration.api.test_errors import problem

FIRST, SECOND = b"%PDF-1.7 ban da ky", b"%PDF-1.7 ban da ky, quet lai"
NUMBER = {"number": "45/BC-UBND", "issued_on": "2023-11-20"}


def file_copy(person: Person, document: uuid.UUID, content: bytes, key: str = "", **more: str) -> Any:
    return person.request(
        "POST",
        f"/documents/{document}/signed-copy",
        data={"file": (io.BytesIO(content), "ký.pdf"), **more},
        content_type="multipart/form-data",
        headers={"Idempotency-Key": key} if key else {},
    )


def test_the_signed_paper_comes_back_with_its_number_and_is_handed_out_on_record(api: Api) -> None:
    with api.inside():
        case_id = a_case_at("member_opinion")
        document = db.session.execute(
            select(Document.id).where(Document.case_id == case_id, Document.signer_title.contains("thị xã"))
        ).scalar_one()
    clerk, commune = api.a("huyen-bimson-vanthu"), api.a("xa-thidu-chuyenvien")
    where = f"/documents/{document}/signed-copy"

    problem(commune.request("GET", where), 404, "not-found")
    problem(file_copy(commune, document, FIRST, **NUMBER), 403, "not-allowed")
    problem(file_copy(api.a("xa-minhhoa-chuyenvien"), document, FIRST, **NUMBER), 404, "not-found")
    problem(file_copy(clerk, document, b"<html>", **NUMBER), 415, "unsupported-file")
    problem(file_copy(clerk, document, FIRST), 422, "bad-input")
    problem(file_copy(clerk, document, FIRST, number="45", issued_on="20/11/2023"), 422, "bad-input")
    problem(file_copy(clerk, document, FIRST, number="4" * 61), 422, "bad-input")
    problem(clerk.request("POST", where, json={}), 415, "unsupported-media-type")

    filed = file_copy(clerk, document, FIRST, key="nop-1", **NUMBER)
    assert filed.status_code == 201, filed.get_data(as_text=True)
    assert filed.headers["Location"] == f"/api/v1{where}"
    assert (filed.json["number"], filed.json["issued_on"]) == ("45/BC-UBND", "2023-11-20")
    assert filed.json["signed_copy"]["sha256"] == hashlib.sha256(FIRST).hexdigest()
    again = file_copy(clerk, document, FIRST, key="nop-1", **NUMBER)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    problem(file_copy(clerk, document, FIRST), 409, "wrong-state")
    assert file_copy(clerk, document, SECOND).status_code == 201

    answer = commune.request("GET", where)
    assert answer.get_data() == SECOND
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    copies = [one["signed_copy"] for one in commune.get(f"/cases/{case_id}/documents")["items"]]
    assert [copy["size"] for copy in copies if copy] == [len(SECOND)]
    with api.inside():
        events = db.session.scalars(select(Event.type).where(Event.type.like("signed_copy%"))).all()
    assert sorted(events) == ["signed_copy_downloaded", "signed_copy_filed", "signed_copy_filed"]


def test_a_newer_version_takes_the_place_and_the_criterion_of_a_file(api: Api) -> None:
    with api.inside():
        task = str(open_task(an_open_case(), "self_assess"))
        foreign = str(open_task(an_open_case("phuong-minh-hoa"), "self_assess"))
    clerk = api.a("xa-thidu-chuyenvien")
    first = clerk.upload(task, FIRST, "a.pdf", criterion="2.6").json
    other = api.a("xa-minhhoa-chuyenvien").upload(foreign, FIRST, "b.pdf").json

    newer = clerk.upload(task, SECOND, "a2.pdf", replaces=first["id"])
    assert newer.status_code == 201, newer.get_data(as_text=True)
    assert (newer.json["criterion"], newer.json["replaces_id"]) == ("2.6", first["id"])
    assert first["replaces_id"] is None
    items = clerk.get(f"/cases/{first['case_id']}/files")["items"]
    assert [item["name"] for item in items] == ["a.pdf", "a2.pdf"]  # both are kept
    for wrong in (first["id"], other["id"], str(uuid.uuid4()), "x"):
        answer = clerk.upload(task, SECOND, "a3.pdf", replaces=wrong)
        assert answer.status_code in (404, 409, 422), (wrong, answer.get_data(as_text=True))


def test_a_note_goes_with_a_task_that_changes_hands(api: Api) -> None:
    with api.inside():
        task = str(open_task(an_open_case(), "self_assess"))
    leader, officer = api.a("xa-thidu-lanhdao"), api.a("xa-thidu-chuyenvien")
    to = officer.get("/me")["id"]

    given = leader.send("POST", f"/tasks/{task}/assign", {"to": to, "note": "Còn thiếu 2.6"}, 200)

    assert given["owner_name"]
    problem(
        leader.request("POST", f"/tasks/{task}/assign", json={"to": to, "note": "x" * 1001}),
        422,
        "bad-input",
    )
