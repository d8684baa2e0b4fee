"""The gate: what would run otherwise than drawn is refused on its element, in words, with a remedy."""

from __future__ import annotations

import pytest

from service.engine.check import check
from service.engine.definition import compile_definition
from service.engine.errors import InvalidDiagram
from tests.unit.engine.drawing import Drawing, returning, straight


def found(drawing, **known):
    return {(p.rule, p.element) for p in check(drawing.xml(), **known) if p.severity == "error"}


def changed(drawing, old, new, count=1):
    """The file of `drawing` with a piece of XML replaced, as somebody might draw it."""
    text = drawing.xml().decode()
    assert old in text
    return text.replace(old, new, count).encode()


def errors(xml, **known):
    return {(p.rule, p.element) for p in check(xml, **known) if p.severity == "error"}


def between(*inner_nodes):
    """Start → the given node → task → end, for a node drawn by the callback."""
    drawing = Drawing()
    drawing.start()
    names = [draw(drawing) for draw in inner_nodes]
    drawing.task("prepare")
    drawing.end()
    drawing.chain("opened", *names, "prepare", "done")
    return drawing


def test_every_problem_names_the_element_and_says_in_vietnamese_what_to_draw_instead():
    problems = check(changed(straight(), "bpmn:userTask", "bpmn:scriptTask", 2))

    problem = next(p for p in problems if p.element == "prepare")
    assert (problem.rule, problem.severity, problem.name) == ("no-code", "error", "prepare")
    assert "Script Task" in problem.message
    assert "Business Rule Task" in problem.remedy
    with pytest.raises(InvalidDiagram) as refused:
        compile_definition(changed(straight(), "bpmn:userTask", "bpmn:scriptTask", 2))
    assert problem in refused.value.problems


@pytest.mark.parametrize(
    "kind",
    [
        "task",
        "scriptTask",
        "transaction",
        "adHocSubProcess",
        "complexGateway",
        "globalTask",
    ],
)
def test_an_element_that_the_engine_does_not_execute_is_refused(kind):
    xml = changed(straight(), "bpmn:userTask", f"bpmn:{kind}", 2)

    assert {rule for rule, element in errors(xml) if element == "prepare"} & {
        "unsupported-element",
        "no-code",
    }


@pytest.mark.parametrize(
    "definition",
    [
        "escalation",
        "conditional",
        "compensate",
        "cancel",
        "link",
        "timer",
    ],
)
def test_an_end_event_throws_nothing_but_messages_signals_and_errors(definition):
    drawing = Drawing()
    drawing.chain(
        drawing.start(),
        drawing.task("prepare"),
        drawing.node("endEvent", "done", f"<bpmn:{definition}EventDefinition/>"),
    )

    assert ("unsupported-element", "done") in found(drawing)


@pytest.mark.parametrize("definition", ["escalation", "compensate", "link", "timer", "error", "conditional"])
def test_an_intermediate_event_throws_nothing_but_messages_and_signals(definition):
    drawing = Drawing()
    inner = f"<bpmn:{definition}EventDefinition/>"
    drawing.chain(drawing.start(), drawing.throw("told", inner), drawing.task("prepare"), drawing.end())

    problem = next(p for p in check(drawing.xml()) if p.severity == "error")

    assert (problem.rule, problem.element) == ("unsupported-element", "told")
    assert problem.remedy


@pytest.mark.parametrize("identifier", ["Start", "End", "drawing_process.EndJoin", "x.BoundaryEventSplit"])
def test_an_id_that_collides_with_an_internal_one_is_refused(identifier):
    assert ("reserved-id", identifier) in found(straight(identifier))


@pytest.mark.parametrize("identifier", ["thẩm_định", "a b", "a.b", "a:b", "1a", "ａ", "a" * 101, "a\u202eb"])
def test_an_id_that_is_no_plain_name_is_refused(identifier):
    assert any(rule == "invalid-id" for rule, _ in found(straight(identifier)))


def test_a_duplicate_id_is_refused():
    xml = changed(straight(), 'id="done"', 'id="prepare"')

    assert ("duplicate-id", "prepare") in errors(xml)


def test_a_missing_id_is_refused():
    assert any(rule == "missing-id" for rule, _ in errors(changed(straight(), ' id="prepare"', "")))
    assert any(rule == "missing-id" for rule, _ in errors(changed(straight(), ' id="drawing_process"', "")))


