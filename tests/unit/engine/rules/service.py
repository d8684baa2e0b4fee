"""The drawings of the rules that need forms, people or the law beside them: (wrong, right) each.

The forms are those of the recognition procedure.
"""

from __future__ import annotations

from tests.unit.engine.drawing import Drawing
from tests.unit.engine.rules.content import of_task
from tests.unit.engine.rules.shape import Pair

# Whose each duty of the recognition procedure is (QĐ 1829/QĐ-UBND, Phụ lục 02).
DUTIES = {
    "self_assess": "commune",
    "district_appraise": "district",
    "member_opinion": "province_member",
    "district_consolidate": "district",
    "department_verify": "department",
    "reconciliation_meeting": "department",
    "department_submit": "department",
    "chairman_decide": "chairman",
}


def reading(condition: str) -> Drawing:
    """After a step with the form on which Sở verifies, a question with that condition."""
    drawing = Drawing()
    verified = drawing.node(
        "userTask",
        "appraise",
        camunda_candidateGroups="commune",
        camunda_formKey="department_verify",
    )
    drawing.chain(drawing.start(), verified, drawing.xor("enough", default="otherwise"))
    drawing.flow("enough", drawing.task("publish"), condition, "yes")
    drawing.flow("enough", drawing.task("archive"), identifier="otherwise")
    drawing.chain("publish", drawing.xor("merge"), drawing.end())
    drawing.flow("archive", "merge")
    return drawing


def rule_known_deadline() -> Pair:
    return (
        of_task(camunda_dueDate='deadline("prepared")'),
        of_task(camunda_dueDate='deadline("prepare")'),
    )


def rule_known_field() -> Pair:
    return reading("appraise.verification_summary != null"), reading('appraise.action = "return"')


def rule_known_choice() -> Pair:
    return reading('appraise.action = "approve"'), reading('appraise.action = "return"')


def rule_unasked_choice() -> Pair:
    """The form on which Sở verifies lets it send back; wrong: to hand in and to send back go the same way."""
    drawing = Drawing()
    verified = drawing.node(
        "userTask", "appraise", camunda_candidateGroups="commune", camunda_formKey="department_verify"
    )
    drawing.chain(drawing.start(), drawing.task("prepare"), verified, drawing.task("publish"), drawing.end())
    return drawing, reading('appraise.action = "return"')


def rule_value_kind() -> Pair:
    return reading("appraise.action > 3"), reading('appraise.action = "return"')


def rule_read_too_early() -> Pair:
    def asking(step: str) -> Drawing:
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.task("prepare"), drawing.xor("enough", default="otherwise"))
        drawing.flow("enough", drawing.task("publish"), f'{step}.action = "return"', "yes")
        drawing.flow("enough", drawing.task("consult"), identifier="otherwise")
        drawing.chain("publish", drawing.xor("merge"), drawing.end())
        drawing.flow("consult", "merge")
        return drawing

    return asking("consult"), asking("prepare")


def recognition(*, verified: bool = True, **given: str) -> Drawing:
    """The duties one after the other, some `given` to another group; not always `verified` by Sở."""
    drawing = Drawing("recognition")
    for step, group in (DUTIES | given).items():
        drawing.node("userTask", step, camunda_candidateGroups=group)
    drawing.rule("compare_opinions", "opinions_agree", "evaluation.compare_opinions")
    before, after = list(DUTIES)[:4], ["compare_opinions", *list(DUTIES)[5:]]
    drawing.chain(drawing.start(), *before)
    if verified:
        drawing.chain(before[-1], "department_verify", after[0])
    else:
        drawing.chain(before[-1], drawing.xor("enough", default="otherwise"))
        drawing.flow("enough", drawing.xor("merge"), 'self_assess.action = "complete"', "yes")
        drawing.flow("enough", "department_verify", identifier="otherwise")
        drawing.chain("department_verify", "merge", after[0])
    drawing.chain(*after, drawing.end())
    return drawing


def rule_legal_duty() -> Pair:
    return recognition(verified=False), recognition()


def rule_legal_duty_of_another() -> Pair:
    return recognition(district_appraise="department"), recognition()
