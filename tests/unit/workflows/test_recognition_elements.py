"""The recognition diagram against QĐ 1829/QĐ-UBND, Phụ lục 02: tables typed by hand from docs/domain.md."""

from __future__ import annotations

import pytest

from tests.unit.workflows.drawing import CAMUNDA, NS, RECOGNITION, Drawing

COMMUNE, DISTRICT, MEMBER = "UBND cấp xã", "UBND cấp huyện", "Thành viên BCĐ tỉnh phụ trách"
DEPARTMENT, CHAIRMAN = "Sở TTTT", "Chủ tịch UBND tỉnh"

TASKS = {
    # name, lane, group, signer of each
    "self_assess": ("Tự đánh giá, lập hồ sơ đề nghị thẩm định", COMMUNE, "commune", "leader"),
    "district_appraise": ("Thẩm định, đánh giá, gửi lấy ý kiến", DISTRICT, "district", "leader"),
    "member_opinion": ("Kiểm tra, thẩm định, tham gia ý kiến", MEMBER, "province_member", "member"),
    "district_consolidate": (
        "Hoàn thiện, tổng hợp hồ sơ gửi Sở",
        DISTRICT,
        "district",
        "leader",
    ),
    "department_verify": (
        "Thẩm tra, đánh giá độc lập",
        DEPARTMENT,
        "department",
        "leader",
    ),
    "reconciliation_meeting": (
        "Hội nghị trao đổi, làm rõ",
        DEPARTMENT,
        "department",
        "leader",
    ),
    "department_submit": (
        "Tổng hợp, trình Chủ tịch UBND tỉnh",
        DEPARTMENT,
        "department",
        "leader",
    ),
    "chairman_decide": ("Xem xét, công nhận", CHAIRMAN, "chairman", "chairman"),
}
RULES = {
    "compare_opinions": (
        "Đối chiếu với ý kiến thành viên",
        DEPARTMENT,
        "evaluation.compare_opinions",
        "opinions_agree",
    ),
    "check_conditions": (
        "Xét điều kiện công nhận (Điều 2)",
        DEPARTMENT,
        "evaluation.check_conditions",
        "eligible",
    ),
}
QUESTIONS = {
    "dossier_complete": ("Hồ sơ đã đầy đủ?", DISTRICT),
    "member_requests_supplement": ("Thành viên đề nghị bổ sung?", MEMBER),
    "consolidated_dossier_complete": ("Hồ sơ đã đầy đủ?", DISTRICT),
    "supplement_needed": ("Cần bổ sung hồ sơ?", DEPARTMENT),
    "opinions_agree_question": ("Kết quả đã thống nhất?", DEPARTMENT),
    "meeting_requests_supplement": ("Cần bổ sung hồ sơ?", DEPARTMENT),
    "eligible_question": ("Đủ điều kiện?", DEPARTMENT),
    "recognised_question": ("Kết quả xem xét?", CHAIRMAN),
}
ENDS = {
    "commune_recognised": "Đã công nhận",
    "commune_not_recognised": "Không công nhận",
    "dossier_withdrawn": "Xã rút hồ sơ",
    "unit_dissolved": "Đơn vị chấm dứt hoạt động",
}


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing(RECOGNITION)


def test_every_human_task_has_the_name_lane_group_and_signer_of_the_procedure(drawing):
    drawn = {
        id_: (
            drawing.name(id_),
            drawing.lane(id_),
            task.get(f"{CAMUNDA}candidateGroups"),
            drawing.properties(id_)["signer"],
        )
        for id_, task in drawing.of_kind("userTask").items()
    }

    assert drawn == TASKS


def test_every_rule_is_asked_of_evaluation_and_answers_into_its_variable(drawing):
    drawn = {
        id_: (
            drawing.name(id_),
            drawing.lane(id_),
            rule.get(f"{CAMUNDA}topic"),
            rule.get(f"{CAMUNDA}resultVariable"),
        )
        for id_, rule in drawing.of_kind("businessRuleTask").items()
    }

    assert drawn == RULES
    assert {rule.get(f"{CAMUNDA}type") for rule in drawing.of_kind("businessRuleTask").values()} == {
        "external"
    }


