"""*Trao đổi* as a tab of the case: said without JavaScript or with htmx, read by those who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html as parser

from tests.builders import an_open_case
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
QUESTION = "Kỳ số liệu <b>nào</b>?"


@pytest.fixture
def address(behind: Behind) -> str:
    return f"/ho-so/{behind(an_open_case)}"


def said(page: str) -> list[str]:
    """Author's seat and words of each comment, in the order of the page."""
    document = parser.document_fromstring(page)
    return [
        f"{one.find_class('said__seat')[0].text_content()}: {one.find_class('said__body')[0].text_content()}"
        for one in document.find_class("said")
    ]


def test_people_talk_without_javascript_and_take_back_what_they_said(
    as_person: AsPerson, address: str
) -> None:
    commune, auditor = as_person("xa-thidu-chuyenvien"), as_person("kiemtra")
    empty = auditor.page(f"{address}?tab=trao-doi")
    assert "Chưa có trao đổi nào" in empty
    assert "chỉ người của các đơn vị" in empty
    assert "<textarea" not in empty

    answer = commune.post(f"{address}/trao-doi", {"body": QUESTION, "criterion": "2.6", "audience": "case"})
    assert answer.status_code == 303
    assert re.fullmatch(rf"{address}\?tab=trao-doi#trao-doi-[0-9a-f-]{{36}}", answer.location)
    refused = commune.post(f"{address}/trao-doi", {"body": "ă" * 2001, "criterion": "1.10"})
    assert refused.status_code == 422
    assert "Nội dung dài 2001 ký tự, tối đa 2000" in refused.text
    assert "ă" * 2001 in refused.text  # nothing typed is lost
    assert '<option value="1.10" selected>' in refused.text
    assert faults(refused.text) == []

    line = f"Công chức Văn phòng – Thống kê, UBND xã Thí Dụ: {QUESTION}"
    page = commune.page(f"{address}?tab=trao-doi")
    assert said(page) == [line]
    assert "<b>nào" not in page
    assert faults(page) == []
    assert said(auditor.page(f"{address}?tab=trao-doi&chi-tieu=2.6")) == [line]
    assert said(auditor.page(f"{address}?tab=trao-doi&chi-tieu=2.5")) == []
    assert '<span class="count" id="count-trao-doi">1</span>' in auditor.page(address)
    assert auditor.get(f"{address}?tab=trao-doi&chi-tieu=9.9").status_code == 404

    take_back = parser.document_fromstring(page).find_class("said__act")[0].get("action")
    assert auditor.post(take_back).status_code == 403
    assert commune.post(take_back).status_code == 303
    assert commune.post(take_back).status_code == 409
    after = auditor.page(f"{address}?tab=trao-doi")
    assert "Người viết đã rút nội dung này, 12:00 ngày 20/11/2023." in after
    assert "Kỳ số liệu" not in after


def test_htmx_gets_the_tab_alone_and_the_new_count(as_person: AsPerson, address: str) -> None:
    commune = as_person("xa-thidu-lanhdao")
    sent = {"csrf_token": commune.token(), "body": "Xã hỏi.", "audience": "unit"}

    answer = commune.client.post(f"{address}/trao-doi", data=sent, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section class="talk" id="trao-doi"')
    assert '<span class="count" id="count-trao-doi" hx-swap-oob="true">1</span>' in answer.text
    assert "Đã gửi lúc 12:00." in answer.text
    assert said(as_person("huyen-bimson-lanhdao").page(f"{address}?tab=trao-doi")) == []
    refused = commune.client.post(
        f"{address}/trao-doi", data=sent | {"body": " "}, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 422
    assert "Hãy viết nội dung trao đổi." in refused.text
