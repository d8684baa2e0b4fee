"""The forms of a draft as a process owner meets them, and a form made there at work in a live case."""

from __future__ import annotations

import hashlib
import io
import json
import re
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select

from forms import form_keys
from service.database import db
from service.models import ProcessDraft, Submission
from service.studio.approval import approve_draft, publish_draft, submit_draft
from service.studio.guards import LegalBasis
from service.studio.queries import read_draft
from tests.builders import NOON, person
from tests.integration.service.scenes import a_case_of, open_tasks, status_of
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields
from tests.integration.web.test_ordinary_forms import FORM, PDF
from tests.unit.engine.drawing import Drawing

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
DRAWER, APPROVER, OFFICER = "quytrinh-so-tttt", "quytrinh-vanphong", "xa-thidu-chuyenvien"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sent(visitor: Visitor, path: str, body: Any) -> Any:
    headers = {"X-CSRFToken": visitor.token()}
    return visitor.client.post(path, data=json.dumps(body), headers=headers, content_type="application/json")


def imported(visitor: Visitor, forms: str, rev: int, *files: tuple[bytes, str]) -> Any:
    given: Any = [(io.BytesIO(content), name) for content, name in files]
    return visitor.post(f"{forms}/nhap", {"rev": str(rev), "forms": given})


def a_draft(visitor: Visitor, form_key: str = "survey") -> str:
    drawing = Drawing("survey_procedure")
    drawing.start()
    drawing.task("survey", camunda_formKey=form_key)
    drawing.end()
    drawing.chain("opened", "survey", "done")
    made = visitor.post("/quy-trinh/ban-thao", {"diagram": (io.BytesIO(drawing.xml()), "so-do.bpmn")})
    return str(made.headers["Location"])


def test_a_form_made_in_the_editor_asks_in_a_live_case(as_person: AsPerson, behind: Behind) -> None:
    drawer = as_person(DRAWER)
    here = a_draft(drawer)
    forms = f"{here}/bieu-mau"

    assert "Tạo biểu mẫu survey" in drawer.page(forms)
    offered = drawer.get(f"{forms}/survey")
    assert (offered.status_code, "Tạo biểu mẫu" in offered.text) == (404, True)
    drawer.post(forms, {"rev": "1", "key": "survey", "title": "Khảo sát hạ tầng"})
    begun = drawer.get(f"{forms}/survey/tep").text
    text = json.dumps({**FORM, "other_tool": {"kept": 1.0}}, ensure_ascii=False)
    body = {"rev": 2, "based": digest(begun), "form": text}
    kept = sent(drawer, f"{forms}/survey/luu", body)
    late = sent(drawer, f"{forms}/survey/luu", {**body, "form": begun})

    assert (kept.status_code, kept.json["rev"], kept.json["publishable"]) == (200, 3, True)
    assert (late.status_code, late.json["rev"]) == (409, 3)
    assert drawer.get(f"{forms}/survey/tep").text == text
    page = drawer.page(f"{forms}/survey")
    assert faults(page) == []
    assert re.search(r'data-part="why_poor" hidden', page)
    typed = [["quality", "poor"], ["households", "0"], ["action", "complete"]]
    seen = sent(drawer, f"{forms}/survey/xem", {"form": text, "typed": typed, "try": True}).json
    assert seen["problems"] == []
    assert "“Số hộ”: không được nhỏ hơn 1." in seen["html"]
    assert not re.search(r'data-part="why_poor" hidden', seen["html"])

    case_id, task = behind(lambda: live(uuid.UUID(here.rsplit("/", 1)[1])))
    officer = as_person(OFFICER)
    answers = {
        "place": "Thôn Một",
        "households": "120",
        "held_on": "2023-11-15",
        "quality": "poor",
        "why_poor": "Xa trạm",
        "masts.0.name": "Trạm Đồi",
        "upload.photos": (io.BytesIO(PDF), "anh.pdf"),
    }
    fields = form_fields(officer.page(f"/viec/{task}"))
    done = officer.post(f"/viec/{task}", {**fields, **answers, "do": "complete:anyway"})
    assert done.status_code == 303
    assert behind(lambda: status_of(case_id)) == ("finished", "done")
    stored = behind(lambda: orjson.loads(db.session.scalars(select(Submission.content)).one())["answers"])
    assert len(stored.pop("photos")) == 1
    assert stored == {
        "action": "complete",
        "place": "Thôn Một",
        "households": "120",
        "held_on": "2023-11-15",
        "quality": "poor",
        "why_poor": "Xa trạm",
        "masts": [{"name": "Trạm Đồi"}],
    }


