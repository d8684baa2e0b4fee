"""The drawings of the rules about the file, the process, its ids and flows: (wrong, right) each."""

from __future__ import annotations

from tests.unit.engine.drawing import Drawing, returning, straight

Pair = tuple[Drawing | str, Drawing | str]


def text(drawing: Drawing) -> str:
    return drawing.xml().decode()


def altered(drawing: Drawing, old: str, new: str, count: int = 1) -> str:
    assert old in text(drawing)
    return text(drawing).replace(old, new, count)


def two_tasks() -> Drawing:
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), drawing.task("appraise"), drawing.end())
    return drawing


def fork(kind: str = "exclusiveGateway", **gateway: str) -> Drawing:
    """A question after the first task: publish, or archive as the default."""
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), drawing.node(kind, "enough", **gateway))
    drawing.task("publish")
    drawing.task("archive")
    drawing.node("exclusiveGateway", "merge")
    drawing.chain("publish", "merge", drawing.end())
    drawing.flow("archive", "merge")
    return drawing


def asked(kind: str = "exclusiveGateway") -> Drawing:
    drawing = fork(kind, default="otherwise")
    drawing.flow("enough", "publish", "prepare.score >= 5", "yes")
    drawing.flow("enough", "archive", identifier="otherwise")
    return drawing


def inside(*names: str) -> Drawing:
    drawing = Drawing()
    drawing.flows = 100
    drawing.chain(
        drawing.start("begun"), *(drawing.task(name) for name in names or ("prepare",)), drawing.end("made")
    )
    return drawing


def with_sub(inner: Drawing) -> Drawing:
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.sub("work", inner), drawing.end())
    return drawing


def rule_xml() -> Pair:
    return text(straight())[:-30], straight()


def rule_not_bpmn() -> Pair:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<drawing><step name="Lập hồ sơ"/></drawing>\n', straight()


def rule_doctype() -> Pair:
    return straight(), straight()


def rule_encoding() -> Pair:
    return straight(), straight()


def rule_one_process() -> Pair:
    other = '</bpmn:process>\n<bpmn:process id="district_process" isExecutable="true"/>'
    return altered(straight(), "</bpmn:process>", other), straight()


def rule_not_executable() -> Pair:
    return altered(straight(), ' isExecutable="true"', ""), straight()


def rule_empty() -> Pair:
    return with_sub(Drawing()), with_sub(inside())


def rule_missing_id() -> Pair:
    wrong = two_tasks()
    wrong.body[-1] = wrong.body[-1].replace(' id="flow_3"', "")
    return wrong, two_tasks()


def rule_duplicate_id() -> Pair:
    lanes = (
        '<bpmn:laneSet id="lanes"><bpmn:lane id="{}" name="Xã"><bpmn:flowNodeRef>prepare</bpmn:flowNodeRef>'
        "</bpmn:lane></bpmn:laneSet>"
    )
    pair = []
    for identifier in ("prepare", "commune_lane"):
        drawing = straight()
        drawing.body.insert(0, lanes.format(identifier))
        pair.append(drawing)
    return pair[0], pair[1]


def rule_reserved_id() -> Pair:
    wrong, right = Drawing(), Drawing()
    wrong.chain(wrong.start(), wrong.task("prepare"), wrong.end("End"))
    right.chain(right.start(), right.task("prepare"), right.end("end_recognised"))
    return wrong, right


def rule_invalid_id() -> Pair:
    return straight("thẩm_định"), straight("appraise")


def rule_dangling_flow() -> Pair:
    wrong = straight()
    wrong.flow("prepare_nobody", "done", identifier="lost")
    return wrong, straight()


def rule_crossing_flow() -> Pair:
    wrong = Drawing()
    wrong.chain(wrong.start(), wrong.parallel("split"), wrong.sub("work", inside("prepare")), wrong.end())
    wrong.flow("split", "prepare", identifier="across")
    return wrong, with_sub(inside("prepare"))


def rule_flow_target() -> Pair:
    wrong = asked()
    wrong.body = [line for line in wrong.body if 'id="otherwise"' not in line]
    wrong.flow("enough", "opened", "prepare.again = true", "back")
    wrong.flow("enough", "archive", identifier="otherwise")
    right = asked()
    right.flow("enough", "prepare", "prepare.again = true", "back")
    return wrong, right


def rule_condition_place() -> Pair:
    wrong = Drawing()
    wrong.chain(wrong.start(), wrong.task("prepare"))
    wrong.flow("prepare", wrong.task("publish"), "prepare.score >= 5", "conditional")
    wrong.flow("publish", wrong.end())
    return wrong, asked()


def rule_no_incoming() -> Pair:
    wrong = straight()
    wrong.task("appraise")
    wrong.flow("appraise", "done")
    return wrong, two_tasks()


