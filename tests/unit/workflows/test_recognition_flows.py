"""Where every answer leads, typed by hand from the procedure and its table of returns."""

from __future__ import annotations

import pytest

from service.engine.definition import compile_definition
from service.engine.expressions import parse
from service.engine.expressions.values import Type
from tests.unit.workflows.drawing import CAMUNDA, RECOGNITION, Drawing

RETURNS = {
    # (who sends back, by which gateway): where it lands, on what answer, name of the flow
    ("district_appraise", "dossier_complete"): (
        "self_assess",
        'district_appraise.action = "return"',
        "Không – trả lại xã",
    ),
    ("member_opinion", "member_requests_supplement"): (
        "district_appraise",
        'member_opinion.action = "return"',
        "Có – trả lại huyện",
    ),
    ("district_consolidate", "consolidated_dossier_complete"): (
        "self_assess",
        'district_consolidate.action = "return"',
        "Không – trả lại xã",
    ),
    ("department_verify", "supplement_needed"): (
        "district_consolidate",
        'department_verify.action = "return"',
        "Có – trả lại huyện",
    ),
    ("reconciliation_meeting", "meeting_requests_supplement"): (
        "district_consolidate",
        'reconciliation_meeting.action = "return"',
        "Có – trả lại huyện",
    ),
    ("chairman_decide", "recognised_question"): ("department_verify", None, "Chuyển lại Sở"),
}
FORWARD = {
    # (from, to): (name, condition); None is a default or the only way
    ("dossier_complete", "member_opinion"): ("Có", None),
    ("member_requests_supplement", "district_consolidate"): ("Không", None),
    ("consolidated_dossier_complete", "department_verify"): ("Có", None),
    ("supplement_needed", "compare_opinions"): ("Không", None),
    ("opinions_agree_question", "check_conditions"): ("Có", "opinions_agree = true"),
    ("opinions_agree_question", "reconciliation_meeting"): ("Không", None),
    ("meeting_requests_supplement", "check_conditions"): ("Không", None),
    ("recognised_question", "commune_recognised"): ("Công nhận", 'chairman_decide.action = "recognise"'),
    ("recognised_question", "commune_not_recognised"): (
        "Không công nhận",
        'chairman_decide.action = "refuse"',
    ),
}
ONLY_WAY = {
    ("case_opened", "case_running"),
    ("case_running", "self_assess"),
    ("case_running", "case_interrupted"),
    ("case_interrupted", "withdrawal_requested"),
    ("case_interrupted", "commune_dissolved"),
    ("withdrawal_requested", "dossier_withdrawn"),
    ("commune_dissolved", "unit_dissolved"),
    ("self_assess", "district_appraise"),
    ("district_appraise", "dossier_complete"),
    ("member_opinion", "member_requests_supplement"),
    ("opinion_waived", "district_consolidate"),
    ("district_consolidate", "consolidated_dossier_complete"),
    ("department_verify", "supplement_needed"),
    ("compare_opinions", "opinions_agree_question"),
    ("reconciliation_meeting", "meeting_requests_supplement"),
    ("check_conditions", "eligible_question"),
    ("department_submit", "chairman_decide"),
    ("chairman_decide", "recognised_question"),
}
ELIGIBLE = {("Có", 'eligible = "yes"'), ("Không", 'eligible = "no"'), ("Chưa kết luận", None)}
VARIABLES = {
    "district_appraise.action": Type.STRING,
    "district_appraise.due_on": Type.STRING,
    "district_consolidate.action": Type.STRING,
    "district_consolidate.due_on": Type.STRING,
    "member_opinion.action": Type.STRING,
    "member_opinion.due_on": Type.STRING,
    "department_verify.action": Type.STRING,
    "department_verify.due_on": Type.STRING,
    "reconciliation_meeting.action": Type.STRING,
    "reconciliation_meeting.due_on": Type.STRING,
    "chairman_decide.action": Type.STRING,
    "opinions_agree": Type.BOOLEAN,
    "eligible": Type.STRING,
}


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing(RECOGNITION)


