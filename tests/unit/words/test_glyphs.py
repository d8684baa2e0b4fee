"""What screens say is written with letters that the font we ship has; others look like a stranger's hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.words import scope

FONTS = (scope.ROOT / "frontend/src/fonts.scss").read_text(encoding="utf-8")
# Named in the font's ranges and not drawn in it; looked up in the files themselves.
LACKING = {"↑", "↓"}
# Signs of arithmetic, for which the font of every system stands in.
STAND_INS = {"≥", "≤", "≠"}
# Terminals have fonts of their own; the demo's words are those of its files.
UNSEEN = ("cli", "demo", "migrations")


def drawn() -> set[str]:
    ranges = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", FONTS)
    bounds = ((int(first, 16), int(last or first, 16)) for first, last in ranges)
    found = {chr(code) for first, last in bounds for code in range(first, last + 1)}
    return (found | STAND_INS) - LACKING


def said_in(tree: ast.AST) -> Iterator[str]:
    """Texts of a module that are no docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def strange(texts: Iterator[str], known: set[str]) -> set[str]:
    return {letter for text in texts for letter in text if letter not in known and letter.isprintable()}


def test_our_font_has_every_letter_that_screens_say() -> None:
    known = drawn()
    assert set("Thẩm định “Đủ” › – … · ≥ ₫") <= known
    assert strange(iter(["A → B ↑"]), known) == {"→", "↑"}
    places: dict[Path, set[str]] = {}
    for path in scope.watched_templates() + scope.watched_browser_code():
        text = re.sub(r"\{#.*?#\}|/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.DOTALL)
        places[path] = strange(iter([text]), known)
    for path in sorted((scope.ROOT / "frontend/src").rglob("*.css")):
        places[path] = strange(iter(re.findall(r"content: '([^']*)'", path.read_text())), known)
    for path in sorted((scope.ROOT / "service").rglob("*.py")):
        text = path.read_text()
        if path.relative_to(scope.ROOT / "service").parts[0] not in UNSEEN and strange(iter([text]), known):
            places[path] = strange(said_in(ast.parse(text)), known)

    assert {str(path): letters for path, letters in places.items() if letters} == {}
