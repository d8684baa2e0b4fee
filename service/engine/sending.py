"""A message or signal at the moment it is thrown: its expressions evaluated to plain values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from service.engine.codec import MAX_INTEGER, checked_scalar
from service.engine.errors import ExpressionFailed
from service.engine.expressions import Duration, Expression, Value
from service.engine.step import Scalar, Thrown
from service.engine.throws import Throw
from service.engine.timers import iso, moment


def send(
    throw: Throw, element: str, occurrence: int, now: datetime, evaluate: Callable[[Expression], Value]
) -> Thrown:
    """The message or signal thrown at `now`. Raises ExpressionFailed, InvalidValue."""
    payload = {key: _scalar(evaluate(e), element) for key, e in throw.payload.items()}
    to = {word: _address(evaluate(e), e, element) for word, e in throw.address.items()}
    if throw.procedure:
        to["procedure"] = throw.procedure
    try:
        expires = iso(throw.expires_after.after(now))
    except OverflowError as error:
        raise ExpressionFailed(f"Thời hạn chờ nhận không tính được: {error}", element=element) from None
    return Thrown(f"{element}:{occurrence}", element, throw.kind, throw.name, payload, to, expires)


def _scalar(value: Value, element: str) -> Scalar:
    """A value as the receiver's variables can hold it: dates and spans as ISO text, counts as integers."""
    if isinstance(value, datetime):
        return iso(moment(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0 and abs(value) <= MAX_INTEGER:
        return int(value)
    return checked_scalar(value, element)


def _address(value: Value, expression: Expression, element: str) -> str:
    """A receiver's code, year or id as text: sending to nobody in particular would be sending to all."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, Decimal) and value == int(value):
        return str(int(value))
    raise ExpressionFailed(
        f"Nơi nhận không xác định được: {expression.text} không cho mã đơn vị, năm hay mã hồ sơ.",
        element=element,
    )
