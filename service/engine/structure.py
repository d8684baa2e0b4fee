"""Rule family 2 of the gate, first half: the process, its ids and flows, what each node needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.engine import attached, gateways
from service.engine.diagram import ASKING, Diagram, Flow, Node
from service.engine.errors import Problem
from service.engine.markup import is_true
from service.engine.placeholders import is_placeholder

NODE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
FLOW_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
RESERVED = frozenset({"Start", "End"})
RESERVED_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", ".Scope")
GATEWAYS = ASKING | {"parallelGateway", "eventBasedGateway"}


def problems(diagram: Diagram) -> Iterator[Problem]:
    yield from _process(diagram)
    yield from _identifiers(diagram)
    yield from _flows(diagram)
    for node in diagram.nodes.values():
        if not is_placeholder(node):
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
        *((f.id, FLOW_ID) for f in diagram.flows if f.id),
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
        if flow.condition is not None and source is not None and not _asks(source):
            yield _error(
                diagram,
                flow.id,
                "condition-place",
                f"Điều kiện trên luồng ra khỏi “{diagram.label(flow.source)}” sẽ bị bỏ qua.",
                "Đặt một cổng loại trừ (XOR) hoặc bao gồm (OR) sau phần tử đó và ghi điều kiện trên các "
                "luồng ra của cổng.",
            )


def _asks(node: Node) -> bool:
    return node.kind in ASKING or is_placeholder(node)


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
            "Đặt một cổng ngay sau: loại trừ (XOR) nếu chọn một, bao gồm (OR) nếu chọn một hay nhiều, "
            "song song (AND) nếu đi cả.",
        )
    if node.attributes.get("default") and node.kind not in ASKING:
        yield _error(
            diagram,
            node.id,
            "default-place",
            "Nhánh mặc định chỉ dùng cho cổng loại trừ (XOR) và cổng bao gồm (OR).",
            "Bỏ nhánh mặc định ở đây.",
        )
    yield from _of_its_kind(diagram, node, outgoing)


def _of_its_kind(diagram: Diagram, node: Node, outgoing: list[Flow]) -> Iterator[Problem]:
    if node.kind in ASKING:
        yield from gateways.asking(diagram, node, outgoing)
    elif node.kind == "eventBasedGateway":
        yield from gateways.event_based(diagram, node, outgoing)
    elif node.kind == "boundaryEvent":
        yield from attached.boundary(diagram, node)
    elif node.kind == "endEvent" and node.trigger is not None and node.trigger.kind == "error":
        yield from attached.raised(diagram, node, node.trigger.text)


def _error(diagram: Diagram, element: str, rule: str, message: str, remedy: str, name: str = "") -> Problem:
    return Problem(element, name or diagram.label(element), rule, "error", message, remedy)