def live(draft: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """(case, task) of the draft, submitted by one, approved by another, published."""
    basis = LegalBasis("9/QĐ-UBND", date(2023, 11, 1), date(2023, 11, 20))
    submit_draft(draft_id=draft, rev=3, basis=basis, by=person(DRAWER), now=NOON)
    content = read_draft(draft).content_hash
    approve_draft(draft_id=draft, rev=4, content_hash=content, by=person(APPROVER), now=NOON)
    publish_draft(draft_id=draft, rev=5, by=person(DRAWER), now=NOON)
    case_id = a_case_of("survey_procedure")
    return case_id, open_tasks(case_id)["survey"]


def test_drawing_and_forms_are_saved_beside_each_other_and_renamed_together(
    as_person: AsPerson, behind: Behind
) -> None:
    drawer = as_person(DRAWER)
    here = a_draft(drawer)
    forms, draft_id = f"{here}/bieu-mau", uuid.UUID(here.rsplit("/", 1)[1])
    diagram = drawer.get(f"{here}/so-do.bpmn").text
    drawn: dict[str, Any] = {"rev": 1, "based": digest(diagram), "diagram": f"{diagram}\n"}

    imported(drawer, forms, 1, (json.dumps(FORM).encode(), "survey.form"), (b"{}", "empty.form"))
    beside = sent(drawer, f"{here}/luu", drawn)
    against = sent(drawer, f"{here}/luu", {**drawn, "diagram": diagram})
    renamed = drawer.post(f"{forms}/doi-ma", {"rev": "3", "key": "survey", "new_key": "khao_sat"})
    used = drawer.post(f"{forms}/xoa", {"rev": "4", "key": "khao_sat"})
    drawer.post(forms, {"rev": "4", "key": "ban_sao", "copy_of": "khao_sat"})
    drawer.post(f"{forms}/xoa", {"rev": "5", "key": "empty"})

    assert (beside.status_code, beside.json["rev"]) == (200, 3)
    assert (against.status_code, renamed.status_code) == (409, 303)
    assert (used.status_code, "đang được dùng ở bước" in used.text) == (409, True)
    kept, now_drawn = behind(lambda: _stored(draft_id))
    assert kept == {"khao_sat": json.dumps(FORM), "ban_sao": json.dumps(FORM)}
    assert now_drawn == drawn["diagram"].encode().replace(b'formKey="survey"', b'formKey="khao_sat"')


def _stored(draft_id: uuid.UUID) -> tuple[dict[str, str], bytes]:
    draft = db.session.get(ProcessDraft, draft_id)
    assert draft is not None
    return dict(draft.forms), draft.diagram


def test_every_form_of_the_procedure_is_previewed_and_tried_without_a_case(as_person: AsPerson) -> None:
    drawer = as_person(DRAWER)
    here = drawer.post("/quy-trinh/recognition/ban-thao", {"phien-ban": "1"}).headers["Location"]
    listed = drawer.page(f"{here}/bieu-mau")
    for key in form_keys():
        assert f'href="{here}/bieu-mau/{key}"' in listed
        assert faults(drawer.page(f"{here}/bieu-mau/{key}")) == [], key
        text = drawer.get(f"{here}/bieu-mau/{key}/tep").text
        tried = sent(drawer, f"{here}/bieu-mau/{key}/xem", {"form": text, "try": True})
        assert (tried.status_code, tried.json["problems"]) == (200, []), key
        # docs/forms.md: who recognises may leave everything blank; every other form demands something.
        assert ("Gửi được:" in tried.json["html"]) == (key == "chairman_decide"), key


def test_hostile_forms_are_refused_in_words_and_wrong_ones_told_at_the_field(as_person: AsPerson) -> None:
    drawer = as_person(DRAWER)
    forms = f"{a_draft(drawer)}/bieu-mau"
    drawer.post(forms, {"rev": "1", "key": "survey", "title": "Khảo sát"})
    hostile = {
        "lớn quá 200 KB": b" " * 300_000,
        "lồng nhau quá 20 lớp": b'{"a":' + b"[" * 400 + b"]" * 400 + b"}",
        "xuất hiện hai lần": b'{"type": "default", "type": "default"}',
        "“__proto__”": b'{"__proto__": {"components": []}}',
        "không phải mã UTF-8": b'{"a": "\xff"}',
        "JSON sai ở dòng 1": b'{"a": "\x00"}',
    }
    for said, content in hostile.items():
        refused = imported(drawer, forms, 2, (content, "survey.form"))
        assert (refused.status_code, said in refused.text) == (422, True), said
    for key in ("__proto__", "constructor", "\u202egnp", "Khảo sát", "a" * 65, ""):
        refused = drawer.post(forms, {"rev": "2", "key": key, "title": "Thử"})
        assert (refused.status_code, "Mã biểu mẫu" in refused.text) == (422, True), key
        assert "\u202e" not in refused.text.split('role="alert"')[1][:300]

    wrong = {
        **FORM,
        "components": [
            {"type": "html", "id": "h", "content": "<script>"},
            {
                "type": "group",
                "id": "g",
                "components": [{"type": "number", "key": "constructor", "label": "A"}],
            },
            {"type": "textfield", "key": "a", "label": "A", "validate": {"pattern": "(a+)+$"}},
            {"type": "textfield", "key": "a", "label": "A", "conditional": {"hide": "=nowhere = 1"}},
        ],
    }
    told = sent(drawer, f"{forms}/survey/xem", {"form": json.dumps(wrong)}).json
    many = [{"type": "number", "key": f"k{n}", "label": "A"} for n in range(2_000)]
    crowd = sent(drawer, f"{forms}/survey/xem", {"form": json.dumps({**FORM, "components": many})}).json
    large = sent(drawer, f"{forms}/survey/luu", {"rev": 2, "based": "", "form": " " * 5_000_000})
    nonsense: tuple[Any, ...] = (None, {"form": 1}, [])
    strange = [sent(drawer, f"{forms}/survey/xem", body).status_code for body in nonsense]

    assert told["html"] == "Sửa hết lỗi của biểu mẫu để xem trước."
    assert [one["path"] for one in told["problems"]] == [[0], [1, 0], [2], [3], [3], [3]]
    assert all(one["remedy"] for one in told["problems"])
    assert [one["message"] for one in crowd["problems"]] == ["Biểu mẫu: có quá 200 thành phần."]
    assert (large.status_code, "lớn quá 200 KB" in large.json["sentence"]) == (422, True)
    assert strange == [422, 422, 422]
