"""Call activities: the called process is drawn into the caller, so that one case runs both.

What is called is given as bytes by its key and becomes part of the definition's content hash: a later
version of the called process changes nothing for cases that run. See docs/decisions/0011.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from service.engine import allowlist, reachability, structure
from service.engine.diagram import Diagram, Node
from service.engine.errors import InvalidDiagram, Problem
from service.engine.markup import refused
from service.engine.reading import read_diagram

CALL = "callActivity"
SHOWN_CLASHES = 5


@dataclass(slots=True)
class Linked:
    """`diagram` with all it calls drawn in; `calls` are keys by call activity, `used` the bytes by key.

    `within` names, for each element that came in, the call activity of the outermost process it lies in.
    """

    diagram: Diagram
    calls: dict[str, str] = field(default_factory=dict)
    used: dict[str, bytes] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def located(self, problem: Problem) -> Problem:
        """A problem of a called process, said of the call activity: that is what the caller's file shows."""
        call = self.within.get(problem.element)
        return problem if call is None else _inside(self.diagram, call, self.calls[call], problem)

    def content_hash(self, xml: bytes) -> str:
        """SHA-256 of the file; where it calls others, of its hash and theirs, each under its key."""
        own = hashlib.sha256(xml).hexdigest()
        if not self.used:
            return own
        pins = [f"{key} {hashlib.sha256(self.used[key]).hexdigest()}" for key in sorted(self.used)]
        return hashlib.sha256("\n".join([own, *pins]).encode()).hexdigest()


def called_keys(xml: bytes) -> tuple[str, ...]:
    """The keys of the processes that the diagram in `xml` calls itself, in the order of the file.

    What these call in turn must be given to `check` and `compile_definition` as well. Empty for what cannot
    be read: `check` says why.
    """
    try:
        diagram = read_diagram(xml)
    except InvalidDiagram:
        return ()
    keys = (_key(node) for node in diagram.nodes.values() if node.kind == CALL)
    return tuple(dict.fromkeys(key for key in keys if key))


def by_key(diagrams: Iterable[bytes]) -> dict[str, bytes]:
    """Diagrams by the key of their process, as `check` wants those that may be called.

    What cannot be read is left out.
    """
    found: dict[str, bytes] = {}
    for xml in diagrams:
        with suppress(InvalidDiagram):
            found[read_diagram(xml).process] = xml
    return found


def link(diagram: Diagram, called: Mapping[str, bytes], *, published: bool = False) -> Linked:
    """Draw every called process into its call activity. What cannot be is a problem and stays empty.

    `published` diagrams were accepted before: whatever the rules say now, they are drawn in.
    """
    return _Linker(called, published).link(diagram, (diagram.process,))


class _Linker:
    """Walks from caller to called; `seen` are the keys met anywhere, each looked at once."""

    def __init__(self, called: Mapping[str, bytes], published: bool) -> None:
        self.called, self.published = called, published
        self.seen: set[str] = set()

    def link(self, diagram: Diagram, chain: tuple[str, ...]) -> Linked:
        linked = Linked(diagram)
        for node in [node for node in diagram.nodes.values() if node.kind == CALL]:
            key = _key(node)
            problem = self._refused(diagram, node, key, chain)
            if problem is not None:
                linked.problems.append(problem)
                continue
            self.seen.add(key)
            try:
                inner = self._called_process(key, chain)
            except InvalidDiagram as broken:
                linked.problems.extend(_inside(diagram, node.id, key, p) for p in broken.problems)
            else:
                problems = [] if self.published else _problems(linked, key, inner)
                if problems:
                    linked.problems.extend(_inside(diagram, node.id, key, p) for p in problems)
                else:
                    _draw_in(linked, node, key, self.called[key], inner)
        return linked

    def _called_process(self, key: str, chain: tuple[str, ...]) -> Linked:
        diagram = read_diagram(self.called[key])
        if diagram.process != key:
            raise refused(
                "unknown-called-process",
                f"Tệp được đưa ra là quy trình “{diagram.process}”.",
                f"Đưa ra đúng tệp của quy trình “{key}”.",
            )
        return self.link(diagram, (*chain, key))

    def _refused(self, diagram: Diagram, node: Node, key: str, chain: tuple[str, ...]) -> Problem | None:
        """Why this call cannot be made, before the called process is even looked at."""
        rule, message, remedy = self._objection(node, key, chain)
        return _error(diagram, node, rule, message, remedy) if rule else None

    def _objection(  # noqa: PLR0911 - one sentence per reason
        self, node: Node, key: str, chain: tuple[str, ...]
    ) -> tuple[str, str, str]:
        """Rule, message and remedy; three empty texts where nothing speaks against the call."""
        if structure.NODE_ID.fullmatch(key) is None:
            return (
                "called-element",
                "Call Activity chưa ghi quy trình được gọi.",
                "Ghi mã quy trình ở Called element, ví dụ “support”; không dùng biểu thức.",
            )
        if node.attributes.get("camunda:calledElementBinding", "deployment") != "deployment":
            return (
                "called-element",
                "Phiên bản của quy trình được gọi luôn được chốt khi ban hành.",
                "Bỏ Binding, hoặc chọn “deployment”.",
            )
        if key in chain:
            way = " › ".join(f"“{k}”" for k in (*chain[chain.index(key) :], key))
            return (
                "recursive-call",
                f"Quy trình gọi lại chính nó: {way}.",
                "Vẽ vòng lặp bằng cổng loại trừ (XOR) trong một quy trình.",
            )
        if key in self.seen:
            return (
                "called-twice",
                f"Quy trình “{key}” được gọi ở nhiều nơi, mà mỗi bước của nó chỉ có một mã.",
                "Giữ một Call Activity cho quy trình này và dẫn các nhánh tới đó bằng cổng XOR.",
            )
        if key not in self.called:
            known = ", ".join(sorted(self.called))
            return (
                "unknown-called-process",
                f"Không có quy trình “{key}” để gọi.",
                f"Chọn một trong: {known}." if known else f"Ban hành quy trình “{key}” trước, rồi gọi nó.",
            )
        if len(chain) > reachability.MAX_NESTING:
            return (
                "too-deep",
                f"Các quy trình gọi nhau quá {reachability.MAX_NESTING} cấp.",
                "Vẽ phẳng hơn.",
            )
        return "", "", ""


