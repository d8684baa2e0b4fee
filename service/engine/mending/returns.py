"""The gateway that asks whether a step was sent back, where there is but one step to send it back to."""

from __future__ import annotations

from lxml import etree

from service.engine.diagram import HUMAN_TASKS
from service.engine.errors import Mend, Problem
from service.engine.expressions import ExpressionError
from service.engine.markup import is_bpmn, local
from service.engine.mending.layout import add_flow, add_node, move_start, note
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet
from service.engine.texts import read_expression


def ask_return(sheet: Sheet, problem: Problem) -> Offer | None:
    """What is sent back goes to the step that handed it over, if it was handed over by one person's step.

    The problem brings the button's name and what stands on it. Anything else (several steps before, a gateway
    between, a branch already) is for people to draw.
    """
    given, node = problem.mend, sheet.find(problem.element)
    if given is None or node is None or local(node) not in HUMAN_TASKS:
        return None
    outgoing, before = sheet.outgoing(problem.element), _handed_over_by(sheet, node)
    condition = f'{problem.element}.action = "{given.value}"'
    if before is None or len(outgoing) != 1 or not _readable(condition):
        return None
    on = outgoing[0]
    if any(is_bpmn(one, "conditionExpression") for one in on):
        return None
    identifier = sheet.new_id(f"{problem.element}_returned")

    def act() -> None:
        _draw(sheet, node, on, before, identifier, condition)

    to = sheet.label(before.get("id"))
    label = f"đặt cổng loại trừ (XOR) ngay sau: “{given.label}” thì về bước “{to}”, còn lại đi tiếp"
    return Offer(Mend("ask-return", label, given.value), act)


def _draw(
    sheet: Sheet,
    node: etree._Element,
    on: etree._Element,
    before: etree._Element,
    identifier: str,
    condition: str,
) -> None:
    add_node(sheet, node, "exclusiveGateway", identifier, before=False)
    gateway = sheet.find(identifier)
    assert gateway is not None
    gateway.set("default", on.get("id", ""))
    for one in [one for one in node if is_bpmn(one, "outgoing")]:
        sheet.remove(one)
    on.set("sourceRef", identifier)
    sheet.changed()
    note(sheet, gateway, "outgoing", on.get("id", ""))
    move_start(sheet, on.get("id", ""), identifier)
    add_flow(sheet, node, gateway)
    back = sheet.find(add_flow(sheet, gateway, before))
    assert back is not None
    asked = sheet.new("conditionExpression")
    asked.text = condition
    sheet.append(back, asked)


def _handed_over_by(sheet: Sheet, node: etree._Element) -> etree._Element | None:
    incoming = sheet.incoming(node.get("id", ""))
    before = sheet.find(incoming[0].get("sourceRef", "")) if len(incoming) == 1 else None
    if before is None or local(before) not in HUMAN_TASKS or before.getparent() is not node.getparent():
        return None
    repeated = any(
        is_bpmn(one, "multiInstanceLoopCharacteristics") for each in (node, before) for one in each
    )
    return None if repeated else before


def _readable(condition: str) -> bool:
    try:
        return len(read_expression(condition).names) == 1
    except ExpressionError:
        return False
