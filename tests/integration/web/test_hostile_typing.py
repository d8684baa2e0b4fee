"""Odd letters, far too many, a tab from another year: each ends in a sentence, nothing is lost."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from service.calendars.tables import read_table, write_csv
from service.database import db
from service.models import Draft
from service.tasks.operations import current_rev, save_draft
from tests.builders import NOON, an_open_case, open_task, person
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults, form_fields

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
COMMUNE = "xa-thidu-chuyenvien"
FIRST = {"action": "complete", "criteria": {"1.2": {"raw": "98%"}}}


@pytest.fixture
def task(behind: Behind) -> uuid.UUID:
    def begin() -> uuid.UUID:
        task_id = open_task(an_open_case(), "self_assess")
        save_draft(task_id=task_id, answers=FIRST, seen_rev=0, by=person(COMMUNE), now=NOON)
        db.session.remove()
        return task_id

    return behind(begin)  # type: ignore[no-any-return]


def test_odd_letters_and_a_year_old_tab_end_in_a_sentence_and_lose_nothing(
    as_person: AsPerson, behind: Behind, task: uuid.UUID
) -> None:
    officer = as_person(COMMUNE)
    fields = form_fields(officer.page(f"/viec/{task}"))
    long, backwards = "chữ " * 2_500, "54\u202e%001"

    refused = officer.post(f"/viec/{task}", typed(fields, {"1.3": long.strip(), "1.4": backwards}))

    assert refused.status_code == 422
    assert "dài quá 2000 ký tự" in refused.text
    assert "không được có ký tự điều khiển hoặc ký tự lạ" in refused.text
    assert long.strip() in refused.text
    assert backwards in refused.text
    assert faults(refused.text) == []
    by_itself = officer.post(f"/viec/{task}/nhap", typed(fields, {"1.4": backwards}))
    assert by_itself.status_code == 422
    assert "ký tự lạ" in by_itself.get_json()["sentence"]
    assert stored(behind, task) == {"1.2": "98%"}

    # Marks apart from their letters are one letter; stacked ones are kept as they are.
    apart, stacked = "Đa\u0309m ba\u0309o", "a" + "\u0301" * 100
    kept = officer.post(f"/viec/{task}", typed(fields, {"1.9": apart, "2.1": stacked}))
    assert kept.status_code == 303
    assert stored(behind, task)["1.9"] == "Đảm bảo"
    assert stored(behind, task)["2.1"] == "á" + "\u0301" * 99

    # The tab of an earlier session: its token is nobody's, its draft two revisions old.
    before, rev = stored(behind, task), behind(lambda: current_rev(task))
    old = typed(fields, {"1.2": "12,5%", "3.2": "66,1%"})
    for address in (f"/viec/{task}", f"/viec/{task}/nhap", f"/viec/{task}/bang-tinh/nhan"):
        stale = officer.client.post(
            address, data={**old, "csrf_token": "cũ"}, headers={"Accept": "application/json"}
        )
        assert stale.status_code == 400, address
        assert "Lưu nháp" in stale.text, address
    page = officer.client.post(f"/viec/{task}", data={**old, "csrf_token": "cũ"})
    assert page.status_code == 400
    assert 'value="12,5%"' in page.text
    assert 'value="66,1%"' in page.text
    assert (stored(behind, task), behind(lambda: current_rev(task))) == (before, rev)


def test_no_table_that_goes_out_begins_a_formula_and_it_comes_back_as_it_was() -> None:
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "bình thường", "'x"]

    sent = write_csv(["Tên"], [[cell] for cell in hostile])

    cells = [row[0] for row in csv.reader(io.StringIO(sent.decode("utf-8-sig"), newline=""))][1:]
    assert cells == ["'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "bình thường", "'x"]
    back = [line.cells["name"] for line in read_table(sent, "a.csv", {"tên": "name"}, "rows")]
    assert back == ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "=1", "bình thường", "'x"]


def typed(fields: Mapping[str, Any], results: dict[str, str]) -> dict[str, object]:
    """The form as a tab sends it that was opened with these fields."""
    return {**fields, **{f"criteria.{criterion}.raw": text for criterion, text in results.items()}}


def stored(behind: Behind, task: uuid.UUID) -> dict[str, str]:
    criteria = behind(lambda: db.session.get_one(Draft, task).answers["criteria"])
    return {criterion: entry["raw"] for criterion, entry in criteria.items()}
