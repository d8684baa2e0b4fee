"""Rule family 2 of the gate, first half: the process, its ids and flows, what each node needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram, Flow, Node
from service.engine.errors import Problem
from service.engine.markup import is_true

NODE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
FLOW_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
RESERVED = frozenset({"Start", "End"})
RESERVED_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", ".Scope")
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "eventBasedGateway"})
ACTIVITIES = HUMAN_TASKS | SCOPES | {"serviceTask"}


def problems(diagram: Diagram) -> Iterator[Problem]:
    yield from _process(diagram)
    yield from _identifiers(diagram)
    yield from _flows(diagram)
    for node in diagram.nodes.values():
        yield from _node(diagram, node)


def _process(diagram: Diagram) -> Iterator[Problem]:
    pools = list(diagram.root.iter("{*}participant"))
    if len(pools) > 1:
        yield _error(
            diagram,
            pools[1].get("id", ""),
            "one-process",
            "Sơ đồ có nhiều vùng (pool); các vùng sau sẽ không được chạy.",
            "Giữ một vùng; các cơ quan vẽ bằng làn (lane) trong đó.",
            pools[1].get("name", ""),
        )
    if not is_true(diagram.node.get("isExecutable")):
        yield _error(
            diagram,
            diagram.process,
            "not-executable",
            "Quy trình chưa được đánh dấu là chạy được.",
            "Bật “Executable” ở thuộc tính của quy trình.",
            diagram.name,
        )
    if not diagram.nodes:
        yield _error(
            diagram,
            diagram.process,
            "empty",
            "Quy trình chưa có phần tử nào.",
            "Vẽ ít nhất bắt đầu, một nhiệm vụ và kết thúc.",
        )


def _identifiers(diagram: Diagram) -> Iterator[Problem]:
    for name in diagram.anonymous:
        yield _error(diagram, "", "missing-id", f"“{name}” chưa có mã (id).", "Đặt mã cho phần tử này.", name)
    for identifier in diagram.duplicates:
        yield _error(
            diagram,
            identifier,
            "duplicate-id",
            f"Mã “{identifier}” dùng cho nhiều phần tử; phần tử sau sẽ bị bỏ qua.",
            "Đặt cho mỗi phần tử một mã riêng.",
        )
    for identifier, pattern in [
        (diagram.process, NODE_ID),
        *((node, NODE_ID) for node in diagram.nodes),
        *((f.id, FLOW_ID) for f in diagram.flows),
    ]:
        if identifier in RESERVED or identifier.endswith(RESERVED_ENDINGS):
            yield _error(
                diagram,
                identifier,
                "reserved-id",
                f"Mã “{identifier}” trùng với mã nội bộ của bộ máy quy trình.",
                "Đặt mã khác, ví dụ thêm tên việc: “end_recognised”.",
            )
        elif pattern.fullmatch(identifier) is None:
            yield _error(
                diagram,
                identifier,
                "invalid-id",
                f"Mã “{identifier[:60]}” không hợp lệ.",
                "Mã chỉ gồm chữ không dấu, chữ số, “_” và “-”, bắt đầu bằng chữ, không quá 100 ký tự.",
            )
    for identifier in diagram.nodes:
        if identifier == diagram.process:
            yield _error(
                diagram, identifier, "duplicate-id", "Mã này trùng với mã của quy trình.", "Đặt mã khác."
            )


def _flows(diagram: Diagram) -> Iterator[Problem]:
    for flow in diagram.flows:
        source, target = diagram.nodes.get(flow.source), diagram.nodes.get(flow.target)
        if source is None or target is None:
            missing = "nguồn" if source is None else "đích"
            yield _error(
                diagram,
                flow.id,
                "dangling-flow",
                f"Luồng không có {missing}.",
                "Nối luồng vào phần tử, hoặc xóa luồng.",
            )
        elif source.scope != target.scope or flow.scope != source.scope:
            yield _error(
                diagram,
                flow.id,
                "crossing-flow",
                "Luồng đi xuyên qua biên của tiến trình con.",
                "Nối luồng tới chính tiến trình con, và bắt đầu bên trong bằng sự kiện bắt đầu riêng.",
            )
        elif target.kind in {"startEvent", "boundaryEvent"}:
            yield _error(
                diagram,
                flow.id,
                "flow-target",
                "Luồng đi vào sự kiện bắt đầu hoặc sự kiện biên.",
                "Nối luồng vào một bước.",
            )
        if flow.condition is not None and source is not None and source.kind != "exclusiveGateway":
            yield _error(
                diagram,
                flow.id,
                "condition-place",
                f"Điều kiện trên luồng ra khỏi “{diagram.label(flow.source)}” sẽ bị bỏ qua.",
                "Đặt một cổng loại trừ (XOR) sau phần tử đó và ghi điều kiện trên các luồng ra của cổng.",
            )


def _node(diagram: Diagram, node: Node) -> Iterator[Problem]:
    incoming, outgoing = diagram.incoming.get(node.id, []), diagram.outgoing.get(node.id, [])
    if node.kind not in {"startEvent", "boundaryEvent"} and not incoming:
        yield _error(
            diagram,
            node.id,
            "no-incoming",
            "Không có luồng nào đi vào phần tử này nên nó không bao giờ chạy.",
            "Nối luồng vào, hoặc xóa phần tử.",
        )
    if node.kind == "endEvent":
        if outgoing:
            yield _error(
                diagram,
                node.id,
                "end-outgoing",
                "Sự kiện kết thúc có luồng đi ra.",
                "Xóa luồng, hoặc đổi thành sự kiện trung gian.",
            )
    elif not outgoing:
        yield _error(
            diagram,
            node.id,
            "no-outgoing",
            "Sau phần tử này không có gì, quy trình sẽ không kết thúc.",
            "Nối tới bước tiếp theo hoặc sự kiện kết thúc.",
        )
    elif len(outgoing) > 1 and node.kind not in GATEWAYS:
        yield _error(
            diagram,
            node.id,
            "several-outgoing",
            "Có nhiều luồng đi ra.",
            "Đặt một cổng ngay sau: loại trừ (XOR) nếu chọn một, song song (AND) nếu đi cả.",
        )
    if node.attributes.get("default") and node.kind != "exclusiveGateway":
        yield _error(
            diagram,
            node.id,
            "default-place",
            "Nhánh mặc định chỉ dùng cho cổng loại trừ (XOR).",
            "Bỏ nhánh mặc định ở đây.",
        )
    if node.kind == "exclusiveGateway":
        yield from _exclusive(diagram, node, outgoing)
    elif node.kind == "eventBasedGateway":
        yield from _event_based(diagram, node, outgoing)
    elif node.kind == "boundaryEvent":
        yield from _boundary(diagram, node)


def _exclusive(diagram: Diagram, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
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
                "Bỏ điều kiện, hoặc chọn nhánh mặc định khác.",
            )
        elif not flow.condition and flow.id != default and len(outgoing) > 1:
            yield _error(
                diagram,
                flow.id,
                "missing-condition",
                "Luồng ra của cổng loại trừ chưa có điều kiện.",
                'Ghi điều kiện, ví dụ: district_appraise.action = "return".',
            )


def _event_based(diagram: Diagram, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
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
        if event is None:
            continue
        if event.kind != "intermediateCatchEvent" or targets.count(event.id) > 1:
            yield _error(
                diagram,
                flow.id,
                "event-gateway",
                "Sau cổng chờ sự kiện phải là sự kiện trung gian Timer, Message hoặc Signal, mỗi sự kiện một "
                "luồng.",
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


def _boundary(diagram: Diagram, node: Node) -> Iterator[Problem]:
    host = diagram.nodes.get(node.attached_to)
    if host is None or host.scope != node.scope or host.kind not in ACTIVITIES:
        yield _error(
            diagram,
            node.id,
            "boundary-host",
            "Sự kiện biên không gắn vào một nhiệm vụ đang chờ.",
            "Gắn vào nhiệm vụ của người, Service Task, tiến trình con hoặc Call Activity.",
        )
        return
    trigger = node.trigger
    if trigger is None:
        return
    if trigger.kind == "error" and (host.kind != "serviceTask" or not node.interrupting):
        yield _error(
            diagram,
            node.id,
            "boundary-error",
            "Sự kiện biên Error chỉ có ở Service Task và luôn ngắt nhiệm vụ.",
            "Chuyển sang Service Task, hoặc dùng Timer / Message / Signal.",
        )
    twins = [
        b
        for b in diagram.attached[host.id]
        if b.trigger and (b.trigger.kind, b.trigger.text) == (trigger.kind, trigger.text)
    ]
    if trigger.kind in {"error", "message", "signal"} and twins[0] is not node:
        yield _error(
            diagram,
            node.id,
            "boundary-twice",
            "Hai sự kiện biên của cùng một nhiệm vụ chờ cùng một thứ.",
            "Bỏ một sự kiện, hoặc đổi tên.",
        )


def _error(diagram: Diagram, element: str, rule: str, message: str, remedy: str, name: str = "") -> Problem:
    return Problem(element, name or diagram.label(element), rule, "error", message, remedy)
