"""Values of messages, signals and jobs as somebody types them at the page."""

from __future__ import annotations

from decimal import Decimal

from service.engine.step import Scalar
from service.studio.play.acts import Act


def values_of(act: Act) -> dict[str, Scalar]:
    return {key: scalar_of(value) for key, value in act.answers.items()}


def scalar_of(text: str) -> Scalar:
    """What somebody typed as the value of a message or job: true, false, a number with comma, else text."""
    written = text.strip()
    if written in ("true", "false"):
        return written == "true"
    digits = written.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        return int(written)
    whole, comma, rest = digits.partition(",")
    if comma and (whole + rest).isascii() and whole.isdigit() and rest.isdigit() and len(digits) <= 20:
        return Decimal(written.replace(",", "."))
    return written or None
