"""Mends of splits and joins that do not fit: the one change after which the token game goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from service.engine.diagram import FLOW_NODES
from service.engine.errors import Mend, Problem
from service.engine.markup import BPMN, is_bpmn, local
from service.engine.mending.drawn import add_join
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet

# Checks anew what was changed.
Again = Callable[[bytes], list[Problem]]
# Each trial is a check of the whole diagram.
MOST_NODES = 200
MOST_TRIALS = 4
_WORDS = {
    "exclusiveGateway": "loại trừ (XOR)",
    "inclusiveGateway": "bao gồm (OR)",
    "parallelGateway": "song song (AND)",
}


def other_join(sheet: Sheet, problem: Problem, again: Again) -> Offer | None:
    """A gateway that waits in vain for all becomes one that does not, if then nothing else is wrong."""
    join = sheet.find(problem.element)
    if join is None or not is_bpmn(join, "parallelGateway") or len(sheet.outgoing(problem.element)) != 1:
        return None
    for kind in ("exclusiveGateway", "inclusiveGateway"):
        if _fits(sheet, problem, again, [f"{kind} {problem.element}"]):
            return _offer(sheet, f"{kind} {problem.element}")
    return None


def gather(sheet: Sheet, problem: Problem, again: Again) -> Offer | None:
    """Branches that run side by side meet in an AND gateway, if there is one place where that mends it."""
    changes = list(_gatherings(sheet))
    if len(changes) > MOST_TRIALS:
        return None
    fitting = [change for change in changes if _fits(sheet, problem, again, [change])]
    return _offer(sheet, fitting[0]) if len(fitting) == 1 else None


def apply(sheet: Sheet, problem: Problem) -> Offer | None:
    """The change that was found when the problem was."""
    return None if problem.mend is None else _offer(sheet, problem.mend.value)


def _gatherings(sheet: Sheet) -> Iterator[str]:
    for node in [one for one in sheet.elements() if is_bpmn(one) and local(one) in FLOW_NODES]:
        identifier = node.get("id", "")
        if len(sheet.incoming(identifier)) < 2:
            continue
        if is_bpmn(node, "exclusiveGateway") and len(sheet.outgoing(identifier)) == 1:
            yield f"parallelGateway {identifier}"
        elif not local(node).endswith(("Gateway", "Event")):
            yield f"join {identifier}"


def _fits(sheet: Sheet, problem: Problem, again: Again, changes: list[str]) -> bool:
    if sum(1 for one in sheet.elements() if local(one) in FLOW_NODES) > MOST_NODES:
        return False
    trial = Sheet(sheet.xml())
    for change in changes:
        offer = _offer(trial, change)
        if offer is None:
            return False
        offer.act()
    found = again(trial.xml())
    return not any(one.severity == "error" or one.rule in {problem.rule, "twice-at-once"} for one in found)


def _offer(sheet: Sheet, change: str) -> Offer | None:
    kind, _, identifier = change.partition(" ")
    node = sheet.find(identifier)
    if node is None:
        return None
    name = sheet.label(identifier)
    if kind == "join":
        joined = sheet.new_id(f"{identifier}_join")
        label = f"gộp các nhánh bằng cổng song song (AND) trước “{name}”"
        return Offer(Mend("add-join", label, change), lambda: add_join(sheet, node, joined))
    label = f"đổi cổng “{name}” thành cổng {_WORDS.get(kind, kind)}"
    return Offer(Mend("other-join", label, change), lambda: _become(node, kind))


def _become(node: etree._Element, kind: str) -> None:
    node.tag = f"{{{BPMN}}}{kind}"
