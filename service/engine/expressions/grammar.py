"""Text to tree: the grammar (LALR, so the time is linear) and the builder of our own nodes."""

from __future__ import annotations

import functools
import re
import unicodedata
from decimal import Decimal
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from service.engine.expressions.errors import ExpressionError
from service.engine.expressions.nodes import (
    MAX_DEPTH,
    Arithmetic,
    Between,
    Call,
    Comparison,
    If,
    In,
    Interval,
    Junction,
    ListOf,
    Literal,
    Name,
    Negative,
    Node,
    Position,
    UnaryTest,
)
from service.engine.expressions.values import MAX_DIGITS, MAX_MAGNITUDE

MAX_LENGTH = 2_000

# Function names may hold spaces; these also hold a keyword, so they are spelt out for the lexer.
_WITH_KEYWORD = ("date and time", "get or else")
_WORD = r"(?!(?:if|then|else|and|or|in|between|true|false|null)\b)[^\W\d]\w*"
_FUNCTION = "|".join(name.replace(" ", r"\s+") for name in _WITH_KEYWORD) + rf"|{_WORD}(?:\s+{_WORD}){{0,4}}"

GRAMMAR = rf"""
?start: choice
?choice: _IF choice _THEN choice _ELSE choice -> if_
       | either
?either: both | both (_OR both)+ -> or_
?both: relation | relation (_AND relation)+ -> and_
?relation: sum
         | sum comparator sum -> comparison
         | sum _BETWEEN sum _AND sum -> between
         | sum _IN tests -> in_
!comparator: "=" | "!=" | "<" | "<=" | ">" | ">="
tests: test | "(" test ("," test)+ ")" | "(" unary ")"
?test: sum | interval | unary
unary: comparator sum
!interval: ("(" | "[" | "]") sum ".." sum (")" | "]" | "[")
?sum: product | sum "+" product -> add | sum "-" product -> subtract
?product: power | product "*" power -> multiply | product "/" power -> divide
?power: signed | power "**" signed -> raise_
?signed: primary | MINUS signed -> negative
?primary: NUMBER -> number
        | STRING -> string
        | TRUE -> true
        | FALSE -> false
        | NULL -> null
        | FUNCTION "(" [choice ("," choice)*] ")" -> call
        | NAME -> name
        | LSQB [choice ("," choice)*] "]" -> list_
        | "(" choice ")"

_IF: "if"
_THEN: "then"
_ELSE: "else"
_AND: "and"
_OR: "or"
_IN: "in"
_BETWEEN: "between"
TRUE: "true"
FALSE: "false"
NULL: "null"
MINUS: "-"
LSQB: "["
FUNCTION.2: /(?:{_FUNCTION})(?=\s*\()/
NAME: /[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*/
NUMBER: /\d+(?:\.\d+)?|\.\d+/
STRING: /"(?:[^"\\\n\r]|\\[^\n\r])*"/
%ignore /\s+/
"""

_STRING = re.compile(r'"(?:[^"\\\n\r]|\\[^\n\r])*"')
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "'": "'"}
_ASCII_NUMBER = re.compile(r"[0-9]*\.?[0-9]+", re.ASCII)


