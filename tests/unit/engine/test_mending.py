"""One-click mends: the problem is gone, nothing else came, and the rest of the file is as it was."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest

from service.engine.check import check
from service.engine.errors import Mend, Problem
from service.engine.mending import MENDERS, NotMendable, mend, with_mends
from service.engine.reading import read_diagram
from service.engine.rules import called_by_drawings, drawing_of
from tests.unit.engine.drawing import Drawing, straight
from tests.unit.engine.rules.drawn_out import drawn_out

# A comment, an instruction and another tool's extension in the middle of the drawing.
KEPT = (
    "<!-- theo Công văn 12 -->\n    <?tool keep?>\n    "
    '<bpmn:extensionElements><x:n xmlns:x="urn:x" a="1"><![CDATA[<b> & c]]></x:n></bpmn:extensionElements>'
)
# By rule: the mend, and how many lines go and come, by hand, from what each mend does.
CHANGES = {
    "not-executable": ("make-executable", 1, 1),
    "default-place": ("drop-default", 1, 1),
    "unsupported-attribute": ("drop-attribute", 1, 1),
    "without-effect": ("drop-attribute", 1, 1),
    "no-code": ("drop-extension", 1, 0),
    "property-twice": ("drop-repeated-property", 1, 0),
    "topic": ("make-external", 1, 1),
    "boundary-error": ("interrupt", 1, 1),
    "default-flow": ("name-default", 2, 1),  # the gateway; the condition of what is the default now
    "condition-ignored": ("drop-condition", 1, 0),
    "condition": ("rewrite-condition", 1, 1),
    "missing-id": ("give-id", 1, 1),
    "invalid-id": ("give-another-id", 4, 4),  # the task, its two flows, its shape
    "reserved-id": ("give-another-id", 3, 3),  # the end, its flow, its shape
    "missing-name": ("give-name", 1, 1),
    "timer": ("write-timer", 1, 1),
    "due-date": ("write-due-date", 1, 1),
    "no-outgoing": ("add-end", 0, 4),  # end and flow, shape and edge
    "several-outgoing": (
        "add-split",
        4,
        8,
    ),  # two flows and where they begin; besides a gateway and a flow, both drawn
    "dangling-flow": ("drop-flow", 1, 0),
    "bpmn-schema": ("put-in-order", 1, 1),
    "never-completes": ("other-join", 1, 1),
    "twice-at-once": ("other-join", 1, 1),
}


def with_more(xml: bytes) -> bytes:
    """The file with what a mend must leave alone, under the process."""
    head, tag, body = xml.partition(b"<bpmn:process ")
    opening, end, rest = body.partition(b">")
    return head + tag + opening + end + b"\n    " + KEPT.encode() + rest


def lines_changed(before: bytes, after: bytes) -> tuple[int, int]:
    diff = [line[0] for line in difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())]
    return diff.count("-"), diff.count("+")


@pytest.mark.parametrize("rule", CHANGES)
def test_a_mend_takes_the_problem_away_and_changes_only_what_it_must(rule: str):
    kind, gone, come = CHANGES[rule]
    before = with_more(drawing_of(rule, "wrong") or b"")
    called = called_by_drawings()
    problem = next(one for one in check(before, called=called) if one.mend is not None)

    after = mend(before, problem)

    assert (problem.rule, problem.mend and problem.mend.id) == (rule, kind)
    assert check(after, called=called) == []
    assert lines_changed(before, after) == (gone, come)
    assert KEPT.encode() in after


def only(xml: bytes, **more) -> Problem:
    (problem,) = [one for one in check(xml, **more) if one.mend is not None]
    return problem


def between(draw) -> Drawing:
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), draw(drawing), drawing.end())
    return drawing


def mended(drawing: Drawing | bytes, **more) -> tuple[str, str]:
    """The label and the file, of the one mend offered; nothing is wrong any more."""
    xml = drawing if isinstance(drawing, bytes) else drawing.xml()
    problem = only(xml, **more)
    after = mend(xml, problem)
    assert check(after, **more) == []
    assert problem.mend is not None
    return problem.mend.label, after.decode()


@pytest.mark.parametrize(
    ("form", "written", "becomes"),
    [
        ("timeDuration", "p5d", "<bpmn:timeDuration>P5D<"),
        ("timeDuration", "“P5D”", "<bpmn:timeDuration>P5D<"),
        ("timeDuration", "2 weeks", "<bpmn:timeDuration>P2W<"),
        ("timeDuration", "30 phút", "<bpmn:timeDuration>PT30M<"),
        ("timeDate", "5/12/2023 8:30", "<bpmn:timeDate>2023-12-05T08:30:00<"),
        ("timeDate", "P5D", "<bpmn:timeDuration>P5D<"),
        ("timeDuration", "2023-12-05", "<bpmn:timeDate>2023-12-05<"),
        ("timeCycle", "R3/P1D", "<bpmn:timeDuration>P1D<"),
        ("timeCycle", "R3/2023-12-05/P1D", "<bpmn:timeDate>2023-12-05<"),
    ],
)
def test_a_time_is_written_as_the_standard_does(form: str, written: str, becomes: str):
    assert becomes in mended(between(lambda d: d.catch("wait", d.timer(form, written))))[1]


@pytest.mark.parametrize("written", ["5 ngày làm việc", "ngày mai", "R3/PT1X", "31/02/2023", ""])
def test_a_time_that_may_mean_several_things_is_left_to_people(written: str):
    drawing = between(lambda d: d.catch("wait", d.timer("timeDuration", written)))

    assert [one.mend for one in check(drawing.xml()) if one.element == "wait"] == [None]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("prepare.a == 1 && prepare.b != 'x'", 'prepare.a = 1 and prepare.b != "x"'),
        ("prepare.a = “x”", 'prepare.a = "x"'),
        ("!(prepare.a == 1) || prepare.b > 2", "not(prepare.a = 1) or prepare.b > 2"),
    ],
)
def test_a_condition_of_another_dialect_is_written_in_ours(written: str, becomes: str):
    xml = (drawing_of("condition", "right") or b"").decode()
    before = xml.replace('prepare.result = "met"', written.replace("&", "&amp;").replace(">", "&gt;"))

    assert only(before.encode()).mend == Mend("rewrite-condition", f"viết lại điều kiện: {becomes}", becomes)
    mended(before.encode())


@pytest.mark.parametrize(
    "written", ["prepare.a === 1", "${prepare.run()}", "prepare.a ? 1 : 2", "prepare.a + 1"]
)
def test_a_condition_that_says_something_else_is_left_to_people(written: str):
    xml = (drawing_of("condition", "right") or b"").decode().replace('prepare.result = "met"', written)

    assert [one.mend for one in check(xml.encode())] == [None]


def test_a_condition_that_only_names_another_language_loses_that_name():
    xml = (drawing_of("condition", "right") or b"").decode()
    before = xml.replace("<bpmn:conditionExpression ", '<bpmn:conditionExpression language="juel" ')

    assert "language" not in mended(before.encode())[1]


def test_of_two_conditions_that_leave_a_gap_none_becomes_the_default():
    xml = (drawing_of("default-flow", "wrong") or b"").decode()
    gap = xml.replace('prepare.result != "met"', "prepare.score &lt; 5")

    assert [one.mend for one in check(gap.encode())] == [None]


def test_an_id_is_changed_wherever_it_is_meant():
    drawing = Drawing()
    drawing.start()
    drawing.task("thẩm_định", camunda_dueDate='deadline("thẩm_định")')
    drawing.xor("enough", default="yes")
    drawing.chain("opened", "thẩm_định", "enough")
    drawing.flow("enough", "thẩm_định", 'thẩm_định.action = "thẩm_định" and other.thẩm_định = 1', "no")
    drawing.flow("enough", drawing.end(), identifier="yes")
    drawing.boundary("late", "thẩm_định", drawing.timer("timeDuration", "P1D"), interrupting=False)
    drawing.chain("late", drawing.end("reminded"))
    before = drawn_out(drawing.xml())
    problem = next(one for one in check(before) if one.rule == "invalid-id")

    after = mend(before, problem).decode()

    assert [one.rule for one in check(after.encode())] == ["unknown-variable"]  # other.thẩm_định, as before
    assert 'tham_dinh.action = "thẩm_định" and other.thẩm_định = 1' in after
    assert after.count("thẩm_định") == 4  # a name, a value, another step's field, the shape's own id
    assert "deadline(&quot;tham_dinh&quot;)" in after


def test_a_start_is_added_before_the_one_place_that_nothing_leads_to():
    drawing = Drawing()
    drawing.chain(drawing.task("prepare"), drawing.end())
    before = drawn_out(drawing.xml())
    problems = [one for one in check(before) if one.mend is not None]

    after = mend(before, problems[0])

    assert {one.rule for one in problems} == {"no-incoming", "one-start"}
    assert check(after) == []
    assert 'bpmnElement="prepare_start"' in after.decode()


def test_branches_side_by_side_are_joined_before_the_step_that_they_lead_to():
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.parallel("split"), drawing.task("consult"), drawing.task("decide"))
    drawing.chain("split", drawing.task("appraise"), "decide", drawing.end())

    label, after = mended(drawn_out(drawing.xml()))

    assert label == "gộp các nhánh bằng cổng song song (AND) trước “decide”"
    assert '<bpmn:parallelGateway id="decide_join"/>' in after


def test_a_join_behind_an_inclusive_gateway_becomes_inclusive():
    drawing = Drawing()
    drawing.node("inclusiveGateway", "which", default="none")
    drawing.parallel("join")
    drawing.chain(drawing.start(), drawing.task("prepare"), "which")
    for way in ("consult", "appraise"):
        drawing.flow("which", drawing.task(way), f"prepare.{way} = true")
        drawing.flow(way, "join")
    drawing.flow("which", "join", identifier="none")
    drawing.chain("join", drawing.task("decide"), drawing.end())

    assert mended(drawing)[0] == "đổi cổng “join” thành cổng bao gồm (OR)"


def test_what_is_sent_gets_its_quotes_and_loses_what_does_nothing():
    sent = {"toProcedure": "support", "toCommune": "thi_du"}

    assert (
        'value="&quot;thi_du&quot;"' in mended(between(lambda d: d.throw("told", d.message("m"), **sent)))[1]
    )
    late = between(lambda d: d.throw("told", d.signal("all"), toProcedure="support"))
    assert "toProcedure" not in mended(late)[1]


def test_a_transaction_becomes_a_sub_process_and_a_called_version_is_not_bound():
    inner = Drawing()
    inner.flows = 100
    inner.chain(inner.start("begun"), inner.task("ask"), inner.end("made"))
    sub = between(lambda d: d.sub("work", inner)).xml().replace(b"bpmn:subProcess", b"bpmn:transaction")
    problem = next(one for one in check(sub) if one.mend is not None)
    assert check(mend(sub, problem)) == []

    bound = between(lambda d: d.call("consult", "support")).xml()
    bound = bound.replace(b"calledElement=", b'camunda:calledElementBinding="latest" calledElement=')
    assert "calledElementBinding" not in mended(bound, called=called_by_drawings())[1]


def test_a_value_that_only_the_finder_knows_comes_with_the_problem():
    xml = drawing_of("signer-of-group", "wrong") or b""
    found = Problem("prepare", "", "signer-of-group", "error", "", "")
    knowing = replace(found, mend=Mend("set-signer", "chọn “chairman”", "chairman"))
    foreign = replace(knowing, rule="same-procedure", element="drawing_process")

    assert [one.mend for one in with_mends(xml, [found, knowing])] == [None, knowing.mend]
    assert b'name="signer" value="chairman"' in mend(xml, knowing)
    assert b'<bpmn:process id="chairman"' in mend(xml, foreign)


SENT_BACK = Problem(
    "appraise", "", "unasked-choice", "warning", "", "", mend=Mend("ask-return", "Trả lại bổ sung", "return")
)


def test_what_is_sent_back_goes_to_the_one_step_that_handed_it_over():
    before = with_more(drawing_of("unasked-choice", "wrong") or b"")
    (found,) = with_mends(before, [SENT_BACK])
    assert found.mend is not None

    after = mend(before, found)

    diagram = read_diagram(after)
    ways = {(flow.source, flow.target): flow.condition for flow in diagram.flows}
    assert found.mend.label == (
        "đặt cổng loại trừ (XOR) ngay sau: “Trả lại bổ sung” thì về bước “Lập hồ sơ”, còn lại đi tiếp"
    )
    assert ways["appraise", "appraise_returned"] is None
    assert ways["appraise_returned", "prepare"] == 'appraise.action = "return"'
    assert ways["appraise_returned", "publish"] is None
    assert check(after) == []
    # The flow that goes on begins at the gateway now: it and where its line begins; come: gateway and two
    # flows with the condition, a shape and two lines, the one back round below with four points.
    gone, come = lines_changed(before, after)
    assert gone == 2
    assert KEPT.encode() in after
    back = after.decode().split('bpmnElement="flow_appraise_returned_prepare"')[1].split("BPMNEdge")[0]
    assert back.count("waypoint") == 4
    assert come > gone


def test_nobody_is_told_where_to_send_back_what_came_by_several_ways():
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.xor("which", default="plain"), drawing.task("prepare"))
    drawing.flow("which", drawing.task("consult"), 'opened.kind = "x"', identifier="special")
    drawing.chain("prepare", drawing.task("appraise"), drawing.end())
    drawing.flow("consult", "appraise")
    by_a_gateway = Drawing()
    by_a_gateway.chain(
        by_a_gateway.start(), by_a_gateway.xor("which"), by_a_gateway.task("appraise"), by_a_gateway.end()
    )

    for drawn in (drawing, by_a_gateway):
        assert [one.mend for one in with_mends(drawn.xml(), [SENT_BACK])] == [None]


def test_who_is_named_and_what_is_called_is_left_to_people():
    named = straight().xml().replace(b"camunda:candidateGroups", b"camunda:assignee")

    assert {one.mend for one in check(named)} == {None}
    for rule in (
        "duplicate-id",
        "missing-condition",
        "dead",
        "automatic-loop",
        "unreachable",
        "called-id-clash",
    ):
        problems = check(drawing_of(rule, "wrong") or b"", called=called_by_drawings())
        assert {one.mend for one in problems} == {None}


def test_a_problem_that_the_file_does_not_have_is_not_mended():
    problem = only(drawing_of("timer", "wrong") or b"")

    for xml in (straight().xml(), drawing_of("timer", "right") or b"", b"<"):
        with pytest.raises(NotMendable):
            mend(xml, problem)


def test_the_declaration_and_the_last_line_stay_as_they_were():
    problem = only(drawing_of("not-executable", "wrong") or b"")
    bare = (drawing_of("not-executable", "wrong") or b"").partition(b"?>\n")[2].rstrip()

    assert mend(b"\xef\xbb\xbf<?xml version='1.0' ?>\n" + bare, problem).startswith(
        b"<?xml version='1.0' ?>\n<bpmn:"
    )
    assert mend(bare, problem).endswith(b"</bpmn:definitions>")


def test_every_mend_is_told_as_json_with_its_id_and_label():
    told = only(drawing_of("timer", "wrong") or b"").as_json()

    assert told["mend"] == {"id": "write-timer", "label": "ghi thời gian là P5D (khoảng)", "value": "P5D"}
    assert "mend" not in Problem("", "", "xml", "error", "", "").as_json()
    assert set(CHANGES) <= set(MENDERS)
