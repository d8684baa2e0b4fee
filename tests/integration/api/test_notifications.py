"""Notifications by the API: one's own, page by page, and how one wants to hear."""

from __future__ import annotations

import pytest

from service.jobs.announcing import announce_due
from service.tasks.operations import send_back_to_officer
from tests.builders import NOON, a_case_at, an_open_case, hand_up, open_task, person, story_answers
from tests.integration.api.client import Api
from tests.integration.service.scenes import given_back

OFFICER = "xa-thidu-chuyenvien"


def told_twice(api: Api) -> None:
    with api.inside():
        case_id = a_case_at("district_appraise")
        given_back(case_id, "district_appraise")
        announce_due(NOON)


def test_the_exact_place_stands_in_the_answer(api: Api) -> None:
    told_twice(api)

    found = api.a(OFFICER).get("/notifications")

    assert found["unread"] == len(found["items"]) == 1
    only = found["items"][0]
    assert (only["kind"], only["read_at"]) == ("case_returned", None)
    assert only["link"] == f"/viec/{only['task_id']}#row-2.6"


def test_reading_is_by_oneself_and_once(api: Api) -> None:
    told_twice(api)
    officer = api.a(OFFICER)
    number = officer.get("/notifications")["items"][0]["id"]

    api.a("xa-thidu-lanhdao").post(f"/notifications/{number}/read", expect=404)
    first = officer.post(f"/notifications/{number}/read")
    again = officer.post(f"/notifications/{number}/read")

    assert first == again
    assert first["read_at"] is not None
    assert officer.get("/notifications", unread="true") == {"items": [], "next_cursor": None, "unread": 0}
    assert len(officer.get("/notifications")["items"]) == 1


def test_pages_follow_by_cursor(api: Api) -> None:
    with api.inside():
        case_id = an_open_case()
        announce_due(NOON)
        hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
        reason, leader = "Ghi rõ hơn", person("xa-thidu-lanhdao")
        send_back_to_officer(task_id=open_task(case_id, "self_assess"), reason=reason, by=leader, now=NOON)
        announce_due(NOON)
    officer = api.a(OFFICER)

    first = officer.get("/notifications", size=1)
    second = officer.get("/notifications", size=1, cursor=first["next_cursor"])

    assert [page["items"][0]["kind"] for page in (first, second)] == ["sent_back", "task_opened"]
    assert second["next_cursor"] is None


def test_a_number_beyond_all_numbers_is_no_notification(api: Api) -> None:
    api.a(OFFICER).post(f"/notifications/{10**30}/read", expect=404)


def test_all_up_to_one_are_read_together(api: Api) -> None:
    told_twice(api)
    officer = api.a(OFFICER)
    newest = officer.get("/notifications")["items"][0]["id"]

    assert officer.post("/notifications/read-all", {"up_to": newest - 1}) == {"read": 0}
    assert officer.post("/notifications/read-all", {}) == {"read": 1}


def test_choices_are_kept_and_an_escalation_rings_all_the_same(api: Api) -> None:
    leader = api.a("xa-thidu-lanhdao")
    silent = [{"kind": kind, "bell": False, "email": False} for kind in ("escalated", "overdue")]

    saved = leader.put("/notifications/preferences", {"email": "ld@example.vn", "kinds": silent})

    assert saved == leader.get("/notifications/preferences")
    by_kind = {one["kind"]: (one["bell"], one["email"]) for one in saved["kinds"]}
    assert saved["email"] == "ld@example.vn"
    assert by_kind["escalated"] == (True, False)
    assert by_kind["overdue"] == (False, False)
    assert by_kind["task_opened"] == (True, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "không phải"}, "email"),
        ({"email": "a@b.vn\nBcc: x@y.vn"}, "email"),
        ({"email": "", "kinds": [{"kind": "khác", "bell": True, "email": True}]}, "kinds.0.kind"),
        ({}, "email"),
    ],
)
def test_what_is_wrong_is_named(api: Api, body: dict[str, object], field: str) -> None:
    problem = api.a(OFFICER).put("/notifications/preferences", body, expect=422)

    assert field in [one["field"] for one in problem["errors"]]
