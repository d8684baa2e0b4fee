"""Rule family 2 of the gate, for errors and boundary events: on what, and caught by whom."""

from __future__ import annotations

from collections.abc import Iterator

from service.engine.diagram import HUMAN_TASKS, SCOPES, Diagram, Node
from service.engine.errors import Problem
from service.engine.placeholders import is_placeholder

ACTIVITIES = HUMAN_TASKS | SCOPES | {"serviceTask", "receiveTask"}
FAILING = SCOPES | {"serviceTask"}


def boundary(diagram: Diagram, node: Node) -> Iterator[Problem]:
    host = diagram.nodes.get(node.attached_to)
    if host is not None and is_placeholder(host):
        return
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
    if trigger.kind == "error" and (host.kind not in FAILING or not node.interrupting):
        yield _error(
            diagram,
            node.id,
            "boundary-error",
            "Sự kiện biên Error chỉ có ở Service Task, tiến trình con, Call Activity và luôn ngắt chúng.",
            "Chuyển sang phần tử đó, hoặc dùng Timer / Message / Signal.",
        )
    twins = [
        b
        for b in (*([host] if host.kind == "receiveTask" else []), *diagram.attached[host.id])
        if b.trigger and (b.trigger.kind, b.trigger.text) == (trigger.kind, trigger.text)
    ]
    if trigger.kind in {"error", "message", "signal"} and twins[0] is not node:
        yield _error(
            diagram,
            node.id,
            "boundary-twice",
            "Nhiệm vụ này đã chờ đúng thứ đó ở một chỗ khác.",
            "Bỏ một sự kiện, hoặc đổi tên.",
        )


def raised(diagram: Diagram, node: Node, code: str) -> Iterator[Problem]:
    """An error end event ends the scopes around it up to the one that catches its code."""
    if catching(diagram, node.scope, code) is None:
        said = f" “{code}”" if code else ""
        yield _error(
            diagram,
            node.id,
            "error-uncaught",
            f"Không tiến trình con nào ở ngoài bắt lỗi{said} này.",
            "Vẽ sự kiện biên Error, cùng mã lỗi hoặc không ghi mã, trên tiến trình con hay Call Activity "
            "chứa nó; ở ngoài cùng hãy dùng kết thúc thường hoặc Terminate.",
        )


def catching(diagram: Diagram, activity: str, code: str) -> Node | None:
    """The boundary event that catches `code` when it comes out of `activity`: its own, else further out."""
    while activity in diagram.nodes:
        errors = {
            event.trigger.text: event
            for event in diagram.attached.get(activity, ())
            if event.trigger is not None and event.trigger.kind == "error"
        }
        caught = errors.get(code) or errors.get("")
        if caught is not None:
            return caught
        activity = diagram.nodes[activity].scope
    return None


def _error(diagram: Diagram, element: str, rule: str, message: str, remedy: str, name: str = "") -> Problem:
    return Problem(element, name or diagram.label(element), rule, "error", message, remedy)
