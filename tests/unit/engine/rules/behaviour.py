"""The drawings of the rules about how it goes: loops, splits and joins, calls: (wrong, right) each."""

from __future__ import annotations

from tests.unit.engine.drawing import Drawing, returning, straight
from tests.unit.engine.rules.shape import Pair


def support() -> Drawing:
    """The procedure that the drawings of calls call."""
    drawing = Drawing("support")
    drawing.flows = 500
    drawing.chain(drawing.start("support_opened"), drawing.task("advise"), drawing.end("support_done"))
    return drawing


def calling(key: str, *before: str, process: str = "drawing_process") -> Drawing:
    drawing = Drawing(process)
    drawing.chain(drawing.start(), *(drawing.task(name) for name in before or ("prepare",)))
    drawing.chain((before or ("prepare",))[-1], drawing.call("consult", key), drawing.end())
    return drawing


def rule_unknown_called_process() -> Pair:
    return calling("suport"), calling("support")


def rule_called_element() -> Pair:
    return calling("${key}"), calling("support")


def rule_recursive_call() -> Pair:
    return calling("drawing_process"), returning()


def rule_called_twice() -> Pair:
    wrong = Drawing()
    wrong.chain(
        wrong.start(), wrong.call("consult", "support"), wrong.call("appraise", "support"), wrong.end()
    )
    return wrong, calling("support")


def rule_called_id_clash() -> Pair:
    return calling("support", "advise"), calling("support")


def rule_automatic_loop() -> Pair:
    wrong = Drawing()
    wrong.chain(wrong.start(), wrong.task("prepare"), wrong.xor("merge"), wrong.rule("decide", "eligible"))
    wrong.chain("decide", wrong.xor("enough", default="otherwise"))
    wrong.flow("enough", "merge", 'eligible = "no"', "again")
    wrong.flow("enough", wrong.end(), identifier="otherwise")
    return wrong, returning()


def branches(split: str, join: str) -> Drawing:
    drawing = Drawing()
    drawing.chain(drawing.start(), drawing.task("prepare"))
    asking = split in {"exclusiveGateway", "inclusiveGateway"}
    drawing.node(split, "split", **({"default": "otherwise"} if asking else {}))
    drawing.node(join, "join")
    drawing.chain("prepare", "split")
    drawing.flow("split", drawing.task("consult"), "prepare.score >= 5" if asking else None, "yes")
    drawing.flow("split", drawing.task("appraise"), identifier="otherwise")
    drawing.chain("consult", "join", drawing.task("decide"), drawing.end())
    drawing.flow("appraise", "join")
    return drawing


def rule_never_completes() -> Pair:
    return branches("exclusiveGateway", "parallelGateway"), branches("exclusiveGateway", "exclusiveGateway")


def rule_twice_at_once() -> Pair:
    return branches("parallelGateway", "exclusiveGateway"), branches("parallelGateway", "parallelGateway")


def rule_parallel_writers() -> Pair:
    def deciding(variable: str) -> Drawing:
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.task("prepare"), drawing.parallel("split"))
        drawing.chain("split", drawing.rule("decide", "differs"), drawing.parallel("join"), drawing.end())
        drawing.chain("split", drawing.rule("appraise", variable), "join")
        return drawing

    return deciding("differs"), deciding("eligible")


def rule_never_ends() -> Pair:
    wrong = Drawing()
    wrong.chain(
        wrong.start(), wrong.xor("merge"), wrong.task("prepare"), wrong.parallel("split"), wrong.end()
    )
    wrong.flow("split", "merge")
    return wrong, returning()


def rule_dead() -> Pair:
    """What waits inside for the very signal that ends the whole never hears it."""

    def interrupted(inside: str) -> Drawing:
        inner = Drawing()
        inner.flows = 100
        inner.chain(inner.start("begun"), inner.catch("wait", inner.signal(inside)), inner.end("made"))
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.sub("work", inner), drawing.task("prepare"), drawing.end())
        drawing.boundary("late", "work", drawing.signal("stopped"))
        drawing.chain("late", drawing.end("refused"))
        return drawing

    return interrupted("stopped"), interrupted("answered")


def rule_too_complex() -> Pair:
    def broad(kind: str) -> Drawing:
        drawing = Drawing()
        drawing.chain(drawing.start(), drawing.parallel("split"))
        drawing.node(kind, "join")
        for branch in range(16):
            drawing.chain("split", drawing.task(f"part_{branch}"), "join")
        drawing.chain("join", drawing.end())
        return drawing

    return broad("inclusiveGateway"), broad("parallelGateway")


def rule_same_procedure() -> Pair:
    wrong = straight()
    wrong.process = "another_process"
    return wrong, straight()
