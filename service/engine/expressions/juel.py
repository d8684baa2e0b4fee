"""Conditions written for other engines, `${a == b}`, translated on import into our language."""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from service.engine.expressions.errors import ExpressionError
from service.engine.expressions.grammar import MAX_LENGTH, parse_tree
from service.engine.expressions.nodes import Call, Comparison, Junction, Literal, Name, Negative, Node
from service.engine.expressions.printing import print_tree

_WRAPPED = re.compile(r"\s*[$#]\{(.*)\}\s*", re.DOTALL)
_OPERATORS = {
    "==": "=",
    "eq": "=",
    "!=": "!=",
    "ne": "!=",
    "<": "<",
    "lt": "<",
    "<=": "<=",
    "le": "<=",
    ">": ">",
    "gt": ">",
    ">=": ">=",
    "ge": ">=",
}
_GRAMMAR = r"""
?start: either
?either: both | both (_or both)+ -> or_
?both: relation | relation (_and relation)+ -> and_
?relation: operand | operand operator operand -> comparison
?operand: ("!" | "not") operand -> not_
        | "empty" operand -> empty
        | "-" NUMBER -> minus
        | NUMBER -> number
        | STRING -> string
        | WORD -> word
        | "(" either ")"
_or: "||" | "or"
_and: "&&" | "and"
!operator: "==" | "!=" | "<=" | ">=" | "<" | ">" | "eq" | "ne" | "lt" | "le" | "gt" | "ge"
WORD: /[^\W\d]\w*(?:\.[^\W\d]\w*)*/
NUMBER: /[0-9]+(?:\.[0-9]+)?/
STRING: /"(?:[^"\\\n\r]|\\["'\\])*"|'(?:[^'\\\n\r]|\\["'\\])*'/
%ignore /\s+/
"""


def translate_juel(text: str) -> str:
    """FEEL text of a simple JUEL condition: comparisons joined by and, or, not, empty.

    Raises ExpressionError for anything else.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Biểu thức dài quá {MAX_LENGTH} ký tự.")
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is None:
        raise ExpressionError("Không phải biểu thức dạng ${…}.")
    try:
        tree = cast("Node", _parser().parse(wrapped[1]))
    except UnexpectedInput as error:
        shown = wrapped[1][:60].strip()
        raise ExpressionError(
            f"Chỉ dịch được phép so sánh, and, or, not trong ${{…}}; hãy viết lại “{shown}” bằng FEEL.",
            max(error.line, 1),
            max(error.column, 1),
        ) from None
    translated = print_tree(tree)
    # Names that are keywords only in FEEL (`in`, `then`) would read differently.
    if parse_tree(translated) != tree:
        raise ExpressionError("Biểu thức dùng tên trùng từ khóa của FEEL; hãy viết lại bằng FEEL.")
    return translated


@functools.cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder())


class _Builder(Transformer[Token, Node]):
    def or_(self, items: list[Node]) -> Node:
        return Junction("or", tuple(items))

    def and_(self, items: list[Node]) -> Node:
        return Junction("and", tuple(items))

    def operator(self, items: list[Token]) -> str:
        return _OPERATORS[items[0]]

    def comparison(self, items: list[Any]) -> Node:
        left, operator, right = items
        return Comparison(operator, left, right)

    def not_(self, items: list[Node]) -> Node:
        return Call("not", tuple(items))

    def empty(self, items: list[Node]) -> Node:
        (operand,) = items
        nothing, blank = Literal(None), Literal("")
        return Junction("or", (Comparison("=", operand, nothing), Comparison("=", operand, blank)))

    def minus(self, items: list[Token]) -> Node:
        return Negative(Literal(Decimal(str(items[0]))))

    def number(self, items: list[Token]) -> Node:
        return Literal(Decimal(str(items[0])))

    def string(self, items: list[Token]) -> Node:
        return Literal(re.sub(r"\\(.)", r"\1", items[0][1:-1]))

    def word(self, items: list[Token]) -> Node:
        word = str(items[0])
        keyword: dict[str, bool | None] = {"true": True, "false": False, "null": None}
        return Literal(keyword[word]) if word in keyword else Name(word)
