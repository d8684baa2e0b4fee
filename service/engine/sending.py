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
    throw: Throw,
    element: str,
    occurrence: int,
    *,
    name: str,
    now: datetime,
    evaluate: Callable[[Expression], Value],
) -> Thrown:
    """What the event `element`, labelled `name`, throws at `now`. Raises ExpressionFailed, InvalidValue."""
    payload = {key: _scalar(evaluate(e), element) for key, e in throw.payload.items()}
    to = {}
    for word, expression in throw.address.items():
        address = _address(evaluate(expression))
        if not address:
            raise ExpressionFailed(
                f"“{name}”: nơi nhận không xác định được, {expression.text} không cho mã đơn vị, năm hay mã "
                "hồ sơ.",
                element=element,
                name=name,
            )
        to[word] = address
    if throw.procedure:
        to["procedure"] = throw.procedure
    try:
        expires = iso(throw.expires_after.after(now))
    except OverflowError as error:
        raise ExpressionFailed(
            f"“{name}”: thời hạn chờ nhận không tính được: {error}", element=element, name=name
        ) from None
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


def _address(value: Value) -> str:
    """A receiver's code, year or id as text; "" where there is none: nobody must not become everybody."""
    if isinstance(value, str):
        return value.strip()
    return str(int(value)) if isinstance(value, Decimal) and value == int(value) else ""
