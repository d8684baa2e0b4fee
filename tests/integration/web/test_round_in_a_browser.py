"""The Chairman before a round: all as proposed in two clicks, what is different one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from service.jobs.outbox import drain
from service.rounds.proposal import sign_submission
from tests.builders import NOON, person
from tests.integration.service.province import brought_to_round, communes
from tests.integration.service.scenes import status_of
from tests.integration.service.test_round_of_many import DIRECTOR, handed_up
from tests.integration.web.conftest import Visitor

CHAIRMAN = "tinh-chutich"
PATIENCE_MS = 60_000


@pytest.fixture
def brought(behind: Callable[[Callable[[], Any]], Any]) -> dict[str, Any]:
    """{how it fares: its case} and under "round" the round, its Tờ trình signed and delivered."""

    def bring() -> dict[str, Any]:
        cases: dict[str, Any] = {one.fares: brought_to_round(one) for one in communes(FARES)}
        round_id = handed_up(list(cases.values()))
        sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
        drain(NOON)
        return {**cases, "round": round_id}

    return dict(behind(bring))


FARES = ["eligible", "registered", "failing", "settled", "still open"]


def test_all_as_proposed_in_two_clicks_but_for_what_the_chairman_opens(
    page: Page,
    address: str,
    as_person: Callable[[str], Visitor],
    behind: Callable[[Callable[[], Any]], Any],
    brought: dict[str, Any],
) -> None:
    cookie = as_person(CHAIRMAN).client.get_cookie("congnhan")
    assert cookie is not None
    page.context.add_cookies([{"name": "congnhan", "value": cookie.value, "url": address}])
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    asked: list[str] = []
    agree = False

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        (dialog.accept if agree else dialog.dismiss)()

    page.on("dialog", answer)
    page.goto(f"{address}/dot/{brought['round']}")
    lines, said = page.locator("[data-line]"), page.locator("[data-said]")
    shown = page.locator("[data-line]:visible")

    # Two clicks decide all as proposed: the button, and yes to what it asks (here: no).
    expect(page.locator("[data-exceptions]")).to_have_text("Tất cả theo đề nghị của Sở.")
    page.get_by_role("button", name="Ký Quyết định").click()
    said_first = "Ký Quyết định cho 5 hồ sơ của Đợt 1 năm 2023? Kết quả ghi ngay vào từng hồ sơ; "
    assert asked == [said_first + "ký rồi thì không rút lại được. Tất cả theo đề nghị của Sở."]

    # What was disputed, and how it was resolved, is found at once.
    page.locator("[data-filter=differs]").click()
    expect(said).to_have_text("Đang hiện 2/5 hồ sơ.")
    expect(shown.first).to_contain_text("hội nghị thống nhất: 56,3%")
    expect(shown.last).to_contain_text("hội nghị: còn ý kiến khác nhau")
    page.locator("[data-filter=all]").click()
    page.locator("#find-commune").fill("xa so 5")  # without diacritics
    expect(shown).to_have_count(1)

    # The exception: what the meeting left open is recognised, with a reason.
    shown.first.get_by_label("Công nhận", exact=True).check()
    shown.first.get_by_label("Lý do").fill("Chấp nhận số liệu của Thành viên.")
    expect(page.locator("[data-exceptions]")).to_have_text("1 hồ sơ quyết định khác đề nghị.")
    page.locator("#find-commune").fill("")
    expect(shown).to_have_count(lines.count())

    # On paper stands what is chosen, and that nobody has signed it.
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.get_by_text("Bản in khi chưa ký Quyết định")).to_be_visible()
    assert page.locator(".decide__choice .form-check:visible").all_inner_texts() == [
        *["Theo đề nghị: Công nhận"] * 3,
        "Theo đề nghị: Không công nhận",
        "Công nhận",
    ]
    expect(page.locator(".decide__choice textarea:visible")).to_have_value(
        "Chấp nhận số liệu của Thành viên."
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    agree = True
    page.get_by_role("button", name="Ký Quyết định").click()
    expect(page.get_by_text("Đã ký Quyết định.")).to_be_visible()

    behind(lambda: drain(NOON))
    ended = behind(lambda: {fares: status_of(brought[fares])[1] for fares in FARES})
    assert ended == {
        "eligible": "commune_recognised",
        "registered": "commune_recognised",
        "failing": "commune_not_recognised",
        "settled": "commune_recognised",
        "still open": "commune_recognised",
    }
