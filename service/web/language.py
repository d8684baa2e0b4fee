"""The language of an installation's pages: Vietnamese, or what CONGNHAN_LANGUAGE names in `translations`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import Flask, has_app_context, has_request_context
from flask_babel import Babel, Domain, get_translations, gettext
from markupsafe import Markup, escape

from service.config import LOCAL_TIME_ZONE, SOURCE_LANGUAGE, Settings
from service.errors import BadConfiguration
from service.web.compiling import SENTENCES, Compiler
from service.wording import recorded, say_through

TRANSLATIONS = Path(__file__).parent / "translations"
CATALOGUE = "LC_MESSAGES/messages.mo"
BROWSER_SENTENCES = "browser.json"


def register_language(app: Flask, settings: Settings) -> None:
    """Babel for views, templates and sentences from below. Raises BadConfiguration for another language."""
    language = settings.language
    if language not in languages():
        raise BadConfiguration(
            recorded(
                f"CONGNHAN_LANGUAGE: chưa có bản dịch “{language}”; dùng được: {', '.join(languages())}."
            )
        )
    Babel(
        app,
        default_locale=language,
        default_timezone=LOCAL_TIME_ZONE,
        default_translation_directories=str(TRANSLATIONS),
    )
    app.extensions["babel"].instance.domain_instance = OneLanguage()
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    said = TemplateWords()
    # In place of Jinja's own wrappers, which look the language up anew at each of a list's thousand words.
    app.jinja_env.globals |= {"_": said.say, "gettext": said.say}
    app.jinja_env.policies[SENTENCES] = said.plain
    app.jinja_env.code_generator_class = Compiler
    say_through(_said_to_the_reader)


def languages() -> tuple[str, ...]:
    """The source language first, then whatever has a compiled catalogue."""
    translated = sorted(path.parts[-3] for path in TRANSLATIONS.glob(f"*/{CATALOGUE}"))
    return (SOURCE_LANGUAGE, *(name for name in translated if name != SOURCE_LANGUAGE))


@lru_cache(maxsize=2)
def browser_words(language: str) -> str:
    """{sentence: in `language`} of what browsers say, as JSON; "" for the source language."""
    if language == SOURCE_LANGUAGE:
        return ""
    said = Translations.load(TRANSLATIONS, [language]).gettext
    sentences: list[str] = json.loads((TRANSLATIONS / BROWSER_SENTENCES).read_text(encoding="utf-8"))
    return json.dumps({one: said(one) for one in sentences if said(one) != one}, ensure_ascii=False)


def _said_to_the_reader(sentence: str) -> str:
    """Only a request has a reader: what a worker or a command says is for the record."""
    return gettext(sentence) if has_request_context() else sentence


class OneLanguage(Domain):
    """The catalogue of an application, found once: Flask-Babel asks for the locale at each sentence."""

    _found: NullTranslations | None = None

    def get_translations(self) -> NullTranslations:
        if self._found is None:
            found = super().get_translations()
            if not has_app_context():
                return found
            self._found = found
        return self._found


class TemplateWords:
    """`_` and `{% trans %}` in templates, one language per application: each sentence is looked up once.

    A sentence is markup, as the template around it: ours or the translators', no user's. Values are escaped.
    "%" is written "%%", as everywhere in Jinja's newer kind of translation.
    """

    def __init__(self) -> None:
        self.plain = _PlainSentences()
        self._patterns: dict[str, str] = {}

    def say(self, sentence: str, /, **values: object) -> Markup:
        if values:
            if (pattern := self._patterns.get(sentence)) is None:
                pattern = self._patterns[sentence] = str(get_translations().ugettext(sentence))
            # As Markup's own "%" does, in half its time: a table of criteria says two thousand sentences.
            return Markup(pattern % {name: escape(value) for name, value in values.items()})  # noqa: S704
        return self.plain[sentence]


class _PlainSentences(dict[str, Markup]):
    """Sentences without values as they are written, each found when it is first said."""

    def __missing__(self, sentence: str) -> Markup:
        plain = self[sentence] = Markup(get_translations().ugettext(sentence)) % {}  # noqa: S704
        return plain