def rule_end_outgoing() -> Pair:
    wrong = straight()
    wrong.chain("done", wrong.task("archive"), wrong.end("stored"))
    right = Drawing()
    right.chain(right.start(), right.task("prepare"), right.task("archive"), right.end("done"))
    return wrong, right


def rule_no_outgoing() -> Pair:
    wrong = asked()
    wrong.body = [line for line in wrong.body if 'sourceRef="archive"' not in line]
    return wrong, asked()


def rule_several_outgoing() -> Pair:
    wrong, right = Drawing(), Drawing()
    wrong.chain(wrong.start(), wrong.task("prepare"), wrong.task("consult"), wrong.parallel("join"))
    wrong.chain("prepare", wrong.task("appraise"), "join", wrong.end())
    right.chain(right.start(), right.task("prepare"), right.parallel("split"), right.task("consult"))
    right.chain("consult", right.parallel("join"), right.end())
    right.chain("split", right.task("appraise"), "join")
    return wrong, right


def rule_default_place() -> Pair:
    return altered(straight(), "<bpmn:userTask id", '<bpmn:userTask default="flow_2" id'), straight()


def rule_default_flow() -> Pair:
    wrong = fork()
    wrong.flow("enough", "publish", 'prepare.result = "met"', "yes")
    wrong.flow("enough", "archive", 'prepare.result != "met"', "otherwise")
    return wrong, asked()


def rule_condition_ignored() -> Pair:
    wrong = fork(default="otherwise")
    wrong.flow("enough", "publish", "prepare.score >= 5", "yes")
    wrong.flow("enough", "archive", "prepare.score < 5", "otherwise")
    return wrong, asked()


def rule_missing_condition() -> Pair:
    wrong = fork(default="otherwise")
    wrong.flow("enough", "publish", identifier="yes")
    wrong.flow("enough", "archive", identifier="otherwise")
    return wrong, asked()


def rule_inclusive_flows() -> Pair:
    def ways(count: int) -> Drawing:
        drawing = Drawing()
        gateways = [drawing.node("inclusiveGateway", name, **more) for name, more in _BOTH]
        drawing.chain(drawing.start(), drawing.task("prepare"), gateways[0])
        for number in range(count - 1):
            drawing.flow("enough", drawing.task(f"part_{number}"), f"prepare.part_{number} = true")
            drawing.flow(f"part_{number}", "join")
        drawing.flow("enough", "join", identifier="otherwise")
        drawing.chain("join", drawing.end())
        return drawing

    return ways(9), ways(3)


_BOTH: tuple[tuple[str, dict[str, str]], ...] = (("enough", {"default": "otherwise"}), ("join", {}))


def rule_event_gateway() -> Pair:
    def awaiting(*, second: bool) -> Drawing:
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.event_gateway("enough"))
        drawing.chain("enough", drawing.catch("wait", drawing.message("answer")), drawing.task("prepare"))
        drawing.chain("prepare", drawing.end())
        if second:
            drawing.catch("late", drawing.timer("timeDuration", "P30D"))
            drawing.chain("enough", "late", drawing.end("refused"))
        return drawing

    return awaiting(second=False), awaiting(second=True)


def rule_one_start() -> Pair:
    wrong = straight()
    wrong.flow(wrong.start("again"), "prepare")
    return wrong, straight()


def rule_no_end() -> Pair:
    wrong = Drawing()
    again = wrong.xor("merge")
    wrong.chain(wrong.start(), again, wrong.task("prepare"), again)
    return wrong, returning()


def rule_too_deep() -> Pair:
    def nested(levels: int) -> Drawing:
        drawing = inside()
        for level in range(levels):
            outer = Drawing()
            outer.flows = 1000 * (level + 1)
            outer.chain(
                outer.start(f"begun_{level}"), outer.sub(f"work_{level}", drawing), outer.end(f"made_{level}")
            )
            drawing = outer
        return drawing

    return nested(9), nested(2)


def rule_unreachable() -> Pair:
    wrong = straight()
    wrong.chain(wrong.task("appraise"), wrong.task("consult"), "appraise")
    return wrong, two_tasks()


def rule_cannot_end() -> Pair:
    wrong = asked()
    wrong.body = [line for line in wrong.body if 'sourceRef="archive"' not in line]
    wrong.task("consult")
    wrong.chain("archive", "consult", "archive")
    right = asked()
    right.body = [line for line in right.body if 'sourceRef="archive"' not in line]
    right.chain("archive", right.task("consult"), "merge")
    return wrong, right


def rule_bpmn_schema() -> Pair:
    note = "<bpmn:documentation>Xã lập hồ sơ.</bpmn:documentation>"
    more = "<bpmn:extensionElements><camunda:properties/></bpmn:extensionElements>"
    wrong, right = Drawing(), Drawing()
    wrong.chain(wrong.start(), wrong.task("prepare", more + note), wrong.end())
    right.chain(right.start(), right.task("prepare", note + more), right.end())
    return wrong, right
