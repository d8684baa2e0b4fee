"""What is wrong in several places is told at once; what only follows from something told is not."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from flask import Flask

from service.processes.packaged import CATALOGUE, packaged_diagram, packaged_forms
from service.processes.publishing import examine
from tests.builders import NOON
from tests.unit.engine.drawing import Drawing

FLOW_OF_SO = 'sourceRef="department_verify" targetRef="supplement_needed"'


def found(diagram: bytes, **forms: bytes) -> list[tuple[str, str]]:
    examined = examine(
        diagram=diagram,
        forms={**packaged_forms(), **forms},
        catalogue=CATALOGUE,
        effective_on=date(2023, 11, 20),
        now=NOON,
    )
    return [(one.element, one.rule) for one in examined.problems if one.severity == "error"]


def faulty() -> Drawing:
    """The recognition procedure without the member's opinion, one thing wrong at nearly every step."""
    drawing = Drawing("recognition")

    def step(identifier: str, group: str, inner: str = "", **attributes: str) -> str:
        return drawing.node("userTask", identifier, inner, camunda_candidateGroups=group, **attributes)

    drawing.chain(
        drawing.start(),
        step("self_assess", "commune", camunda_dueDate="05/12"),
        step("district_appraise", "district", camunda_formKey="nowhere", camunda_assignee="an"),
        step("district_consolidate", "district", drawing.properties({"signer": "king"})),
        step("department_verify", "department", camunda_formKey="department_verify"),
        drawing.rule("compare_opinions", "opinions_agree", "evaluation.nothing"),
        step("reconciliation_meeting", "departments"),
        step("department_submit", "department", drawing.properties({"remindBefore": "mai"})),
        step("chairman_decide", "chairman", camunda_dueDate='deadline("nobody")'),
        drawing.xor("enough", default="otherwise"),
    )
    drawing.flow("enough", drawing.parallel("join"), 'department_verify.action = "fly"', "yes")
    drawing.flow("enough", drawing.job("notify", "notify.nobody"), identifier="otherwise")
    drawing.chain("notify", "join", drawing.end())
    return drawing


def test_one_fault_of_each_family_and_all_are_told_at_once(core: Flask) -> None:
    told = found(faulty().xml(), broken=b"{", latin="đ".encode("utf-16"))

    assert sorted(told) == [
        ("", "legal-duty"),  # the law: the member's opinion
        ("", "readable-form"),  # forms: no JSON
        ("", "readable-form"),  # forms: no UTF-8
        ("chairman_decide", "known-deadline"),  # deadlines
        ("compare_opinions", "known-rule"),  # what the service can do
        ("department_submit", "known-reminders"),  # times
        ("district_appraise", "known-form"),
        ("district_appraise", "unsupported-attribute"),  # allow-list
        ("district_consolidate", "known-signer"),
        ("join", "never-completes"),  # how a case goes
        ("notify", "known-job"),
        ("reconciliation_meeting", "known-group"),
        ("self_assess", "due-date"),  # expressions
        ("yes", "known-choice"),  # expressions against forms
    ]


@pytest.mark.parametrize(
    ("pattern", "instead", "told"),
    [
        # No kind of task: it stays in its place, and what comes behind it is not cut off.
        (
            r'<bpmn:userTask (id="department_verify".*?)</bpmn:userTask>',
            r"<bpmn:task \1</bpmn:task>",
            [("department_verify", "unsupported-element")],
        ),
        # A rule that became a script: what it writes is still what the next gateway asks.
        (
            r'<bpmn:businessRuleTask (id="compare_opinions".*?)</bpmn:businessRuleTask>',
            r"<bpmn:scriptTask \1</bpmn:scriptTask>",
            [("compare_opinions", "no-code")],
        ),
        # No id: flows, conditions and duties that mean it are not said to mean nothing.
        (r'<bpmn:userTask id="department_verify"', "<bpmn:userTask", [("", "missing-id")]),
        (
            r'<bpmn:userTask id="department_verify"',
            '<bpmn:userTask id="department_submit"',
            [("department_submit", "duplicate-id")],
        ),
        # A flow rubbed out: its two ends, and nothing of ways, duties passed by or loops that never end.
        (
            r'<bpmn:sequenceFlow id="department_verify_done"[^>]*/>',
            "",
            [("department_verify", "no-outgoing"), ("supplement_needed", "no-incoming")],
        ),
        # Two starts: where cases begin is not known, so neither is what they can pass by.
        (
            r'<bpmn:startEvent id="case_opened"',
            '<bpmn:startEvent id="again"/><bpmn:startEvent id="case_opened"',
            [("again", "no-outgoing"), ("recognition", "one-start")],
        ),
        # A group whose name is none is not said to be unknown as well, nor to have nobody in it.
        (
            r'(<bpmn:userTask id="department_submit"[^>]*)Groups="department"',
            r'\1Groups="${sở}"',
            [("department_submit", "group")],
        ),
        (
            'camunda:topic="evaluation.compare_opinions"',
            'camunda:topic="compare"',
            [("compare_opinions", "topic")],
        ),
    ],
)
def test_what_follows_from_a_fault_is_not_told_as_another(
    core: Flask, pattern: str, instead: str, told: list[tuple[str, str]]
) -> None:
    changed, times = re.subn(pattern, instead, packaged_diagram().decode(), count=1, flags=re.DOTALL)

    assert times == 1
    assert sorted(found(changed.encode())) == told


def test_a_form_that_cannot_be_read_is_not_said_to_be_missing(core: Flask) -> None:
    assert found(packaged_diagram(), department_verify="đ".encode("utf-16")) == [("", "readable-form")]


def test_what_is_asked_of_an_unknown_called_procedure_is_not_said_to_be_written_nowhere(core: Flask) -> None:
    drawing = Drawing("calling")
    drawing.chain(drawing.start(), drawing.call("asked", "support"), drawing.xor("enough", default="no"))
    drawing.flow("enough", drawing.end("one"), 'advise.action = "return"', "yes")
    drawing.flow("enough", drawing.end("other"), identifier="no")
    form = json.dumps({"components": []}).encode()

    examined = examine(
        diagram=drawing.xml(),
        forms={"unused": form},
        catalogue=CATALOGUE,
        effective_on=date(2023, 11, 20),
        now=NOON,
    )

    assert {one.rule for one in examined.problems if one.rule != "readable-form"} == {
        "unknown-called-process"
    }
