"""The drawings of the rules about what an element says: (wrong, right) each."""

from __future__ import annotations

from tests.unit.engine.drawing import Drawing, returning, straight
from tests.unit.engine.rules.shape import Pair, altered, asked, text, with_sub


def between(draw) -> Drawing:  # type: ignore[no-untyped-def]
    """Start, a task, what is drawn by the callback, end."""
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"), draw(drawing), drawing.end())
    return drawing


def of_task(**attributes: str) -> Drawing:
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare", **attributes), drawing.end())
    return drawing


def properties(given: list[tuple[str, str]]) -> str:
    items = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in given)
    return (
        f"<bpmn:extensionElements><camunda:properties>{items}</camunda:properties></bpmn:extensionElements>"
    )


def of_properties(*given: tuple[str, str], group: str = "commune") -> Drawing:
    drawing = Drawing()
    task = drawing.node("userTask", "prepare", properties(list(given)), camunda_candidateGroups=group)
    drawing.chain(drawing.start(), task, drawing.end())
    return drawing


def timed(form: str, value: str) -> Drawing:
    return between(lambda d: d.catch("wait", d.timer(form, value)))


def bounded(inner, *, host: str = "task", interrupting: bool = True) -> Drawing:  # type: ignore[no-untyped-def]
    drawing = Drawing()
    drawing.start()
    activity = {"task": drawing.task, "job": lambda name: drawing.job(name, "notify.people")}[host]("prepare")
    drawing.chain("opened", activity, drawing.end())
    drawing.boundary("late", "prepare", inner(drawing), interrupting=interrupting)
    drawing.chain("late", drawing.end("refused"))
    return drawing


def rule_one_event() -> Pair:
    return between(lambda d: d.catch("wait", "")), timed("timeDuration", "P5D")


def rule_unsupported_element() -> Pair:
    wrong = Drawing()
    looping = "<bpmn:standardLoopCharacteristics/>"
    wrong.chain(wrong.start(), wrong.task("prepare", looping), wrong.end())
    return wrong, returning()


def rule_unsupported_attribute() -> Pair:
    return of_task(camunda_skipExpression="x"), straight()


def rule_no_code() -> Pair:
    wrong = Drawing()
    listener = '<camunda:taskListener event="create" class="vn.example.Send"/>'
    listener = f"<bpmn:extensionElements>{listener}</bpmn:extensionElements>"
    wrong.chain(wrong.start(), wrong.task("prepare", listener), wrong.end())
    right = between(lambda d: d.job("notify", "notify.people"))
    return wrong, right


def rule_without_effect() -> Pair:
    return of_task(camunda_asyncBefore="true"), straight()


def rule_property_twice() -> Pair:
    return of_properties(("signer", "none"), ("signer", "leader")), of_properties(("signer", "leader"))


def rule_boundary_host() -> Pair:
    wrong = Drawing()
    wrong.chain(wrong.start(), wrong.rule("decide", "eligible"), wrong.task("prepare"), wrong.end())
    wrong.boundary("late", "decide", wrong.timer("timeDuration", "P5D"))
    wrong.chain("late", wrong.end("refused"))
    return wrong, bounded(lambda d: d.timer("timeDuration", "P5D"))


def rule_boundary_error() -> Pair:
    return (
        bounded(lambda d: d.error("broken"), host="job", interrupting=False),
        bounded(lambda d: d.error("broken"), host="job"),
    )


def rule_boundary_twice() -> Pair:
    def waiting(second: str) -> Drawing:
        drawing = bounded(lambda d: d.message("withdrawn"))
        drawing.boundary("again", "prepare", drawing.message(second), interrupting=False)
        drawing.chain("again", drawing.end("noted"))
        return drawing

    return waiting("withdrawn"), waiting("reminded")


def rule_error_uncaught() -> Pair:
    def raising(*, caught: bool) -> Drawing:
        inner = Drawing()
        inner.flows = 100
        question = inner.xor("enough", default="otherwise")
        inner.chain(inner.start("begun"), inner.task("prepare"), question)
        inner.flow(question, inner.node("endEvent", "given_up", inner.error("broken")), "prepare.score < 5")
        inner.flow(question, inner.end("made"), identifier="otherwise")
        drawing = with_sub(inner)
        if caught:
            drawing.boundary("late", "work", drawing.error("broken"))
            drawing.chain("late", drawing.end("refused"))
        return drawing

    return raising(caught=False), raising(caught=True)


