"""Programs can take a case all the way: every step through /api/v1, each by the person whose step it is."""

from __future__ import annotations

from typing import Any

from tests.builders import SIGNERS, an_open_case, story_answers
from tests.integration.api.client import Api

DECIDED = [
    "self_assess",
    "district_appraise",
    "member_opinion",
    "district_consolidate",
    "department_verify",
    "reconciliation_meeting",
]


def the_task(api: Api, username: str, element: str) -> str:
    found = api.a(username).get("/tasks", element=element)["items"]
    return str(found[0]["id"])


def do(api: Api, element: str, **changes: Any) -> dict[str, Any]:
    """One step over the API: draft, submit for signature, sign; or the member's own completion."""
    officer, signer = SIGNERS[element]
    answers = story_answers(element, **changes)
    if officer is None:
        task = the_task(api, signer, element)
        return dict(api.a(signer).post(f"/tasks/{task}/complete", {"answers": answers, "signature": {}}))
    task = the_task(api, officer, element)
    rev = api.a(officer).get(f"/tasks/{task}")["draft"]["rev"]
    api.a(officer).put(f"/tasks/{task}/draft", {"rev": rev, "answers": answers})
    api.a(officer).post(f"/tasks/{task}/submit-for-signature", {})
    return dict(api.a(signer).post(f"/tasks/{task}/sign", {"signature": {"number": "", "capacity": None}}))


def test_a_case_goes_from_self_assessment_to_the_decision(api: Api) -> None:
    officer, director, chairman = (
        api.a(name) for name in ("so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich")
    )
    commune = next(item for item in officer.get("/communes", year=2023)["items"] if "Thí Dụ" in item["name"])
    case = officer.post("/cases", {"commune_id": commune["id"], "year": 2023}, expect=201)

    for element in DECIDED:
        moved = do(api, element)
    round_ = officer.post("/rounds", {"year": 2023}, expect=201)
    path = f"/rounds/{round_['id']}"
    assert [item["id"] for item in officer.get(f"{path}/candidates")["items"]] == [case["id"]]
    assert officer.post(f"{path}/cases", {"case_ids": [case["id"]]}) == {"added": 1}
    rev = officer.get(path)["rev"]
    officer.put(f"{path}/proposal", {"text": "Kính trình Chủ tịch UBND tỉnh xem xét.", "rev": rev})
    officer.post(f"{path}/submit-for-signature")
    director.post(f"{path}/sign", {"signature": {"number": "15/TTr-STTTT", "issued_on": "2023-11-20"}})
    assert api.deliver() == 3  # the Tờ trình to its case; its leaders and then Sở hear of it
    outcome = {"case_id": case["id"], "outcome": "refuse", "reason": "Chưa đạt chỉ tiêu 2.6, 3.2, 4.7."}
    chairman.post(f"{path}/decide", {"outcomes": [outcome], "signature": {}})
    assert api.deliver() == 3  # the Decision to its case, its end to its people; Sở hears of the round

    assert moved["case"]["status"] == "open"
    ended = officer.get(f"/cases/{case['id']}")
    assert (ended["status"], ended["outcome"], ended["holders"]) == ("finished", "commune_not_recognised", [])
    acts = chairman.get(path)["acts"]
    assert [(act["kind"], act["reached"], act["total"]) for act in acts] == [
        ("submission", 1, 1),
        ("decision", 1, 1),
    ]
    documents = officer.get(f"/cases/{case['id']}/documents")["items"]
    assert [document["number"] for document in documents if document["for_round"]] == ["15/TTr-STTTT", ""]


def test_the_log_tells_each_step_in_order_and_page_by_page(api: Api) -> None:
    with api.inside():
        case_id = an_open_case()
    do(api, "self_assess")
    leader = api.a("xa-thidu-lanhdao")

    first = leader.get(f"/cases/{case_id}/events", size=2)
    rest = leader.get(f"/cases/{case_id}/events", after=first["next_after"])

    seqs = [event["seq"] for event in first["items"] + rest["items"]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert rest["next_after"] is None
    assert first["items"][0]["type"] == "case_opened"
    assert rest["items"][-1]["type"] == "task_completed"
    sentences = [line["sentence"] for line in leader.get(f"/cases/{case_id}/timeline")["items"]]
    assert sentences[-1].startswith("Hoàn thành bước “Tự đánh giá")


def test_a_leader_sends_the_draft_back_and_the_officer_sees_why(api: Api) -> None:
    with api.inside():
        an_open_case()
    officer, leader = api.a("xa-thidu-chuyenvien"), api.a("xa-thidu-lanhdao")
    task = the_task(api, "xa-thidu-chuyenvien", "self_assess")
    officer.post(f"/tasks/{task}/submit-for-signature", {"answers": story_answers("self_assess"), "rev": 0})

    sent_back = leader.post(f"/tasks/{task}/send-back", {"reason": "Bổ sung số liệu chỉ tiêu 2.6."})

    assert (sent_back["stage"], sent_back["note"]) == ("preparing", "Bổ sung số liệu chỉ tiêu 2.6.")
    assert "submit_for_signature" in officer.get(f"/tasks/{task}")["allowed_actions"]


def test_a_return_names_its_reasons_to_the_commune(api: Api) -> None:
    with api.inside():
        an_open_case()
    do(api, "self_assess")
    task = the_task(api, "huyen-bimson-lanhdao", "district_appraise")

    moved = api.a("huyen-bimson-lanhdao").post(
        f"/tasks/{task}/return",
        {
            "reason": "Hồ sơ chưa đầy đủ.",
            "criteria_reasons": {"2.6": "Thiếu minh chứng."},
            "due_on": "2023-12-01",
        },
    )

    assert [opened["element"] for opened in moved["opened"]] == ["self_assess"]
    again = api.a("xa-thidu-chuyenvien").get(f"/tasks/{the_task(api, 'xa-thidu-chuyenvien', 'self_assess')}")
    assert again["returned"] is True
    assert again["due_on"] == "2023-12-01"
    assert again["return_reasons"]["criteria_reasons"] == {"2.6": "Thiếu minh chứng."}
    assert again["former_answers"]["criteria"]["2.6"]["raw"] == "54,4%"


def test_the_department_does_not_see_the_members_values_before_its_own(api: Api) -> None:
    with api.inside():
        case_id = an_open_case()
    for element in DECIDED[:4]:
        do(api, element)
    officer = api.a("so-tttt-chuyenvien")

    before = officer.get(f"/cases/{case_id}/criteria")
    do(api, "department_verify")
    after = officer.get(f"/cases/{case_id}/criteria")

    def levels(answer: dict[str, Any]) -> set[str]:
        return {element for row in answer["criteria"] for element in row["values"]}

    assert before["hidden"] == ["member_opinion"]
    assert "member_opinion" not in levels(before)
    assert after["hidden"] == []
    assert "member_opinion" in levels(after)
    assert len(after["criteria"]) == 37
