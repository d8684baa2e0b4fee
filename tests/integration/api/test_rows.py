"""Rows of a table given to colleagues and single fields of a draft, by the API."""

from __future__ import annotations

from tests.builders import an_open_case, open_task
from tests.integration.api.client import Api
from tests.integration.service.test_handling import COLLEAGUE, a_colleague


def test_a_colleague_saves_the_fields_of_the_rows_that_were_given(api: Api) -> None:
    with api.inside():
        colleague_id, task = str(a_colleague()), open_task(an_open_case(), "self_assess")
    officer, colleague = api.a("xa-thidu-chuyenvien"), api.a(COLLEAGUE)
    officer.post(f"/tasks/{task}/claim")
    fields = f"/tasks/{task}/draft/fields"

    given = officer.post(f"/tasks/{task}/rows", {"criteria": ["3.2", "2.6"], "to": colleague_id})
    assert given["items"] == [
        {"criterion": criterion, "user_id": colleague_id, "name": COLLEAGUE} for criterion in ("2.6", "3.2")
    ]
    mine = {"rev": 0, "changes": {"criteria.2.6.raw": "54,4%"}}
    theirs = {"rev": 0, "changes": {"criteria.1.1.raw": "Có", "report_summary": "Năm 2023."}}
    assert colleague.request("PATCH", fields, json=mine).json == {"rev": 1}
    assert colleague.request("PATCH", fields, json=theirs).status_code == 403
    assert officer.request("PATCH", fields, json=theirs).json == {"rev": 2}
    clash = officer.request("PATCH", fields, json={"rev": 0, "changes": {"criteria.2.6.raw": "60%"}})
    assert (clash.status_code, clash.json and clash.json["code"]) == (409, "draft-changed")
    unknown = officer.request("PATCH", fields, json={"rev": 2, "changes": {"khong.co": 1}})
    assert unknown.status_code == 422

    left = officer.post(f"/tasks/{task}/rows/take-back", {"criteria": ["2.6"]})
    assert [row["criterion"] for row in left["items"]] == ["3.2"]
    assert officer.get(f"/tasks/{task}/rows") == left
    assert api.a("huyen-bimson-chuyenvien").request("GET", f"/tasks/{task}/rows").status_code in (403, 404)