@pytest.mark.parametrize(("sender", "gateway"), RETURNS)
def test_each_return_of_the_procedure_lands_where_it_must(drawing, sender, gateway):
    target, condition, name = RETURNS[sender, gateway]

    (back,) = [f for f in drawing.flows.values() if (f.source, f.target) == (gateway, target)]

    assert (sender, gateway) in {(f.source, f.target) for f in drawing.flows.values()}
    assert (back.name, back.condition) == (name, condition)


def test_every_other_answer_leads_forward(drawing):
    drawn = {(f.source, f.target): (f.name, f.condition) for f in drawing.flows.values()}

    assert {edge: drawn[edge] for edge in FORWARD} == FORWARD


def test_eligible_or_not_the_dossier_goes_to_the_chairman_with_the_answer_named(drawing):
    answers = [f for f in drawing.flows.values() if f.source == "eligible_question"]

    assert {(f.name, f.condition) for f in answers} == ELIGIBLE
    assert {f.target for f in answers} == {"department_submit"}


def test_there_is_no_other_flow(drawing):
    drawn = [(f.source, f.target) for f in drawing.flows.values()]
    named = {(gateway, to) for (_, gateway), (to, *_) in RETURNS.items()} | FORWARD.keys() | ONLY_WAY

    assert set(drawn) == named | {("eligible_question", "department_submit")}
    assert len(drawn) == len(named) + 3


def test_every_gateway_has_one_default_and_a_condition_on_each_other_flow(drawing):
    for id_, gateway in drawing.of_kind("exclusiveGateway").items():
        unconditional = [f.id for f in drawing.flows.values() if f.source == id_ and f.condition is None]

        assert unconditional == [gateway.get("default")]


def test_every_flow_out_of_a_question_is_named(drawing):
    questions = drawing.of_kind("exclusiveGateway")

    assert [f.id for f in drawing.flows.values() if f.source in questions and not f.name] == []


def test_every_condition_is_a_yes_or_no_in_our_expression_language(drawing):
    conditions = [f for f in drawing.flows.values() if f.condition is not None]

    assert len(conditions) == 10
    for flow in conditions:
        assert flow.language == "feel"
        assert parse(flow.condition).check(VARIABLES, expects=Type.BOOLEAN) == []


def test_every_due_date_is_a_deadline_of_its_own_step(drawing):
    for id_, task in drawing.of_kind("userTask").items():
        due = parse(task.get(f"{CAMUNDA}dueDate"))

        assert due.check(VARIABLES, expects=Type.DATE) == []
        assert [use.arguments for use in due.functions if use.name == "deadline"] == [(id_,)]


def test_a_returned_dossier_is_due_on_the_day_that_the_district_wrote(drawing):
    due = parse(drawing.nodes["self_assess"].get(f"{CAMUNDA}dueDate"))
    nobody = {"district_appraise": {"action": None}, "district_consolidate": {"action": None}}
    appraiser = nobody | {"district_appraise": {"action": "return", "due_on": "2023-12-05"}}
    consolidator = {
        "district_appraise": {"action": "complete", "due_on": None},
        "district_consolidate": {"action": "return", "due_on": "2023-12-20"},
    }
    deadline = {"deadline": lambda step: f"hạn chung của {step}"}

    assert due.evaluate(nobody, deadline) == "hạn chung của self_assess"
    assert due.evaluate(appraiser, deadline).isoformat() == "2023-12-05"
    assert due.evaluate(consolidator, deadline).isoformat() == "2023-12-20"


def test_each_step_leads_to_those_that_phu_luc_02_names():
    """By hand from docs/domain.md: the next step, and where a return lands."""
    definition = compile_definition(RECOGNITION.read_bytes())

    assert dict(definition.leading_to) == {
        "self_assess": ("district_appraise",),
        "district_appraise": ("self_assess", "member_opinion"),
        "member_opinion": ("district_appraise", "district_consolidate"),
        "district_consolidate": ("self_assess", "department_verify"),
        "department_verify": ("district_consolidate", "reconciliation_meeting", "department_submit"),
        "reconciliation_meeting": ("district_consolidate", "department_submit"),
        "department_submit": ("chairman_decide",),
        "chairman_decide": ("department_verify",),
    }
