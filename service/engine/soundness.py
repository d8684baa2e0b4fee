"""Rule family 4 of the gate: does every case end, is everything reached, does nobody overwrite another?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.engine.diagram import HUMAN_TASKS, Diagram
from service.engine.errors import Problem
from service.engine.exploration import Explorer
from service.engine.nets import Marking
from service.engine.program import expressions_of

SHOWN_STEPS = 12


def problems(diagram: Diagram) -> Iterator[Problem]:
    """Cases that would wait for ever, elements never reached, writers that race; or that it is unknown."""
    verdict = _Verdict(diagram)
    verdict.explore()
    yield from verdict.findings()


class _Verdict(Explorer):
    """An exploration and what is wrong in it, told with the way that leads there."""

    def findings(self) -> Iterator[Problem]:
        for node, marking in self.racing.items():
            yield self._race(node, self._story(marking))
        for marking in self._stuck():
            yield self._problem(
                next(self.waiting(marking), marking[0].at),
                "never-completes",
                f"Hồ sơ sẽ chờ mãi ở đây: không phải nhánh nào cũng tới. {self._story(marking)}",
                "Gộp các nhánh của cổng loại trừ (XOR) bằng cổng XOR; cổng song song (AND) chỉ gộp "
                "những nhánh do cổng AND tách ra.",
            )
        if not self.complete:
            yield Problem(
                self.diagram.process,
                self.diagram.name,
                "too-complex",
                "warning",
                f"Sơ đồ có quá nhiều trạng thái (hơn {len(self.came_from)}), "
                "chưa chứng minh được là luôn kết thúc.",
                "Giảm số nhánh song song hoặc tách thành tiến trình con.",
            )
        elif not self.racing and not any(True for _ in self._stuck()):
            for identifier in self.diagram.nodes:
                if identifier not in self.visited:
                    yield self._problem(
                        identifier,
                        "dead",
                        "Không cách chạy nào tới được phần tử này.",
                        "Sửa các cổng phía trước, hoặc xóa.",
                    )

    def _race(self, identifier: str, story: str) -> Problem:
        """Two tokens at once are a mistake where they write one variable, and worth a look anywhere."""
        node = self.diagram.nodes[identifier]
        if node.kind in HUMAN_TASKS and identifier not in self._read_elements():
            return Problem(
                identifier,
                self.diagram.label(identifier),
                "twice-at-once",
                "warning",
                f"Nhiệm vụ này có thể mở hai lần cùng lúc. {story}",
                "Nếu không muốn vậy, hãy gộp các nhánh song song trước nhiệm vụ.",
            )
        return self._problem(
            identifier,
            "parallel-writers",
            f"Có thể chạy hai lần cùng lúc, lần sau ghi đè biến của lần trước. {story}",
            "Vẽ để mỗi nhánh song song ghi biến riêng, hoặc gộp nhánh trước phần tử này.",
        )

    def _read_elements(self) -> set[str]:
        """Elements whose answers some condition, due date or timer reads."""
        found: set[str] = set()
        for expression in expressions_of(self.diagram):
            found.update(name.rpartition(".")[0] for name in expression.names)
        return found

    def _stuck(self) -> Iterator[Marking]:
        """At most one marking from which no way leads to the end: a dead one first."""
        dead = next((m for m, after in self.successors.items() if m and not after), None)
        if dead is not None:
            yield dead
            return
        if not self.complete:
            return
        before: dict[Marking, list[Marking]] = {}
        for marking, after in self.successors.items():
            for following in after:
                before.setdefault(following, []).append(marking)
        ending: set[Marking] = set()
        ahead: list[Marking] = [()]
        while ahead:
            marking = ahead.pop()
            if marking not in ending:
                ending.add(marking)
                ahead.extend(before.get(marking, ()))
        lost = next((m for m in self.successors if m not in ending), None)
        if lost is not None:
            yield lost

    def _story(self, marking: Marking) -> str:
        steps: list[str] = []
        at: Marking | None = marking
        while at is not None:
            at, name = self.came_from[at]
            if name:
                steps.append(f"“{self.diagram.label(name)}”")
        shown = self._shortened(list(reversed(steps)))
        return f"Ví dụ: {' → '.join(shown)}." if shown else "Xảy ra ngay khi bắt đầu."

    @staticmethod
    def _shortened(steps: Iterable[str]) -> list[str]:
        listed = list(steps)
        return listed if len(listed) <= SHOWN_STEPS else ["…", *listed[-SHOWN_STEPS:]]

    def _problem(self, element: str, rule: str, message: str, remedy: str) -> Problem:
        return Problem(element, self.diagram.label(element), rule, "error", message, remedy)
