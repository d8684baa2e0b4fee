"""What a throwing event sends: its payload, receiver and expiry, as properties of the event say.

    payload.<key>    an expression; the receiver finds its value as <event>.<key>
    toProcedure      the key of the receiver's procedure; toCommune and toYear are expressions for another
                     commune (code) or year than the sender's own
    toCase           an expression for the receiver's id, instead of the three above
    expiresAfter     ISO 8601 duration from the moment of sending; 30 days where absent

A signal has a payload and an expiry only: whoever waits for it hears it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from service.engine.diagram import Node
from service.engine.expressions import Expression
from service.engine.texts import read_expression
from service.engine.timers import Span

THROWING = frozenset({"intermediateThrowEvent", "sendTask", "endEvent"})
SENT = frozenset({"message", "signal"})
PAYLOAD = "payload."
PROCEDURE = "toProcedure"
# Properties with an expression for the receiver, and the word for it in `Thrown.to`.
ADDRESS: Mapping[str, str] = {"toCommune": "commune", "toYear": "year", "toCase": "case"}
EXPIRES = "expiresAfter"
EXPIRES_AFTER = "P30D"


@dataclass(frozen=True, slots=True)
class Throw:
    """`address` are expressions for the receiver's commune, year or case."""

    kind: Literal["message", "signal"]
    name: str
    payload: Mapping[str, Expression]
    procedure: str
    address: Mapping[str, Expression]
    expires_after: Span

    def expressions(self) -> Iterator[Expression]:
        yield from self.payload.values()
        yield from self.address.values()


def read_throw(node: Node) -> Throw | None:
    """What `node` throws; None for an event that sends nothing. Raises ExpressionError, NotATimer."""
    trigger = node.trigger
    if node.kind not in THROWING or trigger is None or trigger.kind not in SENT:
        return None
    properties = node.properties
    return Throw(
        cast("Literal['message', 'signal']", trigger.kind),
        trigger.text,
        {
            name.removeprefix(PAYLOAD): read_expression(text)
            for name, text in properties.items()
            if name.startswith(PAYLOAD)
        },
        properties.get(PROCEDURE, "").strip(),
        {word: read_expression(properties[name]) for name, word in ADDRESS.items() if name in properties},
        Span.parse(properties.get(EXPIRES, EXPIRES_AFTER).strip()),
    )
