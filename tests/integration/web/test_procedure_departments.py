"""*Sở phụ trách*: a procedure passes from one department to another, with before and after in the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import uuid4

from sqlalchemy import insert

from service.database import transaction
from service.models import Unit, UnitKind
from tests.integration.web.conftest import Visitor

PAGE = "/quan-tri/so-phu-trach"
# service/demo/data/units.yaml: Sở TTTT until 28/02/2025, when it ended; from 01/03/2025 Sở KH&CN.
NEXT = {
    "procedure": "recognition",
    "unit": "so-so",
    "first_day": "2025-07-01",
    "legal_basis": "QĐ 12/QĐ-UBND ngày 20/6/2025",
}


def test_an_administrator_gives_a_procedure_to_another_department_and_the_log_tells_both(
    as_person: Callable[[str], Visitor],
) -> None:
    administrator, auditor = as_person("quantri"), as_person("kiemtra")

    with administrator.client.application.app_context(), transaction() as session:
        session.execute(
            insert(Unit).values(
                id=uuid4(),
                code="so-so",
                name="Sở Chuyển đổi số",
                kind=UnitKind.DEPARTMENT,
                valid_from=date(2025, 1, 1),
                fictitious=True,
                source="thử",
            )
        )
    before = administrator.page(PAGE)
    for wrong in (
        {**NEXT, "unit": ""},
        {**NEXT, "unit": "xa-thi-du"},  # no department
        {**NEXT, "first_day": "mai"},
        {**NEXT, "first_day": "2025-03-01"},  # not after the last one's first day
        {**NEXT, "legal_basis": " "},
        {**NEXT, "procedure": "khong-co"},
        {**NEXT, "unit": "so-khcn"},  # has it already
        {**NEXT, "unit": "so-tttt"},  # is no more
    ):
        refused = administrator.post(PAGE, wrong)
        assert (refused.status_code, "Chưa thực hiện được" in refused.text) == (422, True), wrong
    assert "QĐ 12/QĐ-UBND" not in administrator.page(PAGE)
    answer = administrator.post(PAGE, NEXT)
    shown = auditor.page(PAGE)

    assert "Sở Khoa học và Công nghệ" in before
    assert answer.status_code == 303
    day = r"\d\d/\d\d/\d{4}"
    spans = re.findall(rf"từ ({day})</span> <span[^>]*>(đến hết {day}|chưa có ngày cuối)", shown)
    assert spans[:2] == [("01/07/2025", "chưa có ngày cuối"), ("01/03/2025", "đến hết 30/06/2025")]
    told = "Giao quy trình recognition: Sở Khoa học và Công nghệ thành Sở Chuyển đổi số từ 01/07/2025"
    assert told in shown
    assert 'name="legal_basis"' not in shown  # who inspects changes nothing
    assert auditor.post(PAGE, NEXT).status_code in (403, 404)
    assert as_person("xa-thidu-chuyenvien").get(PAGE).status_code in (403, 404)
