"""Why a form definition is refused, in words for the process owner."""

from __future__ import annotations


class InvalidForm(Exception):  # noqa: N818 - named as a fact, like every domain error
    """`problems` are Vietnamese sentences; each names the component."""

    code = "invalid-form"

    def __init__(self, origin: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"{origin}: " + " ".join(problems))
        self.origin = origin
        self.problems = problems


class UnknownForm(Exception):  # noqa: N818 - named as a fact, like every domain error
    """No packaged definition has this key."""

    code = "unknown-form"

    def __init__(self, key: str) -> None:
        super().__init__(f"Không có biểu mẫu “{key}”.")
        self.key = key
