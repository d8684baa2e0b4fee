"""Rule family 4 of the gate: does every case end, is everything reached, does nobody overwrite another?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from service.engine.diagram import HUMAN_TASKS, Diagram
from service.engine.errors import Happening, Problem
from service.engine.exploration import Explorer
from service.engine.nets import Marking
from service.engine.program import readable_expressions

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
            yield self._race(node, marking)
        stuck = self._stuck()
        if stuck is not None:
            yield self._never_completes(stuck)
        if not self.complete:
            yield Problem(
                self.diagram.process,
                self.diagram.name,
                "too-complex",
                "warning",
                f"Sơ đồ có quá nhiều trạng thái (hơn {len(self.came)}), "
                "chưa chứng minh được là luôn kết thúc.",
                "Giảm số nhánh song song hoặc tách thành tiến trình con.",
            )
        elif not self.racing and stuck is None:
            for identifier in self.diagram.nodes:
                if identifier not in self.visited:
                    yield self._problem(
                        identifier,
                        "dead",
                        "Không cách chạy nào tới được phần tử này.",
                        "Sửa các cổng phía trước; nếu nó chờ tín hiệu ngắt cả phần chứa nó, hãy đổi tên tín "
                        "hiệu; hoặc xóa.",
                    )

    def _never_completes(self, marking: Marking) -> Problem:
        if not self.successors[marking]:
            return self._problem(
                next(self.waiting(marking), marking[0].at),
                "never-completes",
                f"Hồ sơ sẽ chờ mãi ở đây: không phải nhánh nào cũng tới. {self._story(marking)}",
                "Gộp các nhánh của cổng loại trừ (XOR) bằng cổng XOR; cổng song song (AND) chỉ gộp "
                "những nhánh do cổng AND tách ra; các nhánh của cổng bao gồm (OR) gộp bằng cổng OR.",
                marking,
            )
        return self._problem(
            marking[0].at,
            "never-ends",
            f"Từ đây hồ sơ còn chạy nhưng không cách nào kết thúc. {self._story(marking)}",
            "Vẽ một đường ra khỏi vòng lặp tới sự kiện kết thúc.",
            marking,
        )

    def _race(self, identifier: str, marking: Marking) -> Problem:
        """Two tokens at once are a mistake, unless the second came by another round of the same way."""
        node = self.diagram.nodes[identifier]
        if node.kind in HUMAN_TASKS and identifier not in self._read_elements():
            example = self.example(marking)
            return Problem(
                identifier,
                self.diagram.label(identifier),
                "twice-at-once",
                "warning" if self._comes_again(example) else "error",
                f"Nhiệm vụ này có thể mở hai lần cùng lúc. {self._story(marking)}",
                "Gộp các nhánh song song bằng cổng song song (AND) trước nhiệm vụ; nếu cần nhiều người "
                "làm cùng lúc thì đặt nhiệm vụ làm nhiều lần (multi-instance).",
                example,
            )
        return self._problem(
            identifier,
            "parallel-writers",
            f"Có thể chạy hai lần cùng lúc, lần sau ghi đè biến của lần trước. {self._story(marking)}",
            "Vẽ để mỗi nhánh song song ghi biến riêng, hoặc gộp nhánh trước phần tử này.",
            marking,
        )

    def _comes_again(self, example: Sequence[Happening]) -> bool:
        """Whether a loop led over the same fork twice, or work beside work, such as a reminder, began.

        Whoever draws so lets a former round go on; two tokens out of one passing of a fork are another thing.
        """
        passed = Counter(element for step in example for element in step.path)
        forks = (one for one, out in self.diagram.outgoing.items() if len(out) > 1 and self._forks(one))
        beside = any(step.element in self.net.staying for step in example)
        return beside or any(passed[fork] > 1 for fork in forks)

    def _forks(self, element: str) -> bool:
        return self.diagram.nodes[element].kind not in ("exclusiveGateway", "eventBasedGateway")

    def _read_elements(self) -> set[str]:
        """Elements whose answers some condition, due date or timer reads."""
        found: set[str] = set()
        for expression in readable_expressions(self.diagram):
            found.update(name.rpartition(".")[0] for name in expression.names)
        return found

    def _stuck(self) -> Marking | None:
        """A marking from which no way leads to the end, if there is one: a dead one first."""
        dead = next((m for m, after in self.successors.items() if m and not after), None)
        if dead is not None or not self.complete:
            return dead
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
        return next((m for m in self.successors if m not in ending), None)

    def _story(self, marking: Marking) -> str:
        steps = [f"“{self.diagram.label(step.element)}”" for step in self.example(marking) if step.element]
        shown = steps if len(steps) <= SHOWN_STEPS else ["…", *steps[-SHOWN_STEPS:]]
        return f"Ví dụ: {' › '.join(shown)}." if shown else "Xảy ra ngay khi bắt đầu."

    def _problem(
        self, element: str, rule: str, message: str, remedy: str, marking: Marking | None = None
    ) -> Problem:
        example = () if marking is None else self.example(marking)
        return Problem(element, self.diagram.label(element), rule, "error", message, remedy, example)
