"""A human task with an ordinary form: drawn, checked and shown from its definition, with no code for it."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest
from flask import Flask
from lxml import html as parser
from sqlalchemy import select

from service.database import db
from service.identity.operations import issue_token
from service.models import Submission
from service.processes.publishing import publish_version
from tests.builders import NOON
from tests.integration.service.scenes import a_case_of, open_tasks, status_of
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields
from tests.unit.engine.drawing import Drawing

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
OFFICER = "xa-thidu-chuyenvien"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def field(kind: str, key: str, label: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": key, "label": label, **more}


FORM = {
    "type": "default",
    "id": "survey",
    "schemaVersion": 16,
    "properties": {
        "title": "Khảo sát hạ tầng",
        "actions": "complete",
        "action.complete": "Gửi kết quả khảo sát",
    },
    "components": [
        field("textfield", "place", "Địa điểm", validate={"required": True, "maxLength": 20}),
        field("number", "households", "Số hộ", validate={"required": True, "min": 1, "max": 5000}),
        field("datetime", "held_on", "Ngày khảo sát", subtype="date", dateLabel="Ngày khảo sát"),
        field(
            "select",
            "quality",
            "Chất lượng mạng",
            validate={"required": True},
            values=[{"label": "Tốt", "value": "good"}, {"label": "Kém", "value": "poor"}],
        ),
        field(
            "textarea",
            "why_poor",
            "Vì sao kém",
            validate={"required": True},
            conditional={"hide": '=not(quality = "poor")'},
        ),
        {
            "type": "dynamiclist",
            "path": "masts",
            "id": "masts",
            "label": "Trạm phát sóng",
            "components": [
                field("textfield", "name", "Tên trạm", validate={"required": True}),
                field("number", "height", "Chiều cao (m)"),
            ],
        },
        field("filepicker", "photos", "Ảnh hiện trường", validate={"required": True}),
    ],
}
WRONG = {
    "place": "Thôn Một, xã Thí Dụ, thị xã Bỉm Sơn",
    "households": "0",
    "held_on": "31/02/2023",
    "quality": "poor",
    "masts.0.height": "ba mươi",
}
# By hand from FORM and the sentences of docs/forms.md.
TOLD = {
    "place": "“Địa điểm”: dài 35 ký tự, tối đa 20.",
    "households": "“Số hộ”: không được nhỏ hơn 1.",
    "held_on": "“Ngày khảo sát”",
    "why_poor": "“Vì sao kém”: bắt buộc nhập.",
    "masts.0.name": "“Trạm phát sóng”, dòng 1: thiếu “Tên trạm”.",
    "masts.0.height": "“ba mươi” không phải là số.",
    "photos": "“Ảnh hiện trường”: bắt buộc nhập.",
}


def dom(text: str) -> Any:
    return parser.document_fromstring(text)


def survey() -> tuple[uuid.UUID, uuid.UUID]:
    """(case, task) of a procedure that nobody wrote code for."""
    drawing = Drawing("survey_procedure")
    drawing.start()
    drawing.task("survey", camunda_formKey="survey")
    drawing.end()
    drawing.chain("opened", "survey", "done")
    publish_version(
        diagram=drawing.xml(),
        forms={"survey": json.dumps(FORM).encode()},
        catalogue="qd-1829",
        legal_basis="thử nghiệm",
        effective_on=date(2022, 1, 1),
        now=NOON,
    )
    case_id = a_case_of("survey_procedure")
    return case_id, open_tasks(case_id)["survey"]


@pytest.fixture
def case_and_task(behind: Behind) -> tuple[uuid.UUID, uuid.UUID]:
    return behind(survey)  # type: ignore[no-any-return]


def test_a_form_is_drawn_checked_handed_in_and_shown_from_its_definition_alone(
    web: Flask, as_person: AsPerson, behind: Behind, case_and_task: tuple[uuid.UUID, uuid.UUID]
) -> None:
    case_id, task = case_and_task
    officer = as_person(OFFICER)

    page = officer.page(f"/viec/{task}")
    assert faults(page) == []
    drawn = dom(page)
    assert {"place", "households", "held_on", "quality", "why_poor", "masts.0.name", "upload.photos"} <= {
        control.get("name") for control in drawn.xpath("//form[@id='work-form']//*[@name]")
    }
    assert drawn.xpath("//*[@data-part='why_poor']/@hidden"), "asked only where the network is poor"
    assert "Gửi kết quả khảo sát" in page

    refused = officer.post(f"/viec/{task}", {**form_fields(page), **WRONG, "do": "complete"})
    assert refused.status_code == 422
    for path, sentence in TOLD.items():
        at_the_field = dom(refused.text).xpath("//*[@id=$id]", id=f"{path}-error")
        assert at_the_field, path
        assert sentence in at_the_field[0].text_content()
    assert 'value="ba mươi"' in refused.text
    assert not dom(refused.text).xpath("//*[@data-part='why_poor']/@hidden")
    assert behind(lambda: status_of(case_id)) == ("open", None)

    told_by_api = answers_of_the_api(web, behind, task)
    assert told_by_api == {path: sentences_at(refused.text, path) for path in told_by_api}
    assert set(told_by_api) == set(TOLD)

    right = {
        "place": "Thôn Một",
        "households": "1.234,5",
        "held_on": "2023-11-15",
        "quality": "good",
        "masts.0.name": "Trạm Đồi",
        "masts.0.height": "32,5",
        "upload.photos": (io.BytesIO(PDF), "anh.pdf"),
        "why_poor": "bị bỏ, vì mạng tốt",
    }
    done = officer.post(f"/viec/{task}", {**form_fields(page), **right, "do": "complete:anyway"})
    assert done.status_code == 303
    assert behind(lambda: status_of(case_id)) == ("finished", "done")

    handed_in = behind(lambda: orjson.loads(db.session.scalars(select(Submission.content)).one())["answers"])
    photos = handed_in.pop("photos")
    assert handed_in == {
        "action": "complete",
        "place": "Thôn Một",
        "households": "1234.5",
        "held_on": "2023-11-15",
        "quality": "good",
        "masts": [{"name": "Trạm Đồi", "height": "32.5"}],
    }
    shown = officer.page(f"/viec/{task}")
    for words in ("Thôn Một", "15/11/2023", "Tốt", "Trạm Đồi", "anh.pdf"):
        assert words in shown
    assert len(photos) == 1


def answers_of_the_api(web: Flask, behind: Behind, task: uuid.UUID) -> dict[str, list[str]]:
    """What the API tells of the same mistakes: {field: sentences}."""

    def token() -> str:
        return issue_token(username=OFFICER, now=NOON)

    answers = {
        "action": "complete",
        "place": WRONG["place"],
        "households": WRONG["households"],
        "held_on": WRONG["held_on"],
        "quality": WRONG["quality"],
        "masts": [{"name": "", "height": WRONG["masts.0.height"]}],
    }
    answer = web.test_client().post(
        f"/api/v1/tasks/{task}/complete",
        json={"answers": answers},
        headers={"Authorization": f"Bearer {behind(token)}"},
    )
    assert answer.status_code == 422
    return {one["field"].removeprefix("answers."): one["messages"] for one in answer.get_json()["errors"]}


def sentences_at(page: str, path: str) -> list[str]:
    found = dom(page).xpath("//*[@id=$id]", id=f"{path}-error")
    return [line.strip() for line in found[0].text_content().split("\n") if line.strip()]
