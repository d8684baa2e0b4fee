"""One-click mends: what is mechanical in a problem's remedy, done to the file and to nothing else of it.

A mend is offered where there is only one thing to do, or where BPMN itself already reads the drawing so;
choices stay with people. See docs/decisions/0023-mends-change-only-what-they-must.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from service.engine.errors import InvalidDiagram, Problem
from service.engine.mending import attributes, conditions, drawn, joins, names, returns, times
from service.engine.mending.joins import Again
from service.engine.mending.offers import Mender, Offer
from service.engine.mending.sheet import Sheet

MENDERS: Mapping[str, tuple[Mender, ...]] = MappingProxyType(
    {
        "not-executable": (attributes.make_executable,),
        "default-place": (attributes.drop_default,),
        "unsupported-attribute": (attributes.drop_attribute,),
        "without-effect": (attributes.drop_attribute,),
        "no-code": (attributes.drop_attribute, attributes.drop_extension),
        "unsupported-element": (attributes.plain_sub_process, attributes.drop_extension),
        "property-twice": (attributes.drop_repeated_property,),
        "throw": (attributes.mend_property,),
        "topic": (attributes.make_external,),
        "called-element": (attributes.drop_binding,),
        "boundary-error": (attributes.interrupt,),
        "signer-of-group": (attributes.set_signer,),
        "default-flow": (conditions.name_default,),
        "missing-condition": (conditions.name_default,),
        "condition-ignored": (conditions.drop_condition,),
        "condition": (conditions.rewrite_condition,),
        "missing-id": (names.give_id,),
        "invalid-id": (names.give_another_id,),
        "reserved-id": (names.give_another_id,),
        "same-procedure": (names.give_back_key,),
        "missing-name": (names.give_name,),
        "timer": (times.write_timer,),
        "due-date": (times.write_due_date,),
        "no-outgoing": (drawn.add_end,),
        "no-end": (drawn.add_end,),
        "one-start": (drawn.add_start,),
        "no-incoming": (drawn.add_start,),
        "several-outgoing": (drawn.add_split,),
        "dangling-flow": (drawn.drop_flow,),
        "bpmn-schema": (drawn.put_in_order,),
        "unasked-choice": (returns.ask_return,),
        "never-completes": (joins.apply,),
        "parallel-writers": (joins.apply,),
        "twice-at-once": (joins.apply,),
    }
)
# Nobody clicks more often before asking the gate again.
MOST_OFFERED = 200
# What is found by trying, and so only where the whole diagram can be checked again.
_TRYING = {
    "never-completes": joins.other_join,
    "parallel-writers": joins.gather,
    "twice-at-once": joins.gather,
}


class NotMendable(ValueError):  # noqa: N818 - what happened, as in errors.py
    """The problem has no mend, or the file no longer has the problem."""


def with_mends(xml: bytes, problems: Iterable[Problem], again: Again | None = None) -> list[Problem]:
    """The same problems; each that has a mechanical remedy says so in `mend`.

    `again` checks a changed file; without it nothing is offered that has to be tried out first.
    """
    found = list(problems)
    if not any(problem.rule in MENDERS for problem in found):
        return found
    try:
        sheet = Sheet(xml)
    except InvalidDiagram:
        return found
    mended: list[Problem] = []
    for problem in found[:MOST_OFFERED]:
        offer = _offer(sheet, problem)
        if offer is None and problem.mend is None and again is not None and problem.rule in _TRYING:
            offer = _TRYING[problem.rule](sheet, problem, again)
        mended.append(replace(problem, mend=None if offer is None else offer.mend))
    return mended + found[MOST_OFFERED:]


def mend(xml: bytes, problem: Problem) -> bytes:
    """The file with the mend of `problem` applied; all else in it as it was. Raises NotMendable."""
    try:
        sheet = Sheet(xml)
    except InvalidDiagram as refused:
        raise NotMendable(str(refused)) from refused
    offer = _offer(sheet, problem)
    if problem.mend is None or offer is None or offer.mend.id != problem.mend.id:
        raise NotMendable(f"{problem.rule} {problem.element}")
    offer.act()
    return sheet.xml()


def _offer(sheet: Sheet, problem: Problem) -> Offer | None:
    offers = (mender(sheet, problem) for mender in MENDERS.get(problem.rule, ()))
    return next((offer for offer in offers if offer is not None), None)
