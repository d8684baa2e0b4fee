"""Mends of conditions and default flows, where only one reading is possible."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from service.engine.content import FEEL_LANGUAGES
from service.engine.diagram import ASKING
from service.engine.errors import Mend, Problem
from service.engine.expressions import ExpressionError, Type
from service.engine.expressions.juel import translate_juel
from service.engine.expressions.nodes import Arithmetic, Call, Comparison, Negative, Node
from service.engine.markup import is_bpmn, local, text_of
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet
from service.engine.texts import read_expression

_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": '"', "’": '"', "'": '"'})
_OPPOSITE = {"=": "!=", "!=": "="}
_DECIDES = frozenset({Type.ANY, Type.SCALAR, Type.BOOLEAN})


def name_default(sheet: Sheet, problem: Problem) -> Offer | None:
    """The one flow without a condition, or the second of two conditions that exclude each other."""
    element = sheet.find(problem.element)
    if element is not None and is_bpmn(element, "sequenceFlow"):  # a flow that lacks its condition
        element = sheet.find(element.get("sourceRef", ""))
    if element is None or local(element) not in ASKING:
        return None
    gateway = element
    flows = sheet.outgoing(gateway.get("id", ""))
    if gateway.get("default") in {flow.get("id") for flow in flows}:
        return None
    if len(flows) == 1 and "default" in gateway.attrib:
        return Offer(Mend("drop-default", "bỏ nhánh mặc định"), lambda: _drop_default(gateway))
    bare = [flow for flow in flows if not _text(flow)]
    chosen = bare[0] if len(bare) == 1 and len(flows) > 1 else None
    if chosen is None and not bare and len(flows) == 2 and _exclude(*(_text(flow) for flow in flows)):
        chosen = flows[1]
    if chosen is None or not chosen.get("id"):
        return None
    identifier = chosen.get("id", "")

    def act() -> None:
        gateway.set("default", identifier)
        _drop_condition(sheet, chosen)

    mend = Mend("name-default", f"lấy luồng “{sheet.label(identifier)}” làm nhánh mặc định", identifier)
    return Offer(mend, act)


def drop_condition(sheet: Sheet, problem: Problem) -> Offer | None:
    """Nobody looks at it: without it the diagram says what it does."""
    flow = sheet.find(problem.element)
    if flow is None or _condition(flow) is None:
        return None
    if len(sheet.outgoing(flow.get("sourceRef", ""))) == 1:
        return None  # the gateway has lost its other flow, or lacks it still: nobody knows which of the two
    return Offer(
        Mend("drop-condition", "bỏ điều kiện không có tác dụng"), lambda: _drop_condition(sheet, flow)
    )


def rewrite_condition(sheet: Sheet, problem: Problem) -> Offer | None:
    """Another dialect's comparison in ours: `==`, `&&`, other quotes, a language of another name."""
    flow = sheet.find(problem.element)
    condition = None if flow is None else _condition(flow)
    if condition is None:
        return None
    language = condition.get("language", "") not in FEEL_LANGUAGES
    before = text_of(condition)
    if _decides(before) and not language:
        return None
    text = next((candidate for candidate in _readings(before) if _decides(candidate)), None)
    if text is None:
        return None

    def act() -> None:
        if text != before:
            condition.text = text
        if language:
            del condition.attrib["language"]

    return Offer(Mend("rewrite-condition", f"viết lại điều kiện: {text[:80]}", text), act)


def _readings(text: str) -> Iterator[str]:
    yield text
    plain = text.translate(_QUOTES)
    yield plain
    for candidate in (text, plain):
        wrapped = candidate if candidate.startswith(("${", "#{")) else f"${{{candidate}}}"
        try:
            yield translate_juel(wrapped)
        except ExpressionError:
            continue


def _decides(text: str) -> bool:
    try:
        expression = read_expression(text)
    except ExpressionError:
        return False
    anything = dict.fromkeys(expression.names, Type.SCALAR)
    return (
        not expression.check(anything)
        and expression.type(anything) in _DECIDES
        and not isinstance(expression.tree, Arithmetic | Negative)
    )


def _exclude(first: str, second: str) -> bool:
    """Whether exactly one of two conditions holds, whatever the values are."""
    try:
        one, other = read_expression(first).tree, read_expression(second).tree
    except ExpressionError:
        return False
    if isinstance(one, Comparison) and isinstance(other, Comparison):
        return _OPPOSITE.get(one.operator) == other.operator and (one.left, one.right) == (
            other.left,
            other.right,
        )
    return _denies(one, other) or _denies(other, one)


def _denies(one: Node, other: Node) -> bool:
    is_not = isinstance(one, Call) and one.function == "not" and len(one.arguments) == 1
    # Of a comparison by equality alone: of what is unknown, `not` is unknown too.
    return (
        isinstance(one, Call) and is_not and one.arguments[0] == other
        and isinstance(other, Comparison) and other.operator in _OPPOSITE
    )  # fmt: skip


def _condition(flow: etree._Element) -> etree._Element | None:
    return next((one for one in flow if is_bpmn(one, "conditionExpression")), None)


def _text(flow: etree._Element) -> str:
    condition = _condition(flow)
    return "" if condition is None else text_of(condition)


def _drop_condition(sheet: Sheet, flow: etree._Element) -> None:
    condition = _condition(flow)
    if condition is not None:
        sheet.remove(condition)


def _drop_default(gateway: etree._Element) -> None:
    del gateway.attrib["default"]
