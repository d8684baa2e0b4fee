"""Laws of the expression language: it never hangs, never runs Python, fails only with its own errors."""

import functools
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.expressions import Duration, ExpressionError, ExpressionFailed, Type, parse
from service.engine.expressions.grammar import parse_tree
from service.engine.expressions.nodes import (
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
    UnaryTest,
)
from service.engine.expressions.printing import print_tree
from tests.quickly import within_seconds

HOSTILE = {
    "a tower of powers": "9**9**9",
    "a long tower": "9**9" * 100,
    "a huge exponent": "2**999999999",
    "a huge number": "1" * 1900,
    "10,000 parentheses": "(" * 10_000 + ")" * 10_000,
    "2,000 open parentheses": "(" * 2_000,
    "990 balanced parentheses": "(" * 990 + "1" + ")" * 990,
    "minus after minus": "-" * 1_999 + "1",
    "a long sum": "1" + "+1" * 999,
    "nested not": "not(" * 300 + "true" + ")" * 300,
    "nested if": "if " * 600,
    "nested else": "if a then b else " * 110 + "c",
    "nested lists": "[" * 900 + "]" * 900,
    "a huge string": '"' + "a" * 1_000_000 + '"',
    "spaces": " " * 3_000,
    "words": "a " * 900 + "(",
    "dots": "a." * 999,
    "quotes": '"' * 1_999,
    "backslashes": '"' + "\\" * 1_997,
    "python": "__import__('os').system('true')",
    "a called import": '__import__("os")',
    "a lambda": "(lambda: 0)()",
    "a string multiplied": '"a" * 10 ** 40 + nope("x")',
    "a date out of range": 'date("9999-12-31") + duration("P1D")',
    "a date long before": 'date("0001-01-01") - duration("P9999Y")',
    "a long duration": 'duration("P999999D") * 10 ** 30',
    "doubling strings": "if string length(" + "+".join(["s"] * 40) + ") > 0 then 1 else 2",
    "a lone surrogate": '"\ud800"',
    "a null byte": '"\0"',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_refused_fast(text):
    with within_seconds(0.5), pytest.raises((ExpressionError, ExpressionFailed)):
        parse(text).evaluate({"s": "x" * 9_000})


@pytest.mark.parametrize("name", ["__import__", "__class__.__mro__", "self.__init__.__globals__", "exec"])
def test_a_name_reaches_nothing_but_the_scope(name):
    assert parse(name).evaluate({}) is None


@pytest.mark.parametrize(
    "raw",
    [
        "x" * 10_001,
        10**34,
        Decimal("1e50"),
        Decimal("NaN"),
        Decimal("Infinity"),
        [0] * 1_001,
        [[[[[[1]]]]]],
        1.5,
        b"x",
        object(),
        {"a": 1},
    ],
    ids=lambda raw: type(raw).__name__,
)
def test_a_value_beyond_the_bounds_is_refused_when_read(raw):
    with pytest.raises(ExpressionFailed, match="“x”"):
        parse("x").evaluate({"x": raw})


names = st.sampled_from(["a", "b", "a.b", "tên", "district_appraise.action", "android", "format", "n1"])
literals = st.one_of(
    st.none(),
    st.booleans(),
    st.decimals(min_value=0, max_value=10**12, places=3),
    st.integers(0, 10**9).map(Decimal),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).map(
        functools.partial(unicodedata.normalize, "NFC")
    ),
).map(Literal)
comparators = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
functions = st.sampled_from(
    [
        "not",
        "date",
        "date and time",
        "duration",
        "contains",
        "starts with",
        "string length",
        "lower case",
        "count",
        "sum",
        "min",
        "max",
        "get or else",
        "number",
        "working days after",
        "nope",
    ]
)


def larger(trees):
    tests = st.one_of(
        trees,
        st.builds(Interval, trees, trees, st.booleans(), st.booleans()),
        st.builds(UnaryTest, comparators, trees),
    )
    several = st.lists(trees, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Negative, trees),
        st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/", "**"]), trees, trees),
        st.builds(Comparison, comparators, trees, trees),
        st.builds(Between, trees, trees, trees),
        st.builds(In, trees, st.lists(tests, min_size=1, max_size=3).map(tuple)),
        st.builds(Junction, st.sampled_from(["and", "or"]), several),
        st.builds(If, trees, trees, trees),
        st.builds(ListOf, st.lists(trees, max_size=3).map(tuple)),
        st.builds(Call, functions, st.lists(trees, max_size=3).map(tuple)),
    )


trees = st.recursive(st.one_of(literals, names.map(Name)), larger, max_leaves=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1000, max_value=1000),
    st.text(max_size=5),
    st.dates(),
    st.datetimes(),
    st.integers(-(10**9), 10**9).map(lambda n: Duration(seconds=n)),
    st.integers(-100, 100).map(lambda n: Duration(months=n)),
    st.timedeltas(timedelta(-9), timedelta(9)),
    st.lists(st.integers(0, 3), max_size=3),
)
scopes = st.dictionaries(st.sampled_from(["a", "b", "a.b", "tên", "android", "format", "n1"]), scalars)


@settings(deadline=None)
@given(trees)
def test_a_printed_tree_reads_back_as_the_same_tree(tree):
    text = print_tree(tree)
    if len(text) > 2_000:
        return

    assert parse_tree(text) == tree


@settings(deadline=None)
@given(trees, scopes)
def test_evaluation_gives_a_value_of_the_language_or_its_own_error(tree, scope):
    text = print_tree(tree)
    if len(text) > 2_000:
        return
    expression = parse(text)

    try:
        value = expression.evaluate(scope)
    except ExpressionFailed:
        with pytest.raises(ExpressionFailed):
            expression.explain(scope)
        return

    assert value is None or isinstance(value, bool | Decimal | str | date | datetime | Duration | list)
    assert expression.evaluate(scope) == value
    assert expression.explain(scope)


@settings(deadline=None)
@given(trees)
def test_the_type_check_always_answers(tree):
    text = print_tree(tree)
    if len(text) > 2_000:
        return

    assert all(problem.endswith(".") for problem in parse(text).check({"a": Type.NUMBER, "tên": Type.STRING}))


@settings(deadline=None)
@given(st.text(max_size=2_100))
def test_any_text_is_parsed_or_refused(text):
    try:
        parse(text)
    except ExpressionError as error:
        refused = error
    else:
        return
    assert min(refused.line, refused.column) >= 1


tokens = st.sampled_from(
    [
        "a",
        "a.b",
        "1",
        "1..5",
        '"s"',
        "(",
        ")",
        "[",
        "]",
        ",",
        "..",
        "=",
        "<",
        "<=",
        "and",
        "or",
        "in",
        "between",
        "if",
        "then",
        "else",
        "not(",
        "date and time(",
        "-",
        "+",
        "**",
        "true",
        "null",
        "\n",
    ]
)


@settings(deadline=None)
@given(st.lists(tokens, max_size=30).map(" ".join))
def test_any_row_of_tokens_is_parsed_or_refused(text):
    try:
        tree = parse_tree(text)
    except ExpressionError:
        return
    assert parse_tree(print_tree(tree)) == tree


@settings(deadline=None)
@given(st.integers(-(10**7), 10**7))
def test_a_duration_reads_back_from_its_text(amount):
    assert Duration.parse(str(Duration(seconds=amount))) == Duration(seconds=amount)
    if abs(amount) < 9_999 * 12:
        assert Duration.parse(str(Duration(months=amount))) == Duration(months=amount)
