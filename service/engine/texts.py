"""Texts of a diagram as expressions of our language."""

from __future__ import annotations

from service.engine.diagram import Flow
from service.engine.expressions import Expression, parse, translate_juel


def read_condition(flow: Flow) -> Expression:
    """A flow's condition in our language; a simple `${a == b}` is translated. Raises ExpressionError."""
    return read_expression(flow.condition or "")


def read_expression(text: str) -> Expression:
    stripped = text.strip()
    return parse(translate_juel(stripped) if stripped.startswith(("${", "#{")) else stripped)
