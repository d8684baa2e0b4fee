"""The token game of the BPMN that is supported here: marking → what may happen → marking.

An executable specification without SpiffWorkflow; `nets.py` says what each element is in it. A *marking* is
all that tells one moment of a case from another as far as the drawing goes: its tokens. A token rests and
waits for somebody, or is under way. Something happens from outside (`acts`), then tokens pass what needs
nobody (`passing`) until all are at rest (`settled`). The marking without tokens is the end.

Data are left open: any flow of an exclusive gateway may be taken, any timer may be due, a job may fail with
any code that is caught. Whoever knows more (the engine, a log) must have done one of the things said here.

Where the next elements go. Send task: PASS. Receive task: EVENT, waiting for itself as a catch event does.
Inclusive gateway: in `passing`, beside CHOOSE (one way for each set of flows) and beside JOIN (enough when
no other token of the scope can still reach it). Error end event: in `passing` beside TERMINATE; it ends the
scopes around it up to the activity with the boundary event for its code, which goes on as in `_after`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from service.engine.nets import ENDLESS, Marking, Net, Role, Token, tokens_in


class Act(NamedTuple):
    """What happens from outside: `kind` is complete | fail | timer | message | signal.

    `element` is the task or job done, or the event that happens; `name` that of the message or signal, or the
    code of the error ("" for every code not named).
    """

    kind: str
    element: str
    name: str = ""


class Pass(NamedTuple):
    """One token has gone by itself past `node` and along `flows`."""

    node: str
    flows: tuple[str, ...]
    after: Marking


def acts(net: Net, marking: Marking) -> Iterator[tuple[Act, Marking]]:
    """All that may happen to a marking at rest, each with a marking right after it.

    A message goes to one event, the first drawn of those that wait for it; a signal to all of them at once.
    """
    first: dict[tuple[str, str], str] = {}
    waiting = {event for token in tokens_in(marking) for event, _ in token.waits} if net.events else ()
    if waiting:
        for event, what in net.events.items():
            if event in waiting:
                first.setdefault(what, event)
    for act, after in happening(net, marking):
        if act.kind != "signal" and (act.kind != "message" or first["message", act.name] == act.element):
            yield act, after
    for (kind, name), event in first.items():
        if kind == "signal":
            yield Act(kind, event, name), _heard(net, marking, name)


def happening(net: Net, scope: Marking) -> Iterator[tuple[Act, Marking]]:
    """Each thing done and each event, as if it alone happened."""
    last = None
    for token in scope:
        if token == last:
            continue  # it makes no difference to which of two equal tokens something happens
        last, gone = token, (token,)
        if net.roles.get(token.at) is Role.TASK:
            one_less = (token._replace(left=token.left - 1),)
            after = one_less if token.left > 1 else net.leaving[token.at]
            yield Act("complete", token.at), _changed(scope, gone, after)
        for event, times in token.waits:
            kind, name = net.events[event]
            yield Act(kind, event, name), _changed(scope, gone, _after(net, token, event, times))
        if token.inside:
            for act, inside in happening(net, token.inside):
                yield act, _changed(scope, gone, (token._replace(inside=inside),))


def _after(net: Net, token: Token, event: str, times: int) -> tuple[Token, ...]:
    """What becomes of a token when one of its events happens: it goes, or stays and may wait again."""
    if event not in net.staying:
        return (net.coming[event],)
    waits = [wait for wait in token.waits if wait[0] != event]
    if times != 1:
        waits.append((event, times if times == ENDLESS else times - 1))
    return token._replace(waits=tuple(sorted(waits))), net.coming[event]


def _heard(net: Net, scope: Marking, signal: str) -> Marking:
    """Everybody has heard the signal, except those inside an activity that it interrupts."""
    after: list[Token] = []
    for token in scope:
        became: tuple[Token, ...] = (token,)
        for event, times in token.waits:
            if net.events[event] == ("signal", signal):
                became = _after(net, token, event, times)
        after.extend(
            one._replace(inside=_heard(net, one.inside, signal)) if one.at == token.at and one.inside else one
            for one in became
        )
    return tuple(sorted(after))


def passing(net: Net, scope: Marking) -> Iterator[list[Pass]]:
    """For each token that can move by itself, where it can go: one way, or several where data decide."""
    for token in [token for token in scope if token.at in net.moving]:
        node = net.moving[token.at]
        role, gone = net.roles[node], (token,)
        if token.inside:
            for ways in passing(net, token.inside):
                yield [
                    Pass(at, flows, _changed(scope, gone, (token._replace(inside=inside),)))
                    for at, flows, inside in ways
                ]
        elif role is Role.TERMINATE:
            yield [Pass(node, (), ())]
        elif role is Role.CHOOSE:
            yield [
                Pass(node, (flow,), _changed(scope, gone, (net.taking[flow],))) for flow in net.outputs[node]
            ]
        elif role is Role.JOIN:
            inputs = net.inputs[node]
            if all(_holds(scope, one) for one in inputs):
                yield [Pass(node, net.outputs[node], _changed(scope, inputs, net.leaving[node]))]
        elif not token.waits or role is Role.SCOPE:
            yield [Pass(node, net.outputs[node], _changed(scope, gone, net.leaving[node]))]


def settled(net: Net, marking: Marking, tell: Callable[[str, Marking], None]) -> Iterator[Marking]:
    """All markings at rest that `marking` may come to. `tell` hears of each node passed and what came of it.

    Tokens move one after the other; which of them goes first makes no difference to where all come to rest.
    """
    pending, seen = [marking], set[Marking]()
    while pending:
        now = pending.pop()
        ways = next(passing(net, now), None)
        if ways is None:
            yield now
            continue
        for way in ways:
            tell(way.node, way.after)
            if len(ways) > 1:  # ways that part may meet again
                if way.after in seen:
                    continue
                seen.add(way.after)
            pending.append(way.after)


def _changed(scope: Marking, gone: Iterable[Token], come: Iterable[Token]) -> Marking:
    after = list(scope)
    for token in gone:
        del after[bisect_left(after, token)]
    for token in come:
        insort(after, token)
    return tuple(after)


def _holds(scope: Marking, token: Token) -> bool:
    index = bisect_left(scope, token)
    return index < len(scope) and scope[index] == token
