"""Rule family 3 of the gate: expressions, timers, messages, topics, groups, counts that can be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial

from service.engine import throw_rules
from service.engine.diagram import ASKING, HUMAN_TASKS, Diagram, EventTrigger, Node
from service.engine.errors import Problem
from service.engine.expressions import Expression, ExpressionError, Type
from service.engine.expressions.nodes import Arithmetic, Name, Negative
from service.engine.texts import read_condition, read_expression
from service.engine.throws import SENT, THROWING
from service.engine.timers import due_expression, is_hectic, is_iso
from service.engine.vocabulary import VARIABLE

FEEL_LANGUAGES = frozenset(
    {
        "",
        "feel",
        "FEEL",
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
    }
)
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
TOPIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
RULE_TOPICS = "evaluation."
MAX_INSTANCES = 100
MAX_TEXT = 10_000
MAX_NAME = 100
_UNKNOWN = frozenset({Type.ANY, Type.SCALAR})
_DECISION = _UNKNOWN | {Type.BOOLEAN}
_DAY = _UNKNOWN | {Type.DATE, Type.DATE_TIME, Type.NULL}
_KINDS = {
    "timeDate": _UNKNOWN | {Type.DATE, Type.DATE_TIME},
    "timeDuration": _UNKNOWN | {Type.DURATION, Type.MONTHS},
}
# By rule: what a readable expression of its kind looks like.
_EXAMPLES = {
    "condition": 'district_appraise.action = "return"',
    "due-date": "working days after(today(), 5)",
    "timer": "working days after(today(), 5)",
}
_LOOKS_ISO = re.compile(r"[PR]\d|R/|PT|\d{4}-", re.ASCII)


def problems(
    diagram: Diagram, known_groups: Collection[str] | None, known_topics: Collection[str] | None
) -> Iterator[Problem]:
    content = Content(diagram, known_groups, known_topics)
    for node in diagram.nodes.values():
        yield from content.node(node)
    for flow in diagram.flows:
        source = diagram.nodes.get(flow.source)
        if flow.condition and source is not None and source.kind in ASKING:
            if flow.language not in FEEL_LANGUAGES:
                yield content.error(
                    flow.id,
                    "condition",
                    f"Điều kiện viết bằng ngôn ngữ “{flow.language[:40]}”.",
                    "Viết lại bằng FEEL và bỏ trống ô ngôn ngữ.",
                )
            else:
                yield from content.condition(flow.id, partial(read_condition, flow))


class Content:
    def __init__(
        self, diagram: Diagram, known_groups: Collection[str] | None, known_topics: Collection[str] | None
    ) -> None:
        self.diagram = diagram
        self.known_groups, self.known_topics = known_groups, known_topics
        self.variables = {n.attributes.get("camunda:resultVariable", "") for n in diagram.nodes.values()}

    def node(self, node: Node) -> Iterator[Problem]:
        if len(node.documentation) > MAX_TEXT:
            yield self.error(node.id, "too-large", "Phần mô tả quá dài.", f"Rút gọn dưới {MAX_TEXT} ký tự.")
        if node.kind in HUMAN_TASKS:
            yield from self._human(node)
        elif node.kind == "serviceTask":
            yield from self._service(node)
        elif node.kind == "businessRuleTask":
            yield from self._rule(node)
        elif node.kind in {"intermediateCatchEvent", "receiveTask", "boundaryEvent"}:
            if node.trigger is None:
                yield self.error(
                    node.id, "one-event", "Chưa chọn sự kiện chờ gì.", "Chọn Timer, Message hoặc Signal."
                )
            else:
                yield from self._trigger(node, node.trigger)
        elif node.kind in THROWING:
            yield from throw_rules.problems(self, node)
            if node.trigger is not None:
                yield from self._trigger(node, node.trigger)
        if node.loop is not None:
            yield from self._instances(node, node.loop.cardinality)

    def condition(self, element: str, read: Callable[[], Expression]) -> Iterator[Problem]:
        yield from self.expression(element, "condition", "Điều kiện", read, _DECISION)

    def _human(self, node: Node) -> Iterator[Problem]:
        if not node.name:
            yield self._warning(
                node.id,
                "missing-name",
                "Nhiệm vụ chưa có tên.",
                "Đặt tên bằng động từ, ví dụ “Thẩm định hồ sơ”.",
            )
        for group in filter(
            None, (g.strip() for g in node.attributes.get("camunda:candidateGroups", "").split(","))
        ):
            if GROUP.fullmatch(group) is None:
                yield self.error(
                    node.id,
                    "group",
                    f"Nhóm “{group[:60]}” không phải là tên nhóm.",
                    "Ghi mã nhóm, ví dụ “district”; không dùng biểu thức.",
                )
            elif self.known_groups is not None and group not in self.known_groups:
                known = ", ".join(sorted(self.known_groups))
                yield self.error(
                    node.id, "group", f"Không có nhóm “{group}”.", f"Chọn một trong các nhóm: {known}."
                )
        for attribute, what in (("camunda:dueDate", "Hạn xử lý"), ("camunda:followUpDate", "Ngày nhắc")):
            text = node.attributes.get(attribute, "")
            if text.strip():
                yield from self.expression(
                    node.id, "due-date", what, partial(read_expression, due_expression(text)), _DAY
                )

    def _service(self, node: Node) -> Iterator[Problem]:
        if node.attributes.get("camunda:type") != "external":
            yield self.error(
                node.id,
                "topic",
                "Service Task chưa khai báo cách thực hiện.",
                "Chọn Implementation: External và ghi topic.",
            )
        yield from self._topic(node, prefix="")

    def _rule(self, node: Node) -> Iterator[Problem]:
        if node.attributes.get("camunda:type", "external") != "external":
            yield self.error(
                node.id,
                "topic",
                "Business Rule Task phải có type “external”.",
                "Chọn Implementation: External và ghi topic “evaluation.…”.",
            )
        yield from self._topic(node, prefix=RULE_TOPICS)
        variable = node.attributes.get("camunda:resultVariable", "")
        if VARIABLE.fullmatch(variable) is None:
            yield self.error(
                node.id,
                "result-variable",
                "Business Rule Task chưa có biến kết quả hợp lệ.",
                "Ghi Result variable, ví dụ “eligible”.",
            )
        elif variable in self.diagram.nodes:
            yield self.error(
                node.id,
                "result-variable",
                f"Biến “{variable}” trùng mã của một phần tử.",
                "Đặt tên biến khác.",
            )

    def _topic(self, node: Node, prefix: str) -> Iterator[Problem]:
        topic = node.attributes.get("camunda:topic", "")
        if TOPIC.fullmatch(topic) is None or not topic.startswith(prefix):
            yield self.error(
                node.id,
                "topic",
                f"Topic “{topic[:60]}” không hợp lệ.",
                f"Ghi topic, ví dụ “{prefix or 'notify.'}compare_opinions”.",
            )
        elif self.known_topics is not None and topic not in self.known_topics:
            yield self.error(
                node.id,
                "topic",
                f"Không có topic “{topic}”.",
                f"Chọn một trong: {', '.join(sorted(self.known_topics))}.",
            )

    def _trigger(self, node: Node, trigger: EventTrigger) -> Iterator[Problem]:
        if trigger.kind in SENT and not 0 < len(trigger.text) <= MAX_NAME:
            word = "thông điệp (Message)" if trigger.kind == "message" else "tín hiệu (Signal)"
            yield self.error(
                node.id,
                trigger.kind,
                f"Chưa chọn {word} có tên dùng được.",
                f"Chọn {word} và đặt tên cho nó, không quá {MAX_NAME} ký tự.",
            )
        if trigger.kind != "timer":
            return
        if not trigger.form or not trigger.text:
            yield self.error(
                node.id,
                "timer",
                "Timer chưa có thời gian.",
                "Ghi ngày (2023-12-05), khoảng (P5D) hoặc chu kỳ (R3/P1D).",
            )
        elif trigger.form == "timeCycle" and node.kind != "boundaryEvent":
            yield self.error(
                node.id,
                "timer",
                "Chu kỳ lặp không dùng được ở sự kiện trung gian.",
                "Ghi khoảng thời gian (Duration), ví dụ P1D.",
            )
        elif trigger.form == "timeCycle" and is_hectic(trigger.text):
            # After a night without power every missed occurrence still fires, in every case.
            yield self.error(
                node.id,
                "timer",
                "Chu kỳ lặp ngắn hơn một phút.",
                "Ghi chu kỳ từ một phút trở lên, ví dụ R3/P1D hoặc R/PT1H.",
            )
        elif is_iso(trigger.form, trigger.text):
            return
        elif trigger.form == "timeCycle" or _LOOKS_ISO.match(trigger.text):
            yield self.error(
                node.id,
                "timer",
                f"“{trigger.text[:60]}” không phải là thời gian ISO 8601 của loại đã chọn.",
                "Ngày: 2023-12-05; khoảng: P5D, PT4H; chu kỳ: R3/P1D.",
            )
        else:
            yield from self.expression(
                node.id, "timer", "Thời gian", partial(read_expression, trigger.text), _KINDS[trigger.form]
            )

    def _instances(self, node: Node, cardinality: str | None) -> Iterator[Problem]:
        if (
            cardinality is None
            or not (cardinality.isascii() and cardinality.isdigit())
            or not 1 <= int(cardinality[:9]) <= MAX_INSTANCES
        ):
            yield self.error(
                node.id,
                "instances",
                "Số lần của nhiệm vụ nhiều người phải là số cố định.",
                f"Ghi Loop cardinality từ 1 đến {MAX_INSTANCES}.",
            )

    def expression(
        self, element: str, rule: str, what: str, read: Callable[[], Expression], expects: frozenset[Type]
    ) -> Iterator[Problem]:
        try:
            expression = read()
        except ExpressionError as error:
            yield self.error(
                element,
                rule,
                f"{what} không đọc được: {error}.",
                f"Sửa biểu thức, ví dụ: {_EXAMPLES.get(rule, _EXAMPLES['condition'])}.",
            )
            return
        anything = dict.fromkeys(expression.names, Type.SCALAR)
        for problem in expression.check(anything):
            yield self.error(element, rule, f"{what}: {problem}", "Sửa biểu thức theo gợi ý này.")
        kind = expression.type(anything)
        computes = isinstance(expression.tree, Arithmetic | Negative) and expects is _DECISION
        if kind not in expects or computes:
            wanted = ", ".join(sorted(k.value for k in expects - _UNKNOWN - {Type.NULL}))
            yield self.error(
                element,
                rule,
                f"{what} cho kết quả {Type.NUMBER.value if computes else kind.value}.",
                f"Sửa để kết quả là {wanted}.",
            )
        for use in expression.functions:
            if use.name == "deadline" and not all(isinstance(a, str) for a in use.arguments):
                yield self.error(
                    element,
                    rule,
                    "Hàm deadline cần mã bước ghi thẳng trong dấu nháy.",
                    'Ví dụ: deadline("self_assess").',
                )
        for name in expression.names:
            if name in self.variables or name.rpartition(".")[0] in self.diagram.nodes:
                continue
            # A case may be started with variables of its own; but a time, or what is sent, that is one
            # unknown word is a slip: a text without its quotes.
            slip = expects is not _DECISION and isinstance(expression.tree, Name)
            found = self.error if slip else self._warning
            yield found(
                element,
                rule if slip else "unknown-variable",
                f"Không bước nào tạo ra biến “{name}”.",
                "Kiểm tra lại mã bước và tên trường.",
            )

    def error(self, element: str, rule: str, message: str, remedy: str) -> Problem:
        return Problem(element, self.diagram.label(element), rule, "error", message, remedy)

    def _warning(self, element: str, rule: str, message: str, remedy: str) -> Problem:
        return Problem(element, self.diagram.label(element), rule, "warning", message, remedy)
