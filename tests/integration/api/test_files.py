"""Evidence goes in typed by content and comes out as an attachment that can do nothing."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.builders import an_open_case, do_step, open_task
from tests.integration.api.client import Api
from tests.integration.api.test_errors import problem

PDF = b"%PDF-1.7\n%minh ch\xe1\xbb\xa9ng\n"


@pytest.fixture
def task(api: Api) -> str:
    with api.inside():
        return str(open_task(an_open_case(), "self_assess"))


def test_a_file_comes_back_byte_for_byte_as_an_attachment(api: Api, task: str) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    added = clerk.upload(task, PDF, "Báo cáo “quý IV”.pdf", criterion="2.6")
    assert added.status_code == 201, added.get_data(as_text=True)

    answer = api.a("huyen-bimson-lanhdao").request("GET", added.headers["Location"])

    assert answer.get_data() == PDF
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == "Báo cáo “quý IV”.pdf"
    assert added.json["criterion"] == "2.6"


def test_the_list_tells_what_was_handed_in(api: Api, task: str) -> None:
    clerk = api.a("xa-thidu-chuyenvien")
    clerk.upload(task, PDF, "a.pdf", criterion="2.6")
    clerk.upload(task, PDF, "b.pdf")
    case = clerk.get(f"/tasks/{task}")["case_id"]

    items = clerk.get(f"/cases/{case}/files")["items"]

    assert [(item["name"], item["criterion"], item["size"]) for item in items] == [
        ("a.pdf", "2.6", len(PDF)),
        ("b.pdf", None, len(PDF)),
    ]


def test_what_is_not_what_its_name_says_is_refused(api: Api, task: str) -> None:
    clerk = api.a("xa-thidu-chuyenvien")

    problem(clerk.upload(task, b"<html><script>", "a.pdf"), 415, "unsupported-file")
    problem(clerk.upload(task, PDF, "a.html"), 415, "unsupported-file")
    problem(clerk.upload(task, b"", "a.pdf"), 422, "bad-input")
    problem(clerk.upload(task, PDF, "a.pdf", criterion="99.9"), 422, "bad-input")
    problem(clerk.request("POST", f"/tasks/{task}/files", json={}), 415, "unsupported-media-type")
    broken = "multipart/form-data; boundary=never"
    problem(clerk.request("POST", f"/tasks/{task}/files", data=PDF, content_type=broken), 422, "bad-input")


def test_a_file_of_another_unit_does_not_exist(api: Api, task: str) -> None:
    added = api.a("xa-thidu-chuyenvien").upload(task, PDF, "a.pdf")

    for stranger in ("xa-minhhoa-chuyenvien", "huyen-thuongxuan-lanhdao", "thanhvien-thuongxuan", "quantri"):
        problem(api.a(stranger).request("GET", added.headers["Location"]), 404, "not-found")
    problem(api.a("xa-minhhoa-chuyenvien").upload(task, PDF, "a.pdf"), 404, "not-found")
    problem(api.a("xa-thidu-lanhdao").upload(task, PDF, "a.pdf"), 403, "not-allowed")


def test_the_clerk_gives_a_number_once(api: Api) -> None:
    with api.inside():
        case_id = an_open_case()
        do_step(case_id, "self_assess")
        do_step(case_id, "district_appraise")
    clerk = api.a("huyen-bimson-vanthu")
    document = next(
        item for item in clerk.get(f"/cases/{case_id}/documents")["items"] if "thị xã" in item["signer_title"]
    )
    body = {"number": "311/BC-UBND", "issued_on": "2023-11-20"}
    path = f"/documents/{document['id']}/number"

    problem(api.a("xa-thidu-chuyenvien").request("POST", path, json=body), 403, "not-allowed")
    problem(api.a("xa-minhhoa-chuyenvien").request("POST", path, json=body), 404, "not-found")
    clerk.post(path, body)

    problem(clerk.request("POST", path, json=body), 409, "wrong-state")
    numbers = {item["id"]: item["number"] for item in clerk.get(f"/cases/{case_id}/documents")["items"]}
    assert numbers[document["id"]] == "311/BC-UBND"
