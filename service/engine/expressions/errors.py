"""What may go wrong with an expression, in words for the person who wrote it."""

from __future__ import annotations


class ExpressionError(Exception):
    """The text is not an expression of our language; `line` and `column` count from 1."""

    code = "invalid-expression"

    def __init__(self, message_vi: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{message_vi} (dòng {line}, cột {column})")
        self.message_vi = message_vi
        self.line = line
        self.column = column


class ExpressionFailed(Exception):  # noqa: N818 - named as a fact, like every domain error
    """The expression is well formed but could not be evaluated within its bounds."""

    code = "expression-failed"

    def __init__(self, message_vi: str) -> None:
        super().__init__(message_vi)
        self.message_vi = message_vi
