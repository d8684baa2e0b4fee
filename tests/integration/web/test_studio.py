"""The studio's pages as a process owner and everybody else meet them, without JavaScript."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import canonicalize

from service.engine.rules import drawing_of
from service.processes.packaged import packaged_diagram
from tests.integration.web.conftest import Visitor

PEOPLE = ("quytrinh-so-tttt", "quytrinh-vanphong", "xa-thidu-chuyenvien")
BASIS = {"legal_number": "9/QĐ-UBND", "legal_date": "2023-11-01", "effective_on": "2023-12-01"}
RENAMED = ("Tự đánh giá, lập hồ sơ đề nghị thẩm định", "Xã tự đánh giá")


def fields(page: str) -> dict[str, object]:
    return dict(re.findall(r'type="hidden" name="(rev|content_hash)" value="([^"]*)"', page))


def sent(visitor: Visitor, path: str, body: Any) -> Any:
    raw = b'{"rev": 2, "diagram": ' + body + b"}" if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-CSRFToken": visitor.token()}
    return visitor.client.post(path, data=raw, headers=headers, content_type="application/json")


def test_a_draft_goes_through_all_pages_to_a_version_that_everybody_compares(
    as_person: Callable[[str], Visitor],
) -> None:
    drawer = as_person(PEOPLE[0])
    assert "Lập bản thảo" in drawer.page("/quy-trinh")
    made = drawer.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"})
    here = made.headers["Location"]
    diagram = packaged_diagram().decode()
    assert drawer.get(f"{here}/so-do.bpmn?tai-ve=1").data == packaged_diagram()

    kept = sent(drawer, f"{here}/luu", {"rev": 1, "diagram": diagram.replace(*RENAMED)})
    late = sent(drawer, f"{here}/luu", {"rev": 1, "diagram": diagram})
    checked = sent(
        drawer,
        f"{here}/kiem-tra",
        {"diagram": diagram.replace('name="signer" value="chairman"', 'name="signer" value="leader"')},
    )
    bodies = None, {"rev": 2}, b'"\\ud800"', {"rev": 2, "diagram": diagram, "imported": 7}
    strange = [sent(drawer, f"{here}/luu", body).status_code for body in bodies]

    assert (kept.status_code, kept.json["rev"], kept.json["publishable"]) == (200, 2, True)
    assert (late.status_code, late.json["rev"]) == (409, 2)
    assert [(one["element"], one["rule"]) for one in checked.json["problems"]] == [
        ("chairman_decide", "signer-of-group"),
        ("self_assess", "no-seat"),  # most communes of the province have nobody yet
    ]
    assert strange == [422] * 4
    for page in ("", "/trinh", "/rut", "/so-sanh"):
        assert "<h1>" in drawer.page(here + page)

    refused = drawer.post(f"{here}/trinh", {**BASIS, "rev": "2", "legal_date": "mai"})
    assert (refused.status_code, 'id="legal_date-error"' in refused.text) == (422, True)
    drawer.post(f"{here}/trinh", {**BASIS, "rev": "2"})
    assert "cần một người khác" in drawer.page(f"{here}/phe-duyet")

    approver = as_person(PEOPLE[1])
    shown = approver.page(f"{here}/phe-duyet")
    assert "Chuyên viên UBND cấp xã soạn bước “Xã tự đánh giá”" not in shown  # a name gives nobody a right
    assert approver.post(f"{here}/tra-lai", {"rev": "3"}).status_code == 422
    approver.post(f"{here}/phe-duyet", fields(shown))
    published = approver.post(f"{here}/ban-hanh", fields(approver.page(f"{here}/ban-hanh")))
    assert published.headers["Location"] == "/quy-trinh/recognition?phien-ban=2"

    commune = as_person(PEOPLE[2])
    assert "Sẽ có hiệu lực" in commune.page("/quy-trinh")
    compared = commune.page("/quy-trinh/recognition/so-sanh?tu=1&den=2")
    assert "<del>Tự đánh giá, lập hồ sơ đề nghị thẩm định</del> thành <ins>Xã tự đánh giá</ins>" in compared
    assert commune.get(here).status_code == 403
    assert drawer.get(f"/quy-trinh/ban-thao/{uuid.uuid4()}").status_code == 404
    assert drawer.get("/quy-trinh/recognition/so-sanh?tu=x").status_code == 404


def test_a_file_becomes_a_draft_as_it_is_and_no_drawing_becomes_none(
    as_person: Callable[[str], Visitor],
) -> None:
    drawer = as_person(PEOPLE[0])
    foreign = packaged_diagram().replace(
        b"</bpmn:process>", b'<z:o xmlns:z="urn:z" a="1"/></bpmn:process>\r\n'
    )

    made = drawer.post("/quy-trinh/ban-thao", {"diagram": (io.BytesIO(foreign), "so-do.bpmn")})
    refused = drawer.post("/quy-trinh/ban-thao", {"diagram": (io.BytesIO(b"%PDF"), "so-do.bpmn")})

    assert drawer.get(made.headers["Location"] + "/so-do.bpmn").data == foreign
    assert (refused.status_code, "không phải XML" in refused.text) == (422, True)


def test_a_problem_is_mended_for_whoever_draws_and_explained_to_everybody(
    as_person: Callable[[str], Visitor],
) -> None:
    drawer, reader = as_person(PEOPLE[0]), as_person(PEOPLE[2])
    here = drawer.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"}).headers["Location"]
    diagram = packaged_diagram().decode()
    other = diagram.replace('name="signer" value="chairman"', 'name="signer" value="leader"')
    other = other.replace('<bpmn:process id="recognition"', '<bpmn:process id="recognised"')
    found = sent(drawer, f"{here}/kiem-tra", {"diagram": other}).json["problems"]
    problems = [one for one in found if "mend" in one]

    for problem in problems:
        asked = {key: problem[key] for key in ("element", "rule", "message")}
        answer = sent(drawer, f"{here}/sua-giup", {"diagram": other, **asked})
        other = answer.json["diagram"]

    assert [(one["rule"], one["mend"]["id"]) for one in problems] == [
        ("same-procedure", "give-back-key"),
        ("signer-of-group", "set-signer"),
    ]
    assert canonicalize(other, with_comments=True) == canonicalize(
        diagram, with_comments=True
    )  # comments, extensions and shapes too
    again = sent(drawer, f"{here}/sua-giup", {"diagram": other, **asked})
    assert (again.status_code, "Hãy kiểm tra lại" in again.json["sentence"]) == (409, True)
    assert sent(drawer, f"{here}/sua-giup", {"diagram": other}).status_code == 422
    assert 'href="/quy-trinh/quy-tac/never-completes"' in reader.page("/quy-trinh/quy-tac")
    page = reader.page("/quy-trinh/quy-tac/never-completes")
    assert "Hồ sơ sẽ chờ mãi ở đây" in page
    assert reader.get("/quy-trinh/quy-tac/never-completes/sai.bpmn").data == drawing_of(
        "never-completes", "wrong"
    )
    assert "windows-1258" in reader.page("/quy-trinh/quy-tac/encoding")
    assert "&#34;type&#34;: &#34;html&#34;" in reader.page("/quy-trinh/quy-tac/readable-form")
    assert "cũng là lãnh đạo duy nhất của huyện" in reader.page("/quy-trinh/quy-tac/nobody-left")
    for nowhere in ("x", "timer/wrong.bpmn", "too-many/sai.bpmn"):
        assert reader.get(f"/quy-trinh/quy-tac/{nowhere}").status_code == 404


def test_a_button_that_no_gateway_asks_for_is_told_and_gets_its_gateway(
    as_person: Callable[[str], Visitor],
) -> None:
    """Sở's form for verifying at the step where it submits, which is followed by the Chairman."""
    drawer = as_person(PEOPLE[0])
    here = drawer.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"}).headers["Location"]
    diagram = (
        packaged_diagram().decode().replace('formKey="department_submit"', 'formKey="department_verify"')
    )

    problems = sent(drawer, f"{here}/kiem-tra", {"diagram": diagram}).json["problems"]
    (told,) = [one for one in problems if one["rule"] != "no-seat"]

    assert (told["element"], told["rule"], told["severity"]) == (
        "department_submit",
        "unasked-choice",
        "warning",
    )
    assert "cho chọn “Ghi kết quả thẩm tra”, “Trả lại bổ sung”" in told["message"]
    assert 'department_submit.action = "return"' in told["remedy"]
    assert "mend" not in told  # three ways lead to this step: who gets it back is for people to say


def test_the_panel_is_told_what_may_be_chosen_and_what_it_says(as_person: Callable[[str], Visitor]) -> None:
    drawer = as_person("quytrinh-so-tttt")
    here = drawer.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"}).headers["Location"]
    headers = {"X-CSRFToken": drawer.token()}

    words = drawer.get(f"{here}/tu-vung").json
    question = {"text": 'member_opinion.action = "return"', "place": "condition"}
    told = drawer.client.post(f"{here}/bieu-thuc", json=question, headers=headers)
    wrong = drawer.client.post(f"{here}/bieu-thuc", json=[1], headers=headers)

    assert words is not None
    assert [one["value"] for one in words["groups"]][:2] == ["commune", "district"]
    action = words["forms"]["member_opinion"]["variables"][0]
    assert (action["key"], {one["value"] for one in action["values"]}) == ("action", {"complete", "return"})
    assert told.json is not None
    assert told.json["choice"]["rows"][0]["variable"] == "member_opinion.action"
    assert wrong.status_code == 422