def test_rules_name_only_submissions_of_human_tasks_as_their_facts(drawing):
    facts = {id_: set(drawing.properties(id_)["facts"].split(",")) for id_ in RULES}

    assert facts == {
        "compare_opinions": {"department_verify", "member_opinion", "district_appraise"},
        "check_conditions": {"department_verify", "reconciliation_meeting", "district_appraise"},
    }


def test_every_exclusive_gateway_is_a_question_of_the_procedure(drawing):
    drawn = {id_: (drawing.name(id_), drawing.lane(id_)) for id_ in drawing.of_kind("exclusiveGateway")}

    assert drawn == QUESTIONS


def test_the_case_has_four_ends_and_each_ends_the_whole_case(drawing):
    drawn = drawing.of_kind("endEvent")

    assert {id_: drawing.name(id_) for id_ in drawn} == ENDS
    assert all(end.find("bpmn:terminateEventDefinition", NS) is not None for end in drawn.values())


def test_the_lanes_stand_in_the_order_of_the_procedure(drawing):
    assert list(drawing.lane_names.items()) == [
        ("lane_commune", COMMUNE),
        ("lane_district", DISTRICT),
        ("lane_member", MEMBER),
        ("lane_department", DEPARTMENT),
        ("lane_chairman", CHAIRMAN),
    ]


def test_every_element_is_in_exactly_one_lane(drawing):
    members = [id_ for lane in drawing.lanes.values() for id_ in lane]

    assert sorted(members) == sorted(drawing.nodes)


def test_messages_are_called_by_the_names_used_at_run_time(drawing):
    names = {m.get("id"): m.get("name") for m in drawing.root.findall("bpmn:message", NS)}
    awaited = {
        id_: names[event.find("bpmn:messageEventDefinition", NS).get("messageRef")]
        for id_, event in drawing.of_kind("intermediateCatchEvent", "boundaryEvent").items()
    }

    assert awaited == {
        "withdrawal_requested": "withdrawal_requested",
        "commune_dissolved": "commune_dissolved",
        "opinion_waived": "opinion_waived",
    }
    assert drawing.name("opinion_waived") == "Chủ tịch cho phép đi tiếp khi chưa có ý kiến"


def test_the_chairmans_consent_takes_the_opinion_away_from_the_member(drawing):
    boundary = drawing.nodes["opinion_waived"]

    assert boundary.get("attachedToRef") == "member_opinion"
    assert boundary.get("cancelActivity") == "true"


def test_a_tasks_form_is_its_id_and_it_says_what_is_signed_and_why(drawing):
    for id_, task in drawing.of_kind("userTask").items():
        assert task.get(f"{CAMUNDA}formKey") == id_
        assert drawing.properties(id_)["document"]
        assert drawing.properties(id_)["legalBasis"].startswith("QĐ 1829/QĐ-UBND, Phụ lục 02, mục ")


def test_only_the_two_acts_of_a_round_are_completed_by_the_round(drawing):
    by_round = {
        id_ for id_ in drawing.of_kind("userTask") if drawing.properties(id_).get("completedBy") == "round"
    }

    assert by_round == {"department_submit", "chairman_decide"}


def test_every_lane_is_one_group_so_that_separation_of_duties_can_compare_groups(drawing):
    groups: dict[str, set[str]] = {}
    for id_, task in drawing.of_kind("userTask").items():
        groups.setdefault(drawing.lane(id_), set()).add(task.get(f"{CAMUNDA}candidateGroups"))

    assert groups == {
        COMMUNE: {"commune"},
        DISTRICT: {"district"},
        MEMBER: {"province_member"},
        DEPARTMENT: {"department"},
        CHAIRMAN: {"chairman"},
    }


def test_every_element_and_every_return_says_its_ground_in_words(drawing):
    silent = [id_ for id_ in drawing.nodes if len(drawing.documentation(id_)) < 25]
    returns = [f.id for f in drawing.flows.values() if "trả lại" in f.name or f.name == "Chuyển lại Sở"]

    assert silent == []
    assert len(returns) == 6
    assert all(drawing.documentation(id_) for id_ in returns)


def test_the_process_is_the_executable_one_named_recognition(drawing):
    assert drawing.process.get("id") == "recognition"
    assert drawing.process.get("isExecutable") == "true"
    assert drawing.process.get(f"{CAMUNDA}versionTag") == "1"
    assert drawing.process.get(f"{CAMUNDA}historyTimeToLive")