def test_a_process_must_be_executable_single_and_in_one_pool():
    pools = (
        '<bpmn:collaboration id="c"><bpmn:participant id="p1" processRef="drawing_process"/>'
        '<bpmn:participant id="p2" name="Sở"/></bpmn:collaboration><bpmn:process '
    )

    assert ("not-executable", "drawing_process") in errors(changed(straight(), ' isExecutable="true"', ""))
    assert ("one-process", "p2") in errors(changed(straight(), "<bpmn:process ", pools))
    two = '</bpmn:process><bpmn:process id="other" isExecutable="true"/></bpmn:definitions>'
    assert ("one-process", "") in errors(changed(straight(), "</bpmn:process>\n</bpmn:definitions>", two))
    none = b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"/>'
    assert ("one-process", "") in errors(none)


def test_one_pool_with_lanes_annotations_and_data_objects_is_accepted():
    pool = (
        '<bpmn:collaboration id="c">'
        '<bpmn:participant id="p1" name="Xét công nhận" processRef="drawing_process"/>'
        "</bpmn:collaboration><bpmn:process "
    )
    lanes = (
        'isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="l" name="UBND cấp xã">'
        "<bpmn:flowNodeRef>prepare</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/>'
    )
    notes = (
        '<bpmn:textAnnotation id="note"><bpmn:text>ghi chú</bpmn:text></bpmn:textAnnotation>'
        '<bpmn:association id="a" sourceRef="prepare" targetRef="note"/></bpmn:process>'
    )
    xml = changed(straight(), "<bpmn:process ", pool).replace(b'isExecutable="true">', lanes.encode())
    xml = xml.replace(b"</bpmn:process>", notes.encode())

    definition = compile_definition(xml)

    assert check(xml) == []
    assert (definition.name, definition.tasks["prepare"].lane) == ("Xét công nhận", "UBND cấp xã")


def test_starts_and_ends_are_counted():
    without_end, without_start, two_starts = Drawing(), Drawing(), Drawing()
    without_end.chain(without_end.start(), without_end.task("prepare"))
    without_start.chain(without_start.task("prepare"), without_start.end())
    two_starts.chain(two_starts.start(), two_starts.task("prepare"), two_starts.end())
    two_starts.flow(two_starts.start("other"), "prepare")

    assert {"no-end", "no-outgoing"} <= {rule for rule, _ in found(without_end)}
    assert {"one-start", "no-incoming"} <= {rule for rule, _ in found(without_start)}
    assert ("one-start", "drawing_process") in found(two_starts)


def test_a_start_event_waits_for_nothing():
    xml = changed(
        straight(),
        '<bpmn:startEvent id="opened" name="opened">',
        '<bpmn:startEvent id="opened" name="opened"><bpmn:timerEventDefinition/>',
    )

    assert ("unsupported-element", "opened") in errors(xml)


def test_a_flow_from_nowhere_and_an_orphan_are_refused():
    drawing = straight()
    drawing.flow("nobody", "done", identifier="lost")
    drawing.task("orphan")
    drawing.flow("orphan", "done")

    assert {("dangling-flow", "lost"), ("no-incoming", "orphan")} <= found(drawing)


def test_an_island_that_nothing_reaches_is_refused():
    drawing = straight()
    drawing.chain(drawing.task("island"), drawing.task("beach"), "island")
    drawing.xor("unused")

    assert {("unreachable", "island"), ("unreachable", "beach")} <= found(drawing)


def test_a_place_from_which_no_end_can_be_reached_is_refused():
    drawing = returning()
    drawing.task("forever")
    drawing.task("ever")
    drawing.flow("complete_question", "forever", "prepare.action = 1")
    drawing.chain("forever", "ever", "forever")

    assert {one for one in found(drawing) if one[0] == "cannot-end"} == {("cannot-end", "forever")}


