"""Rule family 3 of the gate, for throwing events: a name, a payload, somebody to receive it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from service.engine.diagram import Node
from service.engine.errors import Problem
from service.engine.expressions import Type
from service.engine.structure import NODE_ID
from service.engine.texts import read_expression
from service.engine.throws import ADDRESS, EXPIRES, PAYLOAD, PROCEDURE, SENT
from service.engine.timers import NotATimer, Span
from service.engine.vocabulary import VARIABLE

if TYPE_CHECKING:
    from service.engine.content import Content

MAX_PAYLOAD = 200
OF_MESSAGES = frozenset({PROCEDURE, EXPIRES, *ADDRESS})
OF_SIGNALS = frozenset({EXPIRES})
_SCALAR = frozenset(Type) - {Type.LIST}
_CODE = frozenset({Type.STRING, Type.SCALAR, Type.ANY})
_RECEIVER = {"toCommune": _CODE, "toCase": _CODE, "toYear": _CODE | {Type.NUMBER}}
_WHAT = {"toCommune": "Xã nhận", "toYear": "Năm của hồ sơ nhận", "toCase": "Mã hồ sơ nhận"}


def problems(content: Content, node: Node) -> Iterator[Problem]:
    kind = node.trigger.kind if node.trigger is not None else ""
    sends = kind in SENT
    if kind == "message":
        yield from _receiver(content, node)
    payload = [name for name in node.properties if name.startswith(PAYLOAD)]
    if not sends:
        # Other properties are notes of whoever drew it; these promise something that would not happen.
        yield from (
            _unknown(content, node, name, kind)
            for name in (*sorted(OF_MESSAGES & {*node.properties}), *payload)
        )
        return
    known = {*payload, *(OF_MESSAGES if kind == "message" else OF_SIGNALS)}
    yield from (_unknown(content, node, name, kind) for name in node.properties if name not in known)
    if len(payload) > MAX_PAYLOAD:
        yield content.error(node.id, "throw", f"Gửi hơn {MAX_PAYLOAD} giá trị.", "Gửi ít hơn.")
    for name in payload:
        key = name.removeprefix(PAYLOAD)
        if VARIABLE.fullmatch(key) is None:
            yield content.error(
                node.id,
                "throw",
                f"“{key[:60]}” không phải là tên giá trị gửi đi.",
                "Tên chỉ gồm chữ không dấu, chữ số và “_”, ví dụ payload.decision_number.",
            )
        read = partial(read_expression, node.properties[name])
        yield from content.expression(node.id, "throw", f"Giá trị gửi đi “{key}”", read, _SCALAR)
    if EXPIRES in node.properties:
        yield from _expiry(content, node)


def _receiver(content: Content, node: Node) -> Iterator[Problem]:
    properties = node.properties
    procedure, by_case = properties.get(PROCEDURE, "").strip(), "toCase" in properties
    if not procedure and not by_case:
        yield content.error(
            node.id,
            "throw",
            "Thông điệp chưa ghi nơi nhận.",
            "Ghi toProcedure (mã quy trình nhận, ví dụ “model_village”) hoặc toCase (mã hồ sơ nhận).",
        )
    elif by_case and len(OF_MESSAGES & set(properties) - {EXPIRES}) > 1:
        yield content.error(
            node.id,
            "throw",
            "Thông điệp vừa gửi tới một hồ sơ, vừa tìm hồ sơ theo quy trình, xã hoặc năm.",
            "Giữ toCase, hoặc giữ toProcedure với toCommune và toYear.",
        )
    elif procedure and NODE_ID.fullmatch(procedure) is None:
        yield content.error(
            node.id,
            "throw",
            f"“{procedure[:60]}” không phải là mã quy trình.",
            "Ghi thẳng mã quy trình nhận ở toProcedure, không dùng biểu thức.",
        )
    for name, expects in _RECEIVER.items():
        if name in properties:
            read = partial(read_expression, properties[name])
            yield from content.expression(node.id, "throw", _WHAT[name], read, expects)


def _unknown(content: Content, node: Node, name: str, kind: str) -> Problem:
    if not kind or kind == "terminate":
        remedy = "Chọn loại Message hoặc Signal cho sự kiện này, hoặc bỏ thuộc tính."
    elif kind == "signal" and name in OF_MESSAGES:
        remedy = "Ai chờ tín hiệu thì nhận, nên bỏ nơi nhận; hoặc dùng sự kiện Message."
    else:
        also = "toProcedure, toCommune, toYear, toCase, " if kind == "message" else ""
        remedy = f"Chỉ dùng {also}expiresAfter và payload.<tên giá trị>."
    return content.error(node.id, "throw", f"Thuộc tính “{name[:60]}” không có tác dụng ở đây.", remedy)


def _expiry(content: Content, node: Node) -> Iterator[Problem]:
    text = node.properties[EXPIRES].strip()
    try:
        usable = bool(Span.parse(text))
    except NotATimer:
        usable = False
    if not usable:
        yield content.error(
            node.id,
            "throw",
            f"“{text[:60]}” không phải là khoảng thời gian ISO 8601.",
            "Ghi expiresAfter, ví dụ P30D hoặc PT4H.",
        )
