"""Mends of ids and names: one that the gate takes, wherever the old one was meant."""

from __future__ import annotations

from lxml import etree

from service.engine.diagram import FLOW_NODES, HUMAN_TASKS
from service.engine.errors import Mend, Problem
from service.engine.markup import is_bpmn, local, text_of
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet

LONGEST_NAME = 80


def give_id(sheet: Sheet, problem: Problem) -> Offer | None:
    if problem.element:
        return None
    kinds = {*FLOW_NODES, "sequenceFlow"} if problem.name else {"process"}
    element = next((one for one in _without_id(sheet, kinds) if problem.name in {"", *_called(one)}), None)
    if element is None:
        return None
    identifier = sheet.new_id(element.get("name") or local(element))
    return Offer(Mend("give-id", f"đặt mã “{identifier}”", identifier), lambda: element.set("id", identifier))


def give_another_id(sheet: Sheet, problem: Problem) -> Offer | None:
    """What the process itself is called is the procedure's key: that is for people to choose."""
    element = sheet.find(problem.element)
    if element is None or is_bpmn(element, "process"):
        return None
    # Flows may be called by numbers only; a word in front says what it is.
    wish = problem.element if problem.element[:1].isalpha() else f"{local(element)}_{problem.element}"
    identifier = sheet.new_id(wish)
    mend = Mend("give-another-id", f"đổi mã thành “{identifier}” ở mọi nơi dùng nó", identifier)
    return Offer(mend, lambda: sheet.rename(element, identifier))


def give_back_key(sheet: Sheet, problem: Problem) -> Offer | None:
    """The draft knows which procedure it is of: the problem brings the key."""
    process = sheet.find(problem.element)
    if problem.mend is None or process is None or sheet.find(problem.mend.value) is not None:
        return None
    key = problem.mend.value
    return Offer(problem.mend, lambda: sheet.rename(process, key))


def give_name(sheet: Sheet, problem: Problem) -> Offer | None:
    """The first line of its description, else a number among the tasks."""
    task = sheet.find(problem.element)
    if task is None or local(task) not in HUMAN_TASKS or task.get("name"):
        return None
    described = next((text_of(one) for one in task if is_bpmn(one, "documentation")), "")
    line = described.splitlines()[0].strip().rstrip(".") if described else ""
    tasks = [one for one in sheet.elements() if is_bpmn(one, *HUMAN_TASKS)]
    name = line if 0 < len(line) <= LONGEST_NAME else f"Nhiệm vụ {tasks.index(task) + 1}"
    return Offer(Mend("give-name", f"đặt tên “{name}”", name), lambda: task.set("name", name))


def _without_id(sheet: Sheet, kinds: set[str]) -> list[etree._Element]:
    return [one for one in sheet.elements() if is_bpmn(one, *kinds) and not one.get("id")]


def _called(element: etree._Element) -> set[str]:
    return {element.get("name") or local(element)}