def test_a_gateway_that_lost_its_way_on_is_told_once_with_what_leads_to_it():
    drawing = Drawing()
    drawing.start()
    drawing.task("prepare")
    drawing.xor("complete_question")
    drawing.end()
    drawing.chain("opened", "prepare", "complete_question")
    drawing.flow("complete_question", "prepare", 'prepare.action = "return"', "no")

    told = {(p.rule, p.element): p for p in check(drawing.xml())}

    assert told.keys() == {
        ("cannot-end", "complete_question"),
        ("condition-ignored", "no"),
        ("no-incoming", "done"),
    }
    # The start and the task.
    assert "; 2 phần tử trước nó cũng vậy." in told["cannot-end", "complete_question"].message
    # Which of its two ways was meant by the condition is for people to say.
    assert told["condition-ignored", "no"].mend is None


def test_a_flow_across_the_border_of_a_sub_process_is_refused():
    inside = Drawing()
    inside.flows = 100
    inside.chain(inside.start("inner"), inside.task("ask"), inside.end("answered"))
    drawing = between(lambda d: d.sub("asking", inside))
    drawing.flow("opened", "ask", identifier="across")

    assert ("crossing-flow", "across") in found(drawing)


def test_an_empty_sub_process_and_an_event_sub_process_are_refused():
    inside = Drawing()
    inside.flows = 100
    inside.chain(inside.start("inner"), inside.task("ask"), inside.end("answered"))

    assert ("empty", "asking") in found(between(lambda d: d.sub("asking", Drawing())))
    xml = changed(
        between(lambda d: d.sub("asking", inside)),
        "<bpmn:subProcess ",
        '<bpmn:subProcess triggeredByEvent="true" ',
    )
    assert ("unsupported-element", "asking") in errors(xml)


def test_several_flows_out_of_a_task_are_refused():
    drawing = straight()
    drawing.end("other")
    drawing.flow("prepare", "other")

    assert ("several-outgoing", "prepare") in found(drawing)


def test_a_condition_counts_only_behind_an_exclusive_gateway():
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"))
    drawing.flow("prepare", drawing.end(), "prepare.go = 1", "conditional")

    assert ("condition-place", "conditional") in found(drawing)


def test_an_exclusive_gateway_needs_conditions_and_a_default():
    without_default = changed(returning(), ' default="yes"', "")
    without_condition = returning()
    without_condition.end("third")
    without_condition.flow("complete_question", "third", identifier="bare")
    on_default = returning()
    on_default.body[-1] = on_default.body[-1].replace(
        "></bpmn:seq", "><bpmn:conditionExpression>1 = 1</bpmn:conditionExpression></bpmn:seq"
    )

    assert ("default-flow", "complete_question") in errors(without_default)
    assert ("missing-condition", "bare") in found(without_condition)
    assert ("condition-ignored", "yes") in found(on_default)
    assert ("default-flow", "complete_question") in errors(
        changed(returning(), 'default="yes"', 'default="flow_1"')
    )


@pytest.mark.parametrize(
    "condition",
    [
        "prepare.action ==",
        "prepare.action = 'return",
        "__import__('os').system('true')",
        "${prepare.run()}",
        "${a ? b : c}",
        "lambda: 1",
        "prepare.action + 1",
        "no such function(1)",
        "[",
        "if true then 1",
        "\u202e",
    ],
)
def test_a_condition_that_does_not_parse_or_decide_is_refused(condition):
    drawing = returning()
    drawing.body = [
        line.replace('prepare.action = "return"', condition.replace("<", "&lt;")) for line in drawing.body
    ]

    assert ("condition", "no") in found(drawing)


def test_a_comparison_in_dollar_braces_is_translated():
    drawing = returning()
    drawing.body = [
        line.replace('prepare.action = "return"', "${prepare.action == 'return'}") for line in drawing.body
    ]

    choices = drawing.compiled().program.choices["complete_question"]

    assert choices[0].condition.names == ("prepare.action",)


def test_a_condition_in_another_language_is_refused():
    xml = changed(returning(), "<bpmn:conditionExpression ", '<bpmn:conditionExpression language="groovy" ')

    assert ("condition", "no") in errors(xml)


