"""Rule family 2 of the gate, for gateways: default flows, conditions, awaited events."""

from __future__ import annotations

from collections.abc import Iterator

from service.engine.diagram import Diagram, Flow, Node
from service.engine.errors import Problem
from service.engine.placeholders import is_placeholder

# An inclusive gateway may take each set of its flows: 2^n ways for the proof to follow.
MAX_INCLUSIVE = 8
BEHIND_EVENT_GATEWAY = frozenset({"intermediateCatchEvent", "receiveTask"})


def asking(diagram: Diagram, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    default = node.attributes.get("default", "")
    if default and default not in {flow.id for flow in outgoing}:
        yield _error(
            diagram,
            node.id,
            "default-flow",
            "Nhánh mặc định không phải là luồng ra của cổng này.",
            "Chọn lại nhánh mặc định.",
        )
    if len(outgoing) > 1 and not default:
        yield _error(
            diagram,
            node.id,
            "default-flow",
            "Cổng không có nhánh mặc định: nếu không điều kiện nào đúng, hồ sơ sẽ dừng.",
            "Chọn một luồng ra làm nhánh mặc định (Default flow).",
        )
    for flow in outgoing:
        if flow.condition is not None and (flow.id == default or len(outgoing) == 1):
            yield _error(
                diagram,
                flow.id,
                "condition-ignored",
                "Điều kiện trên luồng này sẽ bị bỏ qua (nhánh mặc định hoặc luồng ra duy nhất).",
                "Nối thêm luồng ra kia của cổng; nếu chỉ có một luồng thì bỏ điều kiện."
                if len(outgoing) == 1
                else "Bỏ điều kiện, hoặc chọn nhánh mặc định khác.",
            )
        elif not flow.condition and flow.id != default and len(outgoing) > 1:
            yield _error(
                diagram,
                flow.id,
                "missing-condition",
                "Luồng ra của cổng chưa có điều kiện.",
                'Ghi điều kiện, ví dụ: district_appraise.action = "return".',
            )

    if node.kind == "inclusiveGateway" and len(outgoing) > MAX_INCLUSIVE:
        yield _error(
            diagram,
            node.id,
            "inclusive-flows",
            f"Cổng bao gồm (OR) có {len(outgoing)} luồng ra: quá nhiều cách đi để chứng minh.",
            f"Giữ không quá {MAX_INCLUSIVE} luồng ra, hoặc tách thành hai cổng.",
        )


def event_based(diagram: Diagram, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    if len(outgoing) < 2:
        yield _error(
            diagram,
            node.id,
            "event-gateway",
            "Cổng chờ sự kiện cần ít nhất hai sự kiện.",
            "Nối tới hai sự kiện trở lên, hoặc bỏ cổng.",
        )
    awaited: set[tuple[str, str]] = set()
    targets = [flow.target for flow in outgoing]
    for flow in outgoing:
        event = diagram.nodes.get(flow.target)
        if event is None or is_placeholder(event):
            continue
        if event.kind not in BEHIND_EVENT_GATEWAY or targets.count(event.id) > 1:
            yield _error(
                diagram,
                flow.id,
                "event-gateway",
                "Sau cổng chờ sự kiện phải là sự kiện trung gian Timer, Message hoặc Signal, hay Receive "
                "Task, mỗi thứ một luồng.",
                "Đặt một sự kiện Timer, Message hoặc Signal ngay sau cổng.",
            )
        elif len(diagram.incoming[event.id]) > 1:
            yield _error(
                diagram,
                event.id,
                "event-gateway",
                "Sự kiện sau cổng chờ sự kiện còn có luồng khác đi vào.",
                "Mỗi sự kiện sau cổng chỉ có một luồng vào; vẽ thêm một sự kiện khác.",
            )
        if diagram.attached.get(event.id):
            yield _error(
                diagram,
                event.id,
                "event-gateway",
                "Receive Task sau cổng chờ sự kiện không được có sự kiện biên.",
                "Nối sự kiện đó vào cổng như một nhánh nữa.",
            )
        if event.trigger is not None and event.trigger.kind in {"message", "signal"}:
            what = event.trigger.kind, event.trigger.text
            if what in awaited:
                yield _error(
                    diagram,
                    event.id,
                    "event-gateway",
                    f"Hai nhánh của cổng cùng chờ “{event.trigger.text}”.",
                    "Dùng hai thông điệp hoặc tín hiệu khác tên.",
                )
            awaited.add(what)


def _error(diagram: Diagram, element: str, rule: str, message: str, remedy: str, name: str = "") -> Problem:
    return Problem(element, name or diagram.label(element), rule, "error", message, remedy)
