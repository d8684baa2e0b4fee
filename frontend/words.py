"""Collects every sentence that screens say, for translators.

`./dev words` writes `service/web/translations/messages.pot` (all sentences, sorted, each with the room that
says it: no lines and no dates, so that a change shows what changed) and `browser.json` (those that browsers
say), then renews and compiles the catalogues of other languages; `./dev words en` begins a language.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "service" / "web" / "translations"
POT, BROWSER = TRANSLATIONS / "messages.pot", TRANSLATIONS / "browser.json"

TEMPLATES = (".html", ".txt")
FUNCTIONS = ("_", "gettext", "marked", "ngettext")
# As the application reads its templates: service/web/language.py.
_TEMPLATES = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
_TEMPLATES.policies["ext.i18n.trimmed"] = True
_TEMPLATES.newstyle_gettext = True  # type: ignore[attr-defined]


def sources() -> Iterator[Path]:
    """Everything that may say something."""
    yield from sorted((ROOT / "service").rglob("*.py"))
    for kind in TEMPLATES:
        yield from sorted((ROOT / "service").glob(f"*/templates/**/*{kind}"))
    yield from sorted((ROOT / "frontend" / "src").rglob("*.js"))


def room_of(path: Path) -> str:
    """service/tasks/operations.py: service/tasks; any finer, and a sentence would move too often."""
    return "/".join(path.relative_to(ROOT).parts[:2])


def collected() -> tuple[Catalog, list[str]]:
    """All sentences, and those of browsers in order."""
    catalog, browser = Catalog(charset="utf-8"), set()
    for path in sources():
        for sentence in said_in(path):
            catalog.add(sentence, None, [(room_of(path), 0)])
            if path.suffix == ".js":
                browser.add(str(sentence))
    return catalog, sorted(browser)


def said_in(path: Path) -> Iterator[str | tuple[str, ...]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        if "gettext" in source or "service.wording" in source:
            yield from said_in_python(source)
        return
    if path.suffix in TEMPLATES:
        found = extract_from_ast(_TEMPLATES.parse(source), FUNCTIONS, babel_style=False)
    else:
        found = extract_javascript(io.BytesIO(source.encode()), FUNCTIONS, (), {})
    for _line, _function, sentence, *_notes in found:
        texts = (sentence,) if isinstance(sentence, str) else tuple(one for one in sentence if one)
        yield texts if len(texts) == 2 else texts[0]


def said_in_python(source: str) -> Iterator[str | tuple[str, ...]]:
    """As Babel's own extractor finds them, in a quarter of its time: the test runs with every other."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            given = [one.value for one in node.args if isinstance(one, ast.Constant)]
            texts = tuple(one for one in given if isinstance(one, str))
            if node.func.id == "ngettext" and len(texts) == 2:
                yield texts
            elif texts:
                yield texts[0]


def as_pot(catalog: Catalog) -> str:
    for message in catalog:
        message.locations = sorted(set(message.locations))
    written = io.BytesIO()
    write_po(written, catalog, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return written.getvalue().decode()


def as_json(sentences: list[str]) -> str:
    return json.dumps(sentences, ensure_ascii=False, indent=0) + "\n"


def main(languages: list[str]) -> None:
    catalog, browser = collected()
    TRANSLATIONS.mkdir(exist_ok=True)
    POT.write_text(as_pot(catalog), encoding="utf-8")
    BROWSER.write_text(as_json(browser), encoding="utf-8")
    print(f"{POT.relative_to(ROOT)}: {len(catalog)} sentences, of which browsers say {len(browser)}.")
    known = {path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")}
    for language in sorted(known | set(languages)):
        renew(language, catalog)


def renew(language: str, sentences: Catalog) -> None:
    """Bring a language's catalogue up to date with the sentences, what is translated kept, and compile it."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        with path.open("rb") as kept:
            catalog = read_po(kept, locale=language)
    else:
        catalog = Catalog(locale=language, charset="utf-8", fuzzy=False)
    catalog.update(sentences, no_fuzzy_matching=True)
    with path.open("wb") as written:
        write_po(written, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    with path.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, catalog)
    done = sum(bool(message.id and message.string) for message in catalog)
    print(f"{path.relative_to(ROOT)}: {done} of {len(catalog)} sentences translated.")


if __name__ == "__main__":
    main(sys.argv[1:])
