"""Why a form definition is refused, in words for the process owner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FormProblem:
    """One thing that is wrong. `path` leads to the component: its place among its siblings, outermost first.

    () is the form itself. `remedy` is "" where the sentence says already what would be right.
    """

    path: tuple[int, ...]
    sentence: str
    remedy: str = ""


class InvalidForm(Exception):  # noqa: N818 - named as a fact, like every domain error
    """`problems` are Vietnamese sentences; each names the component. `found` says of each where it is."""

    code = "invalid-form"

    def __init__(self, origin: str, found: tuple[FormProblem, ...]) -> None:
        self.problems = tuple(one.sentence for one in found)
        super().__init__(f"{origin}: " + " ".join(self.problems))
        self.origin = origin
        self.found = found


class UnknownForm(Exception):  # noqa: N818 - named as a fact, like every domain error
    """No packaged definition has this key."""

    code = "unknown-form"

    def __init__(self, key: str) -> None:
        super().__init__(f"Không có biểu mẫu “{key}”.")
        self.key = key
