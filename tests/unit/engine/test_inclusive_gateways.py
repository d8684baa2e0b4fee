"""Inclusive gateways: which ways are taken, and for whom a join waits. Expected values: BPMN 2.0, 13.4.3."""

from __future__ import annotations

from service.engine.check import check
from service.engine.runtime import complete, start
from tests.unit.engine.drawing import CONTEXT, Drawing


def asked(*, default: str = "neither") -> Drawing:
    """Ask, then inform the commune, the district, or both; else nobody."""
    drawing = Drawing()
    drawing.start()
    drawing.task("ask")
    drawing.node("inclusiveGateway", "whom", **({"default": default} if default else {}))
    drawing.node("inclusiveGateway", "informed")
    drawing.task("inform_commune")
    drawing.task("inform_district")
    drawing.task("file")
    drawing.end()
    drawing.chain("opened", "ask", "whom")
    drawing.flow("whom", "inform_commune", "ask.commune = true", "to_commune")
    drawing.flow("whom", "inform_district", "ask.district = true", "to_district")
    drawing.flow("whom", "informed", identifier="neither")
    drawing.chain("inform_commune", "informed", "file", "done")
    drawing.flow("inform_district", "informed")
    return drawing


def answered(drawing, **answers):
    definition = drawing.compiled()
    opened = start(definition, CONTEXT)
    return definition, complete(definition, opened.state, "ask:1", answers, CONTEXT)


def refs(step):
    return [task.ref for task in step.opened]


def test_every_way_whose_condition_holds_is_taken_and_each_is_explained():
    _, both = answered(asked(), commune=True, district=True)
    _, one = answered(asked(), commune=False, district=True)
    _, none = answered(asked(), commune=False, district=False)

    assert refs(both) == ["inform_commune:1", "inform_district:1"]
    assert [(d.element, d.chosen, d.result) for d in both.decisions] == [
        ("whom", "to_commune", True),
        ("whom", "to_district", True),
    ]
    assert (refs(one), [d.chosen for d in one.decisions]) == (["inform_district:1"], ["to_district"])
    assert (refs(none), [(d.chosen, d.result) for d in none.decisions]) == (["file:1"], [("neither", False)])
    assert "ask.district" in one.decisions[0].explanation


def test_the_join_waits_for_those_that_were_sent_and_for_nobody_else():
    definition, both = answered(asked(), commune=True, district=True)
    first = complete(definition, both.state, "inform_district:1", {}, CONTEXT)
    second = complete(definition, first.state, "inform_commune:1", {}, CONTEXT)
    definition, one = answered(asked(), commune=True, district=False)
    alone = complete(definition, one.state, "inform_commune:1", {}, CONTEXT)

    assert (refs(first), first.active) == ([], ("informed", "inform_commune"))
    assert refs(second) == refs(alone) == ["file:1"]
    assert second.decisions == ()


def test_a_token_that_comes_round_again_by_another_way_is_waited_for():
    """The commune's way goes back to itself before it joins: as long as it may come, the join waits."""
    drawing = asked()
    drawing.body = [line for line in drawing.body if 'sourceRef="inform_commune"' not in line]
    drawing.xor("again", default="enough")
    drawing.flow("inform_commune", "again")
    drawing.flow("again", "inform_commune", "inform_commune.more = true")
    drawing.flow("again", "informed", identifier="enough")
    definition, both = answered(drawing, commune=True, district=True)

    waiting = complete(definition, both.state, "inform_district:1", {}, CONTEXT)
    again = complete(definition, waiting.state, "inform_commune:1", {"more": True}, CONTEXT)
    through = complete(definition, again.state, "inform_commune:2", {"more": False}, CONTEXT)

    assert (waiting.active, again.active) == (("informed", "inform_commune"),) * 2
    assert through.active == ("file",)


def test_a_join_in_a_loop_does_not_wait_for_what_only_comes_after_itself():
    """What can reach an empty flow only through the join itself comes in another round."""
    drawing = asked()
    drawing.body = [line for line in drawing.body if 'sourceRef="file"' not in line]
    drawing.xor("enough_question", default="over")
    drawing.flow("file", "enough_question")
    drawing.flow("enough_question", "ask", "file.again = true")
    drawing.flow("enough_question", "done", identifier="over")
    definition, one = answered(drawing, commune=True, district=False)
    filed = complete(definition, one.state, "inform_commune:1", {}, CONTEXT)
    again = complete(definition, filed.state, "file:1", {"again": True}, CONTEXT)
    both = complete(definition, again.state, "ask:2", {"commune": True, "district": True}, CONTEXT)

    assert filed.active == ("file",)
    assert refs(both) == ["inform_commune:2", "inform_district:1"]


def rules(drawing):
    return {(p.rule, p.element) for p in check(drawing.xml()) if p.severity == "error"}


def test_the_gate_asks_for_conditions_a_default_and_no_more_ways_than_can_be_followed():
    unconditioned = asked()
    unconditioned.body = [line.replace("ask.commune = true", "") for line in unconditioned.body]
    many = asked()
    for number in range(9):
        many.flow("whom", "informed", f"ask.n = {number}")

    assert ("default-flow", "whom") in rules(asked(default=""))
    assert ("missing-condition", "to_commune") in rules(unconditioned)
    assert ("inclusive-flows", "whom") in rules(many)
    assert rules(asked()) == set()


def test_some_ways_gathered_by_a_parallel_or_exclusive_gateway_are_refused():
    """A join of both would wait for ever where one was chosen; a merge lets the task after it run twice."""
    waiting = asked()
    waiting.body = [
        line.replace('inclusiveGateway id="informed"', 'parallelGateway id="informed"').replace(
            '"informed"></bpmn:inclusiveGateway', '"informed"></bpmn:parallelGateway'
        )
        for line in waiting.body
    ]

    assert ("never-completes", "informed") in rules(waiting)
