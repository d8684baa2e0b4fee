# ruff: noqa: N818 - errors are named as facts, like every domain error
"""The domain words for what evaluation refuses; every message is a Vietnamese sentence for a person."""


class EvaluationError(Exception):
    """Base of everything this package raises on purpose."""

    code = "evaluation-error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TypingError(EvaluationError):
    """A result that cannot be what its author meant: above 100 %, negative, or far too long."""

    code = "result-typing-error"


class DecisionRefused(EvaluationError):
    """A person's decision that the rules do not allow: without a reason, or against a clear value."""

    code = "decision-refused"


class UnknownCriterion(EvaluationError):
    code = "unknown-criterion"


class DuplicateCriterion(EvaluationError):
    code = "duplicate-criterion"


class UnknownYear(EvaluationError):
    code = "unknown-year"


class IndexRefused(EvaluationError):
    """An index score that cannot be right, or that does not name the document it comes from."""

    code = "index-refused"


class CatalogueError(EvaluationError):
    """A catalogue that must not be used; the message names the file, the place and the remedy."""

    code = "catalogue-invalid"


class YamlRefused(EvaluationError):
    """YAML that is not read: malformed, too big, or using constructs that hostile files are made of."""

    code = "yaml-refused"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line