def rule_condition() -> Pair:
    wrong = asked()
    wrong.body = [line.replace("prepare.score &gt;= 5", "prepare.result == 'met'") for line in wrong.body]
    right = asked()
    right.body = [line.replace("prepare.score &gt;= 5", 'prepare.result = "met"') for line in right.body]
    return wrong, right


def rule_too_large() -> Pair:
    def described(words: str) -> Drawing:
        drawing = Drawing()
        note = f"<bpmn:documentation>{words}</bpmn:documentation>"
        drawing.chain(drawing.start(), drawing.task("prepare", note), drawing.end())
        return drawing

    return described("Xã lập hồ sơ. " * 720), described("Xã lập hồ sơ.")


def rule_missing_name() -> Pair:
    return altered(straight(), ' name="prepare"', ""), straight()


def rule_group() -> Pair:
    return altered(straight(), '"commune"', '"${nhóm}"'), straight()


def rule_due_date() -> Pair:
    return of_task(camunda_dueDate="05/12/2023"), of_task(camunda_dueDate="2023-12-05")


def rule_topic() -> Pair:
    return (
        between(lambda d: d.node("serviceTask", "notify", camunda_topic="notify.people")),
        between(lambda d: d.job("notify", "notify.people")),
    )


def rule_result_variable() -> Pair:
    return (
        between(lambda d: d.rule("decide", "", "evaluation.compare_opinions")),
        between(lambda d: d.rule("decide", "differs", "evaluation.compare_opinions")),
    )


def rule_message() -> Pair:
    return (
        between(lambda d: d.catch("wait", "<bpmn:messageEventDefinition/>")),
        between(lambda d: d.catch("wait", d.message("answer"))),
    )


def rule_signal() -> Pair:
    return (
        between(lambda d: d.catch("wait", "<bpmn:signalEventDefinition/>")),
        between(lambda d: d.catch("wait", d.signal("new_criteria"))),
    )


def rule_timer() -> Pair:
    return timed("timeDuration", "5 ngày"), timed("timeDuration", "P5D")


def rule_instances() -> Pair:
    def team(count: str) -> Drawing:
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.task("consult", drawing.instances(count)), drawing.end())
        return drawing

    return team("0"), team("3")


def rule_unknown_variable() -> Pair:
    wrong = asked()
    wrong.body = [line.replace("prepare.score", "prepared.score") for line in wrong.body]
    return wrong, asked()


def rule_throw() -> Pair:
    def telling(**given: str) -> Drawing:
        return between(lambda d: d.throw("told", d.message("result"), **given))

    return telling(payload_score="prepare.score"), telling(
        toProcedure="support", payload_score="prepare.score"
    )


def rule_known_group() -> Pair:
    return altered(straight(), '"commune"', '"village"'), straight()


def rule_known_form() -> Pair:
    return of_task(camunda_formKey="no_such_form"), straight()


def rule_known_signer() -> Pair:
    return of_properties(("signer", "mayor")), of_properties(("signer", "leader"))


def rule_signer_of_group() -> Pair:
    return (
        of_properties(("signer", "leader"), group="chairman"),
        of_properties(("signer", "chairman"), group="chairman"),
    )


def rule_known_job() -> Pair:
    job = between(lambda d: d.job("notify", "notify.everybody"))
    return job, straight()


def rule_known_rule() -> Pair:
    return between(lambda d: d.rule("decide", "differs", "evaluation.guess")), straight()


def rule_reserved_message() -> Pair:
    def telling(name: str) -> Drawing:
        return between(lambda d: d.throw("told", d.message(name), toProcedure="support"))

    return telling("withdrawal_requested"), telling("result")


def rule_known_reminders() -> Pair:
    return of_properties(("remindBefore", "mỗi ngày")), straight()


def rule_known_calendar() -> Pair:
    due = of_task(camunda_dueDate="working days after(today(), 5)")
    return due, of_task(camunda_dueDate='today() + duration("P5D")')


def rule_short_name() -> Pair:
    return text(straight()).replace("drawing_process", "recognition_of_communes_of_the_province"), straight()
