"""Finds what a screen would say without the wording functions: in Python, templates and browser code.

Each finder takes a source and gives (line, text) of every bare string, in order. What is data or record is
said with `recorded(…)`, in a template between `{# recorded: why #}` and `{# /recorded #}`, or stands in a
module that `scope.py` lists with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import jinja2

Bare = tuple[int, str]

VIETNAMESE = re.compile("[À-ÖØ-öø-ɏḀ-ỿ]")
LETTER = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]")
SAYING = frozenset({"_", "gettext", "ngettext", "marked", "recorded"})
READING = frozenset({"index", "startswith", "endswith"})  # methods that look for words

# --- Python -------------------------------------------------------------------------------------


def bare_in_python(source: str, *, only_raised: bool = False) -> list[Bare]:
    """Vietnamese strings that go through no function; patterns, comparisons, keys read words, they say none.

    `only_raised`: of a module whose other strings are data, what its `raise` statements say.
    """
    tree = ast.parse(source)
    if not only_raised:
        return sorted(_bare_under(tree))
    raised = (one for one in ast.walk(tree) if isinstance(one, ast.Raise))
    return sorted(found for one in raised for found in _bare_under(one))


def _bare_under(node: ast.AST) -> Iterator[Bare]:
    if isinstance(node, ast.Compare | ast.Call) and _reads_or_says(node):
        if isinstance(node, ast.Call):  # what is filled in may be bare itself
            for one in node.keywords:
                yield from _bare_under(one.value)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and VIETNAMESE.search(node.value):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        if not (_is_docstring(node, child) or _is_key(node, child)):
            yield from _bare_under(child)


def _reads_or_says(node: ast.Compare | ast.Call) -> bool:
    if isinstance(node, ast.Compare):
        return True
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return (
        name in SAYING
        or name in READING
        or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "re")
    )


def _is_docstring(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and hasattr(parent, "body")


def _is_key(parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(parent, ast.Dict):
        return child in parent.keys
    return child is getattr(parent, "slice", None) or (
        isinstance(parent, ast.DictComp) and child is parent.key
    )


# --- templates ----------------------------------------------------------------------------------

# What people see or hear of an attribute, whatever its letters; any other only with Vietnamese ones.
SEEN_ATTRIBUTES = frozenset({"title", "aria-label", "placeholder", "alt", "data-label", "data-confirm"})
TOKENS_ELEMENTS = frozenset({"code", "kbd"})  # names of commands and keys are the same in every language
CONSTRUCT = "\ue000"  # stands for one Jinja construct, so that HTML can be read around it
_ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_RECORDED = re.compile(r"\{# recorded:.*?\{# /recorded #\}", re.DOTALL)
_CLASSES = re.compile(r"(\{% block \w*class %\})[\w -]*(\{% endblock %\})")
_SAME_EVERYWHERE = re.compile("SHA-256|https://")
BRACKETS = {"(": ")", "[": "]", "{": "}"}


def bare_in_template(source: str) -> list[Bare]:
    """Letters outside constructs, in text and seen attributes; Vietnamese strings inside that are bare."""
    source = _RECORDED.sub(lambda part: "\n" * part[0].count("\n"), source)
    flat, found = _flattened(_CLASSES.sub(r"\1\2", source))
    reader = _Reader()
    reader.feed(flat)
    reader.close()
    return sorted([*found, *reader.found])


def _flattened(source: str) -> tuple[str, list[Bare]]:
    """The HTML with a placeholder for each construct (lines kept), and the bare strings inside them."""
    flat: list[str] = []
    found: list[Bare] = []
    before = ""  # the last token but spaces
    calls: list[bool] = []  # for each open bracket whether it belongs to a call that says
    in_trans = False
    for line, kind, text in _ENVIRONMENT.lex(source):
        if kind == "data":
            flat.append("\n" * text.count("\n") if in_trans else text)
            continue
        flat.append((CONSTRUCT if kind.endswith("_begin") else "") + "\n" * text.count("\n"))
        if kind == "string" and VIETNAMESE.search(text) and (calls[-1:] != [True] or before == "="):
            found.append((line, text))
        elif text in BRACKETS:
            calls.append(before in SAYING)
        elif text in BRACKETS.values() and calls:
            calls.pop()
        elif text in ("trans", "endtrans") and before.startswith("{%"):
            in_trans = text == "trans"
        if kind != "whitespace":
            before = text
    return "".join(flat), found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Bare] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        for name, value in attrs:
            letters = LETTER if name in SEEN_ATTRIBUTES else VIETNAMESE
            if letters.search(_SAME_EVERYWHERE.sub("", value or "")):
                self.found.append((self.getpos()[0], f'{name}="{value}"'))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - self._open[::-1].index(tag) - 1 :]

    def handle_data(self, data: str) -> None:
        if TOKENS_ELEMENTS & set(self._open) or '="' in data:
            return  # a macro that makes attributes has no words
        line = self.getpos()[0]
        for number, text in enumerate(data.split("\n")):
            if LETTER.search(_SAME_EVERYWHERE.sub("", text)):
                self.found.append((line + number, text.strip()))


# --- browser code -------------------------------------------------------------------------------

_JAVASCRIPT = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<regex>(?<=[(,=:\[!&|?;])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/)
    |(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)""",
    re.VERBOSE | re.DOTALL,
)
_SAID = re.compile(r"(?:^|[^\w.$])(?:_|recorded)\(\s*$")


def bare_in_browser_code(source: str) -> list[Bare]:
    """Vietnamese strings and templates that nothing says; single letters are no words."""
    found = []
    for one in _JAVASCRIPT.finditer(source):
        text = one["string"]
        if text is None or not VIETNAMESE.search(text) or len(text) <= len("'đ'"):
            continue
        if text.startswith("`") or not _SAID.search(source[: one.start()]):
            found.append((source.count("\n", 0, one.start()) + 1, text))
    return found