def test_a_variable_that_no_step_gives_is_pointed_out():
    drawing = returning()
    drawing.body = [line.replace("prepare.action", "prepared.action") for line in drawing.body]

    assert [(p.rule, p.element, p.severity) for p in check(drawing.xml())] == [
        ("unknown-variable", "no", "warning")
    ]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("timeDuration", ""),
        ("timeDuration", "5 days"),
        ("timeDuration", "P5X"),
        ("timeDuration", "PT"),
        ("timeDuration", "P"),
        ("timeDate", "05/12/2023"),
        ("timeDate", "2023-02-30"),
        ("timeDate", "tomorrow ("),
        ("timeDate", "P5D"),
        ("timeCycle", "R3/P1D"),
        ("timeDuration", "${timer}.run()"),
        ("timeDuration", "__import__('os')"),
    ],
)
def test_a_timer_that_is_neither_iso_nor_our_language_is_refused(form, text):
    assert ("timer", "wait") in found(between(lambda d: d.catch("wait", d.timer(form, text))))


@pytest.mark.parametrize("text", ["0 0 * * *", "R0/P1D", "R3/PT0S", "R3/P1D/2023-12-31", "P1D"])
def test_a_cycle_that_is_no_iso_cycle_is_refused(text):
    drawing = straight()
    drawing.boundary("again", "prepare", drawing.timer("timeCycle", text), interrupting=False)
    drawing.chain("again", drawing.end("reminded"))

    assert ("timer", "again") in found(drawing)


def test_a_message_needs_a_name_and_an_event_a_kind():
    unnamed = between(lambda d: d.catch("wait", "<bpmn:messageEventDefinition/>"))
    empty = between(lambda d: d.catch("wait", ""))
    both = between(lambda d: d.catch("wait", d.timer("timeDuration", "P1D") + d.message("m")))

    assert ("message", "wait") in found(unnamed)
    assert ("one-event", "wait") in found(empty)
    assert ("one-event", "wait") in found(both)


def test_behind_an_event_gateway_stand_events_each_with_one_flow():
    drawing = Drawing()
    drawing.start()
    drawing.event_gateway("either")
    drawing.catch("one", drawing.message("same"))
    drawing.catch("two", drawing.message("same"))
    drawing.task("prepare")
    drawing.end()
    drawing.chain("opened", "either", "one", "done")
    drawing.chain("either", "two", "done")
    drawing.flow("either", "prepare", identifier="to_task")
    drawing.chain("prepare", "one")

    assert {("event-gateway", "to_task"), ("event-gateway", "two"), ("event-gateway", "one")} <= found(
        drawing
    )


def test_a_boundary_event_sits_on_something_that_waits():
    drawing = between(lambda d: d.rule("decide", "eligible"))
    drawing.boundary("late", "decide", drawing.timer("timeDuration", "P1D"))
    drawing.chain("late", drawing.end("stopped"))
    on_task = straight()
    on_task.boundary("failed", "prepare", on_task.error("x"))
    on_task.chain("failed", on_task.end("stopped"))

    assert ("boundary-host", "late") in found(drawing)
    assert ("boundary-error", "failed") in found(on_task)


@pytest.mark.parametrize("count", ["0", "-1", "101", "many", "${n}", "", "1.5", "٣", "9" * 400])
def test_a_team_has_a_constant_number(count):
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("vote", drawing.instances(count)), drawing.end())

    assert ("instances", "vote") in found(drawing)


@pytest.mark.parametrize(
    "inner",
    [
        "<bpmn:completionCondition>true</bpmn:completionCondition>",
        "<bpmn:loopDataInputRef>list</bpmn:loopDataInputRef>",
    ],
)
def test_a_team_knows_no_lists_and_no_early_end(inner):
    drawing = Drawing()
    loop = drawing.instances(2).replace("</bpmn:multi", f"{inner}</bpmn:multi")
    drawing.chain(drawing.start(), drawing.task("vote", loop), drawing.end())

    assert ("unsupported-element", "vote") in found(drawing)


def test_a_team_throws_no_events_of_its_own():
    drawing = Drawing()
    loop = drawing.instances(2).replace("isSequential", 'behavior="One" isSequential')
    drawing.chain(drawing.start(), drawing.task("vote", loop), drawing.end())

    assert ("unsupported-attribute", "vote") in found(drawing)


@pytest.mark.parametrize(
    "attribute",
    [
        'startQuantity="2"',
        'completionQuantity="0"',
        'isForCompensation="true"',
        'camunda:assignee="an"',
        'camunda:candidateUsers="an"',
        'operationRef="x"',
    ],
)
def test_an_attribute_that_would_be_ignored_is_refused(attribute):
    xml = changed(straight(), "<bpmn:userTask ", f"<bpmn:userTask {attribute} ")

    assert ("unsupported-attribute", "prepare") in errors(xml)


