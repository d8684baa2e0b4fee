"""What translators get is complete, and every sentence is filled in with what it names."""

from __future__ import annotations

import ast
import importlib.util
import re
from types import ModuleType

import pytest

from tests.unit.words import scope

PLACE = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def words() -> ModuleType:
    """frontend/words.py, which is a program beside the product."""
    spec = importlib.util.spec_from_file_location("words", scope.ROOT / "frontend" / "words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_collection_for_translators_holds_every_sentence(words: ModuleType) -> None:
    catalog, browser = words.collected()

    assert words.POT.read_text() == words.as_pot(catalog), "Renew it: ./dev words"
    assert words.BROWSER.read_text() == words.as_json(browser), "Renew it: ./dev words"
    # One of each source, by eye: a template's sentence with markup, a refusal, a table's word, a browser's.
    for sentence in ("Đăng nhập", "Việc này đang do người khác xử lý.", "Chờ xử lý", "Đang lưu…"):
        assert sentence in catalog
    assert "Đang lưu…" in browser


def test_every_sentence_is_filled_in_with_what_it_names() -> None:
    wrong = []
    for path, _only_raised in scope.watched_python():
        source = path.read_text()
        wrong += [f"{path}:{line}" for line in unfilled(source)] if "%(" in source else []

    assert wrong == []


def unfilled(source: str) -> list[int]:
    """Lines of `_(…)` whose places and values differ: they would fail, or leave a value out, when said."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            first = node.args[0]
            values = {one.arg for one in node.keywords}
            # No catalogue has a sentence that is made while it runs.
            made = isinstance(first, ast.JoinedStr)
            if made or (isinstance(first, ast.Constant) and set(PLACE.findall(first.value)) != values):
                found.append(node.lineno)
    return found


def test_a_place_without_its_value_is_found() -> None:
    assert unfilled('_("%(n)s tệp", n=1)\n_("Xong 100 %")') == []
    assert unfilled('_("%(n)s tệp", m=1)') == [1]
    assert unfilled('_("%(n)s tệp")') == [1]
    assert unfilled('\n_(f"{n} tệp")') == [2]