def _key(node: Node) -> str:
    return node.attributes.get("calledElement", "").strip()


def _draw_in(linked: Linked, node: Node, key: str, xml: bytes, inner: Linked) -> None:
    linked.calls[node.id] = key
    linked.calls.update(inner.calls)
    linked.used[key] = xml
    linked.used.update(inner.used)
    came = [*inner.diagram.nodes, *(flow.id for flow in inner.diagram.flows)]
    linked.within.update(dict.fromkeys(came, node.id))
    linked.diagram = _merged(linked.diagram, node, inner.diagram)


def _problems(linked: Linked, key: str, inner: Linked) -> list[Problem]:
    """Errors of the called process whoever calls it; what it says is looked at together with the caller."""
    return [*inner.problems, *_own_problems(inner), *_clashes(linked, key, inner)]


def _own_problems(inner: Linked) -> Iterator[Problem]:
    found = [
        *allowlist.problems(inner.diagram),
        *structure.problems(inner.diagram),
        *reachability.problems(inner.diagram),
    ]
    yield from (inner.located(problem) for problem in found if problem.severity == "error")


def _clashes(linked: Linked, key: str, inner: Linked) -> Iterator[Problem]:
    diagram = linked.diagram
    own = {diagram.process, *diagram.nodes, *(flow.id for flow in diagram.flows)}
    theirs = [*inner.diagram.nodes, *(flow.id for flow in inner.diagram.flows)]
    clashing = [identifier for identifier in theirs if identifier in own]
    if clashing:
        shown = ", ".join(f"“{identifier}”" for identifier in clashing[:SHOWN_CLASHES])
        more = f" và {len(clashing) - SHOWN_CLASHES} mã khác" if len(clashing) > SHOWN_CLASHES else ""
        yield Problem(
            "",
            "",
            "called-id-clash",
            "error",
            f"Mã {shown}{more} có ở cả nơi gọi và quy trình được gọi.",
            f"Đổi mã trong một quy trình, ví dụ thêm tiền tố “{key}_”.",
        )


def _merged(diagram: Diagram, call: Node, inner: Diagram) -> Diagram:
    """`diagram` with the nodes of `inner` right behind `call`, as if it were an embedded sub-process."""
    nodes: dict[str, Node] = {}
    for node in diagram.nodes.values():
        nodes[node.id] = replace(node, order=len(nodes))
        if node.id == call.id:
            for drawn in inner.nodes.values():
                scope = call.id if drawn.scope == inner.process else drawn.scope
                lane = drawn.lane or call.lane
                nodes[drawn.id] = replace(drawn, scope=scope, lane=lane, order=len(nodes))
    flows = (
        replace(flow, scope=call.id if flow.scope == inner.process else flow.scope) for flow in inner.flows
    )
    return replace(
        diagram, nodes=nodes, flows=(*diagram.flows, *flows), lanes={**inner.lanes, **diagram.lanes}
    )


def _inside(diagram: Diagram, call: str, key: str, problem: Problem) -> Problem:
    where = f"“{problem.name or problem.element}” ({problem.element}): " if problem.element else ""
    return Problem(
        call,
        diagram.label(call),
        problem.rule,
        problem.severity,
        f"Trong quy trình được gọi “{key}”: {where}{problem.message}",
        problem.remedy,
    )


def _error(diagram: Diagram, node: Node, rule: str, message: str, remedy: str) -> Problem:
    return Problem(node.id, diagram.label(node.id), rule, "error", message, remedy)