@pytest.mark.parametrize("attribute", ["class", "delegateExpression", "expression"])
def test_code_behind_a_service_task_is_refused(attribute):
    drawing = between(lambda d: d.job("send"))
    xml = changed(drawing, 'camunda:type="external"', f'camunda:{attribute}="${{x}}"')

    assert {("no-code", "send"), ("topic", "send")} <= errors(xml)


@pytest.mark.parametrize(
    "extension",
    [
        "executionListener",
        "taskListener",
        "inputOutput",
        "connector",
        "field",
        "script",
    ],
)
def test_listeners_scripts_and_mappings_are_refused(extension):
    inner = f"<bpmn:extensionElements><camunda:{extension}/></bpmn:extensionElements>"

    assert ("no-code", "early") in found(between(lambda d: d.task("early", inner)))


def test_foreign_extensions_are_left_alone():
    inner = '<bpmn:extensionElements><x:anything xmlns:x="urn:x" run="rm -rf"/></bpmn:extensionElements>'

    assert check(between(lambda d: d.task("early", inner)).xml()) == []


def test_a_rule_needs_a_topic_of_ours_and_a_variable():
    assert ("topic", "decide") in found(between(lambda d: d.rule("decide", "eligible", "os.system")))
    assert ("result-variable", "decide") in found(between(lambda d: d.rule("decide", "")))
    assert ("result-variable", "decide") in found(between(lambda d: d.rule("decide", "prepare")))


def test_groups_and_topics_must_be_known_where_a_list_is_given():
    drawing = between(lambda d: d.rule("decide", "eligible", "evaluation.unknown"))

    assert found(drawing) == set()
    assert found(drawing, known_groups={"district"}, known_topics={"evaluation.compare"}) == {
        ("group", "prepare"),
        ("topic", "decide"),
    }


@pytest.mark.parametrize("due", ["${now()}", "deadline(prepare.step)", "1 + 1", "deadline(", "tomorrow()"])
def test_a_due_date_that_is_no_date_is_refused(due):
    assert ("due-date", "early") in found(between(lambda d: d.task("early", camunda_dueDate=due)))


def test_a_loop_that_waits_for_nobody_is_refused_and_one_that_does_is_not():
    drawing = Drawing()
    drawing.start()
    drawing.xor("again")
    drawing.rule("decide", "eligible")
    drawing.xor("enough_question", default="enough")
    drawing.end()
    drawing.chain("opened", "again", "decide", "enough_question")
    drawing.flow("enough_question", "again", "eligible = 1")
    drawing.flow("enough_question", "done", identifier="enough")

    assert any(rule == "automatic-loop" for rule, _ in found(drawing))
    assert found(returning()) == set()


def test_a_sub_process_without_a_wait_does_not_make_a_loop_wait():
    inside = Drawing()
    inside.flows = 100
    inside.chain(inside.start("inner"), inside.rule("decide", "eligible"), inside.end("answered"))
    drawing = Drawing()
    drawing.start()
    drawing.sub("deciding", inside)
    drawing.xor("enough_question", default="enough")
    drawing.end()
    drawing.chain("opened", "deciding", "enough_question")
    drawing.flow("enough_question", "deciding", "eligible = 1")
    drawing.flow("enough_question", "done", identifier="enough")

    assert any(rule == "automatic-loop" for rule, _ in found(drawing))


def test_sub_processes_nest_only_so_deep():
    inside = Drawing()
    inside.flows = 100_000
    inside.chain(inside.start("inner"), inside.task("ask"), inside.end("answered"))
    for level in range(10):
        outer = Drawing()
        outer.flows = 1_000 * (level + 1)
        outer.chain(outer.start(f"s_{level}"), outer.sub(f"level_{level}", inside), outer.end(f"e_{level}"))
        inside = outer

    assert any(rule == "too-deep" for rule, _ in found(inside))


def test_a_gap_is_told_at_its_two_edges_and_not_of_all_before_and_behind_it():
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), drawing.task("check"))
    drawing.chain(drawing.task("sign"), drawing.task("file"), drawing.end())

    assert found(drawing) == {("no-outgoing", "check"), ("no-incoming", "sign")}
