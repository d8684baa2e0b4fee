"""Rule family 2 of the gate, second half: what can be reached, what can end, loops that never wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from service.engine.attached import catching
from service.engine.diagram import ASKING, WAITING_KINDS, Diagram, Node
from service.engine.errors import Problem
from service.engine.placeholders import is_placeholder

MAX_NESTING = 8


def problems(diagram: Diagram) -> Iterator[Problem]:
    for scope in diagram.scopes:
        yield from _scope(diagram, scope)
    yield from _automatic_loops(diagram)


def _scope(diagram: Diagram, scope: str) -> Iterator[Problem]:
    nodes = diagram.inside[scope]
    starts = [node for node in nodes if node.kind == "startEvent"]
    where = scope if nodes or scope != diagram.process else ""
    if nodes and len(starts) != 1:
        yield _error(
            diagram,
            where,
            "one-start",
            f"Có {len(starts)} sự kiện bắt đầu; cần đúng một.",
            "Giữ đúng một sự kiện bắt đầu thường.",
        )
    if not nodes and scope in diagram.nodes and diagram.nodes[scope].kind == "subProcess":
        yield _error(
            diagram, scope, "empty", "Tiến trình con rỗng.", "Vẽ các bước bên trong, hoặc thay bằng nhiệm vụ."
        )
    if nodes and not any(node.kind == "endEvent" for node in nodes):
        yield _error(
            diagram, where, "no-end", "Chưa có sự kiện kết thúc.", "Thêm ít nhất một sự kiện kết thúc."
        )
    if _nesting(diagram, scope) > MAX_NESTING:
        yield _error(
            diagram, scope, "too-deep", f"Tiến trình con lồng nhau quá {MAX_NESTING} cấp.", "Vẽ phẳng hơn."
        )
    following = {
        n.id: [f.target for f in diagram.outgoing[n.id]] + [b.id for b in diagram.attached.get(n.id, ())]
        for n in nodes
    }
    reached = _closure((node.id for node in starts), following)
    ends = [node.id for node in nodes if node.kind == "endEvent"]
    preceding: dict[str, list[str]] = {}
    for source, targets in following.items():
        for target in targets:
            preceding.setdefault(target, []).append(source)
    # `structure` names what has no way in or out; of all before and behind it that need not be said again.
    can_end = _closure((n.id for n in nodes if n.kind == "endEvent" or not following[n.id]), preceding)
    accounted = reached | _closure((n.id for n in nodes if _without_way_in(diagram, n)), following)
    for node in nodes:
        if starts and node.id not in accounted:
            yield _error(
                diagram,
                node.id,
                "unreachable",
                "Không đường nào từ bắt đầu dẫn tới phần tử này.",
                "Nối nó vào quy trình, hoặc xóa.",
            )
    if ends:
        caught = [node.id for node in nodes if node.id in reached and node.id not in can_end]
        yield from _caught_in_loops(diagram, caught, following)


def _caught_in_loops(
    diagram: Diagram, caught: list[str], following: Mapping[str, list[str]]
) -> Iterator[Problem]:
    """Each loop without a way out, said once: at a gateway that has but one flow left, else where it begins.

    `caught` are the elements from which no end can be reached, in the order of the file.
    """
    ahead = {node: _closure(following[node], following) for node in caught}
    told: set[str] = set()
    for node in caught:
        # In the last loop of the way everything that can be reached leads back.
        loop = [one for one in caught if one in ahead[node]]
        if node in told or node not in ahead[node] or any(node not in ahead[one] for one in loop):
            continue
        told |= {node, *loop}
        lost = [one for one in loop if diagram.nodes[one].kind in ASKING and len(diagram.outgoing[one]) == 1]
        others = sum(1 for one in caught if one not in loop and node in ahead[one]) + len(loop) - 1
        yield _error(
            diagram,
            (lost or [node])[0],
            "cannot-end",
            "Từ phần tử này không đi tới được sự kiện kết thúc nào"
            + (f"; {others} phần tử trước nó cũng vậy." if others else "."),
            "Nối thêm một đường ra khỏi vòng này, tới bước tiếp theo hoặc tới kết thúc.",
        )


def _without_way_in(diagram: Diagram, node: Node) -> bool:
    return node.kind not in {"startEvent", "boundaryEvent"} and not diagram.incoming.get(node.id)


def _nesting(diagram: Diagram, scope: str) -> int:
    depth = 0
    while scope in diagram.nodes and depth <= MAX_NESTING:
        scope, depth = diagram.nodes[scope].scope, depth + 1
    return depth


def _closure(first: Iterable[str], following: Mapping[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(first)
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead.extend(following.get(node, ()))
    return seen


def _automatic_loops(diagram: Diagram) -> Iterator[Problem]:
    """A cycle through elements that never wait would run for ever within one step."""
    following = _without_waiting(diagram)
    waiting_for = dict.fromkeys(following, 0)
    for targets in following.values():
        for target in targets:
            waiting_for[target] += 1
    free = [n for n, count in waiting_for.items() if count == 0]
    while free:
        node = free.pop()
        for target in following.pop(node):
            waiting_for[target] -= 1
            if waiting_for[target] == 0:
                free.append(target)
    # What is left lies on or behind a cycle; name one element that is really on it.
    seen: set[str] = set()
    for node, targets in following.items():
        if node not in seen:
            on_cycle = _closure(targets, following)
            seen |= on_cycle
            if node in on_cycle:
                yield _error(
                    diagram,
                    node,
                    "automatic-loop",
                    "Vòng lặp này không chờ ai: máy sẽ quay mãi.",
                    "Đặt trong vòng một nhiệm vụ của người, một Timer, một Message hoặc một Signal.",
                )


def _without_waiting(diagram: Diagram) -> dict[str, list[str]]:
    """Where a token goes from each element that it may pass within one step."""
    passed = {
        node.id
        for node in diagram.nodes.values()
        if node.kind not in WAITING_KINDS | {"boundaryEvent"} and not is_placeholder(node)
    }
    passed -= {*diagram.scopes}
    failing: dict[str, list[str]] = {}  # a scope that an error ends at once -> the events that catch it

    def after(node: str) -> list[str]:
        flows = [flow.target for flow in diagram.outgoing[node]] if node in passed else []
        return [*flows, *failing.get(node, ())]

    for scope in reversed(diagram.scopes[1:]):  # inner sub-processes first: their answer is needed outside
        nodes = diagram.inside[scope]
        crossed = _closure(
            (n.id for n in nodes if n.kind == "startEvent"), {n.id: after(n.id) for n in nodes}
        )
        ends = [n for n in nodes if n.id in crossed and n.kind == "endEvent"]
        if any(end.trigger is None or end.trigger.kind != "error" for end in ends):
            passed.add(scope)
        for event in _caught(diagram, ends):
            failing.setdefault(event.attached_to, []).append(event.id)
            passed.add(event.id)
    free = passed | failing.keys()
    return {n: [t for t in after(n) if t in free] for n in diagram.nodes if n in free}


def _caught(diagram: Diagram, ends: Iterable[Node]) -> Iterator[Node]:
    """The events that catch what error end events throw."""
    for end in ends:
        if end.trigger is not None and end.trigger.kind == "error":
            event = catching(diagram, end.scope, end.trigger.text)
            if event is not None:
                yield event


def _error(diagram: Diagram, element: str, rule: str, message: str, remedy: str, name: str = "") -> Problem:
    return Problem(element, name or diagram.label(element), rule, "error", message, remedy)
