"""Pages in a language that is made up: whatever is not said through the catalogue shows."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import NullTranslations
from flask import Flask
from flask_babel import Domain
from lxml import html as parser

from service.app import create_app
from service.clock import set_demo_clock
from service.database import db
from service.errors import BadConfiguration
from service.http.extensions import limiter
from service.web import language
from tests.builders import NOON, a_case_at, open_task
from tests.integration.conftest import settings_for
from tests.integration.web.conftest import Visitor
from tests.integration.web.test_working_on_a_task import OFFICER, AsPerson, Behind

ROOT = Path(__file__).resolve().parents[3]
SEEN = ("title", "aria-label", "placeholder", "alt", "data-label", "data-confirm")
# Besides what has no words: why a result meets its target or not, which is kept as it was found (p.why).
UNWATCHED = "//head/*[not(self::title)] | //script | //code | //kbd | //p[@class='why']"
LETTER = re.compile("[A-Za-zÀ-ỹ]")


class Bracketed(NullTranslations):
    """⟦every sentence⟧, with what is filled in inside the brackets."""

    def ugettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ungettext(self, singular: str, _plural: str, _number: int) -> str:
        return f"⟦{singular}⟧"


class MadeUp(Domain):
    def get_translations(self) -> NullTranslations:
        return Bracketed()


@pytest.fixture
def web(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application of its own, since what it has said once it knows by heart."""
    app = create_app(settings_for(sqlite_url, tmp_path))
    app.testing = True
    app.extensions["babel"].instance.domain_instance = MadeUp()
    with app.app_context():
        set_demo_clock(NOON)
    limiter.reset()
    yield app
    limiter.reset()
    with app.app_context():
        db.engine.dispose()


def test_all_visible_words_are_sentences_of_the_catalogue_or_data(
    visitor: Visitor, as_person: AsPerson, behind: Behind, tmp_path: Path
) -> None:
    case = behind(lambda: a_case_at("district_appraise"))
    task = behind(lambda: open_task(case, "district_appraise"))
    data = what_is_data(tmp_path / "congnhan.db")
    officer = as_person(OFFICER)

    pages = {path: officer.get(path).text for path in ("/viec", f"/viec/{task}", f"/viec/{task}/dieu-phoi")}
    pages |= {
        tab: officer.page(f"/ho-so/{case}?tab={tab}")
        for tab in ("", "chi-tieu", "ho-so", "trao-doi", "qua-trinh")
    }
    pages["refused"] = officer.post(f"/viec/{task}", {"do": "submit"}).text
    pages["nothing there"] = officer.get("/ho-so/khong-co").text
    pages["login"] = visitor.page("/dang-nhap")

    strangers = {path: bare_in(text, data) for path, text in pages.items()}
    assert {path: found for path, found in strangers.items() if found} == {}, strangers
    # That it was the made-up language: sentences of a template, a view, a use case and a table of words.
    assert "<h1>⟦Việc cần xử lý⟧</h1>" in pages["/viec"]
    assert "⟦Chờ xử lý⟧" in pages["/viec"]
    assert "⟦Không tìm thấy, hoặc ông/bà không có quyền xem nội dung này.⟧" in pages["nothing there"]
    assert re.search("⟦Mở hồ sơ CN-", pages["qua-trinh"])


def test_a_bare_word_on_a_page_would_be_found() -> None:
    page = '<main><p title="⟦Của ⟦anh⟧⟧">⟦Xin ⟦chào⟧⟧ 12:05</p><p>Bước một · ⟦hai⟧</p><a title="Trần">'

    assert bare_in(page, "bước một") == ["Trần"]


def bare_in(text: str, data: str) -> list[str]:
    """What a page shows outside the brackets and is no data."""
    shown = parser.document_fromstring(text)
    for hidden in shown.xpath(UNWATCHED):
        hidden.drop_tree()
    said = [one for one in shown.itertext() if isinstance(one, str)]
    said += [one.get(name) for one in shown.iter() for name in SEEN if one.get(name)]
    outside = "\n".join(said)
    # What is filled in may be a sentence too, and a sentence goes over several elements: innermost first.
    while (less := re.sub("⟦[^⟦⟧]*⟧", "\n", outside)) != outside:
        outside = less
    pieces = (one.strip(". ") for one in re.split(r"[·,;:()“”–…?⟦⟧\n\d%]+|\. ", outside))
    return sorted({one for one in pieces if LETTER.search(one) and one.lower() not in data})


def what_is_data(database: Path) -> str:
    """What pages show and no catalogue says: rows, the criteria and how they are judged, forms, diagrams."""
    with sqlite3.connect(database) as connection:
        rows = "\n".join(connection.iterdump())
    files = [
        path.read_text()
        for folder in ("evaluation", "forms", "workflows/bpmn")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".yaml", ".py", ".form", ".bpmn")
    ]
    return " ".join("\n".join([rows, *files]).lower().split())


def test_an_installation_speaks_the_language_it_was_given(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = Catalog(locale="en")
    catalog.add("Đăng nhập", "Log in")
    catalog.add("Đang lưu…", "Saving…")
    compiled = tmp_path / "words" / "en" / language.CATALOGUE
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalog)
    (tmp_path / "words" / language.BROWSER_SENTENCES).write_text('["Đang lưu…", "Đóng"]')
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path / "words")

    english = create_app(settings_for(sqlite_url, tmp_path, language="en")).test_client()
    page = parser.document_fromstring(english.get("/dang-nhap").text)

    assert page.get("lang") == "en"
    assert page.findtext(".//h1") == "Log in"
    assert page.findtext(".//button") == "Log in"
    assert json.loads(page.xpath("//meta[@name='words']/@content")[0]) == {"Đang lưu…": "Saving…"}
    with pytest.raises(BadConfiguration, match="CONGNHAN_LANGUAGE: chưa có bản dịch “fr”; dùng được: vi, en"):
        create_app(settings_for(sqlite_url, tmp_path, language="fr"))
