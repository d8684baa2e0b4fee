"""What the schema of BPMN 2.0 forbids is said of the element that it is about."""

from __future__ import annotations

import pytest

from service.engine.check import check
from tests.unit.engine.drawing import returning

TASK = '<bpmn:userTask id="prepare"'


def changed(before: str, after: str) -> bytes:
    xml = returning().xml().decode()
    assert before in xml
    return xml.replace(before, after, 1).encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TASK, TASK + ' startQuantity="many"'),
        (TASK, TASK + ' isForCompensation="maybe"'),
        ('targetNamespace="test"', ""),
        ("</bpmn:conditionExpression>", "</bpmn:conditionExpression><bpmn:conditionExpression/>"),
    ],
    ids=["a number", "a yes or no", "a missing attribute", "two conditions"],
)
def test_what_the_schema_forbids_is_refused(before: str, after: str):
    problems = check(changed(before, after))

    assert [p for p in problems if p.severity == "error"]
    assert any("BPMN 2.0" in p.message or p.element == "prepare" for p in problems)


def test_what_only_stands_in_another_order_is_no_fault_of_the_drawing():
    xml = returning().xml().decode()
    flow = xml[
        xml.index("<bpmn:sequenceFlow") : xml.index("</bpmn:sequenceFlow>") + len("</bpmn:sequenceFlow>")
    ]
    note = '<bpmn:textAnnotation id="note"><bpmn:text>Ghi chú</bpmn:text></bpmn:textAnnotation>'
    problems = check(xml.replace(flow, note + flow, 1).encode())

    assert [(p.rule, p.severity) for p in problems] == [("bpmn-schema", "warning")]


def test_the_drawings_of_the_tests_and_what_modelers_add_are_by_the_book():
    foreign = changed("<bpmn:process ", '<bpmn:process xmlns:x="urn:x" x:colour="red" ')

    assert check(foreign) == check(returning().xml()) == []
