"""The token game of the BPMN that is supported here: marking → what may happen → marking.

An executable specification without SpiffWorkflow; `nets.py` says what each element is in it. A *marking* is
all that tells one moment of a case from another as far as the drawing goes: its tokens. A token rests and
waits for somebody, or is under way. Something happens from outside (`acts`), then tokens pass what needs
nobody (`passing`) until all are at rest (`settled`). The marking without tokens is the end.

Data are left open: any flow of an exclusive gateway may be taken, any timer may be due, a job may fail with
any code that is caught. Whoever knows more (the engine, a log) must have done one of the things said here.

An inclusive gateway that joins looks at what its scope holds elsewhere, so it is asked last (`selecting`):
once nothing else moves, the first drawn that need not wait.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from service.engine.nets import ENDING, ENDLESS, Marking, Net, Role, Token, tokens_in


class Act(NamedTuple):
    """What happens from outside: `kind` is complete | fail | timer | message | signal.

    `element` is the task or job done, or the event that happens; `name` that of the message or signal, or the
    code of the error ("" for every code not named).
    """

    kind: str
    element: str
    name: str = ""


class Pass(NamedTuple):
    """One token has gone by itself past `node` and along `flows`.

    `error` is the code of an error that the scope has ended with and that nothing has caught so far.
    """

    node: str
    flows: tuple[str, ...]
    after: Marking
    error: str | None = None


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
            if kind != "fail" or _may_fail(net, token, name):
                yield Act(kind, event, name), _changed(scope, gone, _after(net, token, event, times))
        if token.inside:
            for act, inside in happening(net, token.inside):
                yield act, _changed(scope, gone, (token._replace(inside=inside),))


def _may_fail(net: Net, token: Token, code: str) -> bool:
    """Whether a job at or inside `token` can fail and nothing further in catches it ("": any other code)."""
    if token.at in net.jobs:
        return True
    for inner in token.inside:
        caught = {name for kind, name in (net.events[event] for event, _ in inner.waits) if kind == "fail"}
        if not caught & {code, ""} and _may_fail(net, inner, code):
            return True
    return False


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
                yield [_outside(net, scope, token, way) for way in ways]
        elif role in ENDING:
            yield [Pass(node, (), (), net.raised.get(node))]
        elif role is Role.CHOOSE:
            yield [
                Pass(node, (flow,), _changed(scope, gone, (net.taking[flow],))) for flow in net.outputs[node]
            ]
        elif role is Role.SELECT:
            yield _selections(net, scope, node, gone)
        elif role is Role.JOIN:
            inputs = net.inputs[node]
            if all(_holds(scope, one) for one in inputs):
                yield [Pass(node, net.outputs[node], _changed(scope, inputs, net.leaving[node]))]
        elif not token.waits or role is Role.SCOPE:
            yield [Pass(node, net.outputs[node], _changed(scope, gone, net.leaving[node]))]


def _outside(net: Net, scope: Marking, token: Token, way: Pass) -> Pass:
    """A way of the inside of `token`, as it looks from `scope`."""
    if way.error is None:
        return way._replace(after=_changed(scope, (token,), (token._replace(inside=way.after),)))
    for code in (way.error, ""):
        for event, _ in token.waits:
            if net.events[event] == ("fail", code):
                return Pass(way.node, (), _changed(scope, (token,), (net.coming[event],)))
    return way  # further out; at the end the case itself has ended


def selecting(net: Net, scope: Marking) -> Iterator[list[Pass]]:
    """Per scope where nothing else moves: the ways of the first inclusive gateway that has all it may get.

    It waits as long as some token of the scope can still come along a flow that holds none, unless that token
    can come along one that does as well (BPMN 2.0, 13.4.3).
    """
    for gateway, ahead in net.ahead.items():
        held = tuple(one for one in net.inputs[gateway] if _holds(scope, one))
        flows = {one.at for one in held}
        if held and not any(ahead.get(one.at) and flows.isdisjoint(ahead[one.at]) for one in scope):
            yield _selections(net, scope, gateway, held)
            break
    for token in scope:
        for ways in selecting(net, token.inside) if token.inside else ():
            yield [_outside(net, scope, token, way) for way in ways]


def _selections(net: Net, scope: Marking, gateway: str, gone: Iterable[Token]) -> list[Pass]:
    """One way for each set of flows whose conditions may hold together, and the default alone."""
    gone, outputs = tuple(gone), net.outputs[gateway]
    asked = [flow for flow in outputs if flow != net.default[gateway]] if len(outputs) > 1 else list(outputs)
    chosen = [taken for size in range(1, len(asked) + 1) for taken in combinations(asked, size)]
    chosen += [(net.default[gateway],)] if len(asked) < len(outputs) else []
    return [
        Pass(gateway, flows, _changed(scope, gone, (net.taking[flow] for flow in flows))) for flows in chosen
    ]


def settled(
    net: Net, marking: Marking, tell: Callable[[str, Marking], None]
) -> Iterator[tuple[Marking, tuple[str, ...]]]:
    """All markings at rest that `marking` may come to, each with one way there: elements and flows passed.

    `tell` hears of each node passed and what came of it.

    Tokens move one after the other; but for those that end a scope, which of them goes first makes no
    difference to where all come to rest.
    """
    pending: list[tuple[Marking, tuple[str, ...]]] = [(marking, ())]
    seen: set[Marking] = set()
    while pending:
        now, passed = pending.pop()
        ways = moving(net, now)
        if ways is None:
            yield now, passed
            continue
        for way in ways:
            tell(way.node, way.after)
            if len(ways) > 1:  # ways that part may meet again
                if way.after in seen:
                    continue
                seen.add(way.after)
            pending.append((way.after, (*passed, way.node, *way.flows)))


def moving(net: Net, marking: Marking) -> list[Pass] | None:
    """The ways of a token that moves by itself; None where all are at rest.

    What ends a scope comes after all else; of several such, each may be the first.
    """
    ending: list[Pass] = []
    for ways in passing(net, marking):
        if net.roles[ways[0].node] not in ENDING:
            return ways
        ending.extend(ways)
    return ending or (next(selecting(net, marking), None) if net.ahead else None)


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
