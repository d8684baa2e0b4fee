"""Every page, as everybody: no rule of accessibility broken, nothing asked elsewhere, no complaint heard.

The demo's story is played to its end. Whoever is next looks at the work; at the end everybody looks at
everything. Pages come from the routes and from each other's links, so that nobody can forget one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from service import clock
from service.clock import LOCAL, local_day, set_demo_clock
from service.database import transaction
from service.demo.loader import viewer_named
from service.demo.story import Act, Play, acts
from service.jobs.outbox import drain
from service.models import OutboxRow
from service.tasks.operations import claim_task
from service.tasks.worklist import list_tasks
from tests.builders import NOON
from tests.e2e.pages.conftest import Site
from tests.e2e.pages.crawling import Crawl, page_rules, starts
from tests.e2e.pages.inspecting import Inspector, folder_for_pictures
from tests.e2e.pages.seated import log_in, send_with_nothing
from tests.faults.studio_commands import drafts_of_every_state
from tests.integration.retention.scenes import proposed, ten_years_for, the_recognised_case

Behind = Callable[[Callable[[], Any]], Any]

# When somebody has work on the desk, and who: each looks before it is done.
MOMENTS = (
    ("2023-11-20T09:00", "xa-thidu-chuyenvien"),
    ("2023-11-23T12:00", "xa-thidu-lanhdao"),
    ("2023-11-24T11:00", "huyen-bimson-lanhdao"),
    ("2023-11-25T08:00", "xa-minhhoa-chuyenvien"),
    ("2023-11-29T12:00", "huyen-bimson-chuyenvien"),
    ("2023-12-05T08:00", "thanhvien-bimson"),
    ("2023-12-09T08:00", "huyen-bimson-chuyenvien"),
    ("2023-12-13T08:00", "so-tttt-chuyenvien"),
    ("2023-12-16T08:00", "so-tttt-phogiamdoc"),
    ("2023-12-20T08:00", "so-tttt-chuyenvien"),
    ("2023-12-23T08:00", "so-tttt-chuyenvien"),
    ("2023-12-25T17:00", "so-tttt-giamdoc"),
    ("2023-12-27T08:00", "tinh-phochutich"),
)
END = "2023-12-30T09:00"
OF_WORK = [
    f"pages.{name}"
    for name in (
        *("worklist", "task_page", "sheet_page", "annex", "return_to_former", "handle", "rows_page"),
        *("round_list", "round_page", "case_page", "case_action", "file_page"),
    )
]
OF_A_DRAFT = [
    f"pages.{name}_page" for name in ("draft", "submit", "approval", "return", "publish", "withdraw")
]
OF_A_DRAFT += ["pages.draft_forms", "pages.draft_form_page"]
# Nobody, and one of each kind of right.
EVERYBODY = (
    "",
    "xa-thidu-chuyenvien",
    "xa-thidu-lanhdao",
    "huyen-bimson-chuyenvien",
    "huyen-bimson-lanhdao",
    "huyen-bimson-vanthu",
    "thanhvien-bimson",
    "so-tttt-chuyenvien",
    "so-tttt-giamdoc",
    "tinh-chutich",
    "quytrinh-so-tttt",
    "quytrinh-vanphong",
    "kiemtra",
    "quantri",
)
# Routes that answer a browser, but with no page: files, parts of a page, what machines read.
NO_PAGES = {"healthz", "readyz", "metrics"} | {
    f"pages.{name}"
    for name in (
        "annex_sheet",
        "answer_file",
        "bell_count",
        "case_export",
        "diagram",
        "draft_comparison_diagram",
        "draft_diagram",
        "draft_vocabulary",
        "draft_form_file",
        "download",
        "export_deadlines",
        "file_content",
        "files_there",
        "fresh_draft",
        "index_hint",
        "log_receipt_file",
        "retention_file",
        "round_progress",
        "rule_drawing",
        "signed_copy",
        "upload_state",
        "verdict",
        "version_comparison_diagram",
    )
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["new", "all"])
def test_nothing_is_wrong_with_any_page_for_anybody(site: Site, behind: Behind, thorough: bool) -> None:
    """`thorough` shows everybody every page, with all its rows, and not only what nobody was shown before."""
    crawl = Crawl(site.app, thorough)
    eye = Inspector(site.browser, site.address, thorough, folder_for_pictures())
    rest: list[Act] = behind(lambda: acts(Play(site.app.config["SETTINGS"].files_dir, 5_000_000)))

    for moment, username in MOMENTS:
        rest = behind(partial(play_until, moment, rest))
        behind(partial(claim_what_is_new, username))
        look_around(username, ["/viec", "/dot"], crawl, eye, OF_WORK)
    behind(partial(play_until, END, rest))
    behind(a_delivery_that_failed)
    behind(a_list_to_be_destroyed)
    drafts = behind(drafts_of_every_state)
    for username in EVERYBODY:
        look_around(username, [*starts(site.app), "/khong-co"], crawl, eye)
    for draft in drafts:  # what its page leads to depends on how far it has come
        for username in ("quytrinh-so-tttt", "quytrinh-vanphong"):
            look_around(username, [f"/quy-trinh/ban-thao/{draft}"], crawl, eye, OF_A_DRAFT)

    assert eye.faults == []
    assert sorted({rule.endpoint for rule in page_rules(site.app)} - crawl.reached - NO_PAGES) == [], (
        "No link leads there. Link it, or name it in NO_PAGES if it is no page."
    )


def look_around(
    username: str, first: list[str], crawl: Crawl, eye: Inspector, only: list[str] | None = None
) -> None:
    """What this person finds from there on, and what comes back of forms that they send with nothing."""
    client, cookie = log_in(crawl.app, username) if username else (crawl.app.test_client(), None)
    eye.become(cookie)
    for found in crawl.pages(client, first, only or ()):
        eye.show(found.path, f"{username or 'nobody'} {found.path} {found.status}")
        for path, answer in send_with_nothing(crawl, client, found):
            eye.show(path, f"{username or 'nobody'} {path} {answer.status_code}", answer)


def play_until(moment: str, rest: list[Act]) -> list[Act]:
    """Do what is due by then; set the clock. Answers what comes later."""
    now = datetime.fromisoformat(moment).replace(tzinfo=LOCAL)
    for act in rest:
        if act.at <= now:
            act.do()
            drain(act.at)
    set_demo_clock(now)
    return [act for act in rest if act.at > now]


def claim_what_is_new(username: str) -> None:
    """Of the commune: what others look at nobody has claimed, so that both kinds of page are seen."""
    if username == "xa-thidu-chuyenvien":
        by = viewer_named(username, clock.now())
        for row in list_tasks(by, day=local_day(clock.now())).items:
            claim_task(task_id=row.id, by=by, now=clock.now())


def a_list_to_be_destroyed() -> None:
    ten_years_for("submission", "private")
    proposed(the_recognised_case())


def a_delivery_that_failed() -> None:
    row = {"kind": "email", "payload": {}, "state": "dead", "attempts": 8, "last_error": "ConnectionRefused"}
    with transaction() as session:
        session.execute(insert(OutboxRow).values(row | {"available_at": NOON, "created_at": NOON}))