def parse_tree(text: str) -> Node:
    """The tree of one expression; raises ExpressionError naming line and column."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Biểu thức dài quá {MAX_LENGTH} ký tự.")
    if any("\ud800" <= c <= "\udfff" or c == "\0" for c in text):
        raise ExpressionError("Biểu thức có ký tự không hợp lệ.")
    if not text.strip():
        raise ExpressionError("Biểu thức đang để trống.")
    _refuse_deep_brackets(text)
    try:
        return cast("Node", _parser().parse(unicodedata.normalize("NFC", text)))
    except UnexpectedInput as error:
        raise _in_words(error) from None


def _refuse_deep_brackets(text: str) -> None:
    """Brackets vanish from the tree, so they are counted in the text, outside its strings."""
    depth, outside = 0, _STRING.sub(lambda match: " " * len(match[0]), text)
    for index, character in enumerate(outside):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_DEPTH:
            line, column = outside.count("\n", 0, index) + 1, index - outside.rfind("\n", 0, index)
            raise ExpressionError(f"Biểu thức lồng nhau quá {MAX_DEPTH} lớp; hãy tách nhỏ.", line, column)


@functools.cache
def _parser() -> Lark:
    # The basic lexer: keywords stay keywords everywhere, so `and = 3` is an error and not a variable.
    return Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder(), propagate_positions=False)


def _in_words(error: UnexpectedInput) -> ExpressionError:
    if isinstance(error, UnexpectedCharacters):
        return ExpressionError(f"Không hiểu ký tự “{error.char}”.", error.line, error.column)
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token = error.token
        shown = str(token) if len(token) <= 40 else f"{token[:40]}…"
        return ExpressionError(f"Không hiểu “{shown}” ở vị trí này.", token.line or 1, token.column or 1)
    last = getattr(error, "token", None)
    line, column = getattr(last, "line", None) or 1, getattr(last, "column", None) or 1
    return ExpressionError("Biểu thức chưa kết thúc.", line, column)


def _at(token: Token) -> Position:
    return Position(token.line or 1, token.column or 1)


class _Builder(Transformer[Token, Node]):
    """Called bottom-up by the parser at each reduction: no recursion, whatever the input."""

    def number(self, items: list[Token]) -> Node:
        (token,) = items
        if not _ASCII_NUMBER.fullmatch(token):
            raise ExpressionError(f"Không hiểu số “{token[:40]}”.", *_at(token))
        number = Decimal(str(token))
        if len(number.as_tuple().digits) > MAX_DIGITS or (number and number.adjusted() < -MAX_MAGNITUDE):
            raise ExpressionError(f"Số dài quá {MAX_DIGITS} chữ số.", *_at(token))
        return Literal(number, at=_at(token))

    def string(self, items: list[Token]) -> Node:
        (token,) = items
        return Literal(_unescape(token), at=_at(token))

    def true(self, items: list[Token]) -> Node:
        return Literal(value=True, at=_at(items[0]))

    def false(self, items: list[Token]) -> Node:
        return Literal(value=False, at=_at(items[0]))

    def null(self, items: list[Token]) -> Node:
        return Literal(None, at=_at(items[0]))

    def name(self, items: list[Token]) -> Node:
        (token,) = items
        return Name(re.sub(r"\s+", "", token), at=_at(token))

    def call(self, items: list[Any]) -> Node:
        token, *arguments = items
        name = re.sub(r"\s+", " ", token)
        return Call(name, tuple(a for a in arguments if a is not None), at=_at(token))

    def list_(self, items: list[Any]) -> Node:
        token, *members = items
        return ListOf(tuple(m for m in members if m is not None), at=_at(token))

    def negative(self, items: list[Any]) -> Node:
        minus, operand = items
        return Negative(operand, at=_at(minus))

    def add(self, items: list[Node]) -> Node:
        return self._arithmetic("+", items)

    def subtract(self, items: list[Any]) -> Node:
        return self._arithmetic("-", [items[0], items[-1]])

    def multiply(self, items: list[Node]) -> Node:
        return self._arithmetic("*", items)

    def divide(self, items: list[Node]) -> Node:
        return self._arithmetic("/", items)

    def raise_(self, items: list[Node]) -> Node:
        return self._arithmetic("**", items)

    def _arithmetic(self, operator: str, items: list[Node]) -> Node:
        left, right = items
        return Arithmetic(operator, left, right, at=left.at)

    def comparator(self, items: list[Token]) -> Token:
        return items[0]

    def comparison(self, items: list[Any]) -> Node:
        left, operator, right = items
        return Comparison(str(operator), left, right, at=left.at)

    def between(self, items: list[Node]) -> Node:
        operand, low, high = items
        return Between(operand, low, high, at=operand.at)

    def unary(self, items: list[Any]) -> Node:
        operator, operand = items
        return UnaryTest(str(operator), operand, at=_at(operator))

    def interval(self, items: list[Any]) -> Node:
        lower, low, _dots, high, upper = items
        return Interval(low, high, lower == "[", upper == "]", at=_at(lower))

    def tests(self, items: list[Node]) -> tuple[Node, ...]:
        return tuple(items)

    def in_(self, items: list[Any]) -> Node:
        operand, tests = items
        return In(operand, tests, at=operand.at)

    def and_(self, items: list[Node]) -> Node:
        return Junction("and", tuple(items), at=items[0].at)

    def or_(self, items: list[Node]) -> Node:
        return Junction("or", tuple(items), at=items[0].at)

    def if_(self, items: list[Node]) -> Node:
        condition, then, otherwise = items
        return If(condition, then, otherwise, at=condition.at)


def _unescape(token: Token) -> str:
    def one(match: re.Match[str]) -> str:
        short, long, letter = match.groups()
        if letter is not None:
            if letter not in _PLAIN_ESCAPES:
                raise ExpressionError(f"Không hiểu ký hiệu “\\{letter}” trong chuỗi.", *_at(token))
            return _PLAIN_ESCAPES[letter]
        code = int(short or long, 16)
        if code > 0x10FFFF or code == 0:
            raise ExpressionError("Mã ký tự trong chuỗi không hợp lệ.", *_at(token))
        return chr(code)

    text = _ESCAPE.sub(one, token[1:-1])
    try:
        # FEEL writes characters beyond U+FFFF as a surrogate pair of \\u escapes.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ExpressionError("Chuỗi có nửa ký tự (surrogate) đứng lẻ.", *_at(token)) from None
    return unicodedata.normalize("NFC", text)
