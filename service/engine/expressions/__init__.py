"""The one expression language of the product: a bounded subset of FEEL. See docs/expressions.md.

condition = parse('district_appraise.action = "return"')
condition.evaluate({"district_appraise": {"action": "complete"}})   # False
condition.explain({"district_appraise": {"action": "complete"}})
# 'district_appraise.action = "complete", không bằng "return": sai'
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.engine.expressions.check import Checker
from service.engine.expressions.errors import ExpressionError, ExpressionFailed
from service.engine.expressions.evaluate import Evaluator, Functions, Scope
from service.engine.expressions.explain import Explainer, in_words
from service.engine.expressions.functions import BUILTINS, CONTEXTUAL, Signature
from service.engine.expressions.grammar import MAX_LENGTH, parse_tree
from service.engine.expressions.juel import translate_juel
from service.engine.expressions.nodes import MAX_DEPTH, Call, Literal, Name, Node, walk
from service.engine.expressions.printing import print_tree
from service.engine.expressions.values import Duration, Type, Value

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_FUNCTIONS: Functions = MappingProxyType({})
BUILTIN_FUNCTIONS = frozenset(BUILTINS)


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """One call in an expression. An argument that is no literal appears as None."""

    name: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: immutable, comparable by its tree, without any hold on Python."""

    text: str
    tree: Node

    def __str__(self) -> str:
        """The canonical text; parse(str(e)) has the same tree."""
        return print_tree(self.tree)

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted names of the variables read, each once, in order of appearance."""
        return tuple(dict.fromkeys(n.dotted for n in walk(self.tree) if isinstance(n, Name)))

    @property
    def functions(self) -> tuple[FunctionUse, ...]:
        """Every call with its literal arguments: `deadline("self_assess")`."""
        return tuple(
            FunctionUse(n.function, tuple(a.value if isinstance(a, Literal) else None for a in n.arguments))
            for n in walk(self.tree)
            if isinstance(n, Call)
        )

    def check(
        self,
        types: Mapping[str, Type],
        functions: Mapping[str, Signature] = CONTEXTUAL,
        expects: Type | None = None,
    ) -> list[str]:
        """Problems in Vietnamese with their place; empty when the expression fits.

        `types` names every variable that may be read, by its dotted name; `expects` the kind wanted.
        """
        checker = Checker(types, functions)
        kind = checker.infer(self.tree)
        if expects is not None and kind not in (expects, Type.ANY, Type.SCALAR, Type.NULL):
            checker.problems.append(f"Biểu thức cho kết quả {kind.value}, ở đây cần {expects.value}.")
        return checker.problems

    def type(self, types: Mapping[str, Type], functions: Mapping[str, Signature] = CONTEXTUAL) -> Type:
        """The kind of result that the type check infers."""
        return Checker(types, functions).infer(self.tree)

    def evaluate(self, scope: Scope, functions: Functions = _NO_FUNCTIONS) -> Value:
        """The value over `scope` (nested mappings or flat dotted keys); raises ExpressionFailed."""
        return Evaluator(scope, functions).value(self.tree)

    def holds(self, scope: Scope, functions: Functions = _NO_FUNCTIONS) -> bool:
        """Whether a condition is true: null and values of other kinds count as false."""
        return self.evaluate(scope, functions) is True

    def explain(
        self, scope: Scope, functions: Functions = _NO_FUNCTIONS, labels: Mapping[str, str] = _NOTHING
    ) -> str:
        """A Vietnamese sentence with the values met; `labels` gives people's words for names."""
        return Explainer(Evaluator(scope, functions), labels).sentence(self.tree)


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Parse FEEL text; raises ExpressionError(message_vi, line, column)."""
    return Expression(text, parse_tree(text))


__all__ = [
    "BUILTIN_FUNCTIONS",
    "CONTEXTUAL",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Duration",
    "Expression",
    "ExpressionError",
    "ExpressionFailed",
    "FunctionUse",
    "Signature",
    "Type",
    "Value",
    "in_words",
    "parse",
    "translate_juel",
]
