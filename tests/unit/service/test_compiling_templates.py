"""Templates compiled our way say what Jinja's own compiler makes them say, whatever is put into them."""

from __future__ import annotations

from collections import defaultdict

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup

from service.web.compiling import SENTENCES, Compiler

HOSTILE = "<script>alert('&amp; \"x\"')</script>{{ 7 * 7 }}%(name)s"
PAGES = {
    "row": "<i>{{ hostile }}</i>{{ markup }}{{ none }}{{ number }}{{ missing }}{{ maker }}{{ hostile|safe }}",
    "attribute": '<a title="{{ hostile }}" id="{{ "a" if number else hostile }}">{{ hostile | upper }}</a>',
    "nested": "{{ quoted(hostile) ~ hostile }}{{ quoted(markup) }}{{ [hostile, markup] }}{{ hostile[:9] }}",
    "macro": "{% macro cell(it) %}<b>{{ it }}</b>{% endmacro %}{{ cell(hostile) }}{{ cell(cell(markup)) }}",
    "loop": "{% for one in (hostile, markup, hostile) %}{{ loop.index }}{{ one }}{% endfor %}",
    "switched": "{% autoescape false %}{{ hostile }}{% endautoescape %}{{ hostile }}",
    "volatile": "{% autoescape number == 8 %}{{ hostile }}{{ markup }}{% endautoescape %}",
    "sentence": "{{ _('Đạt <100%>') }}{{ _('Của %(who)s', who=hostile) }}{{ _(hostile) }}{{ _('a') ~ 1 }}",
    "child": "{% extends 'row' %}",
}


class Maker:
    """Says how it is written as markup."""

    def __html__(self) -> str:
        return "<u>made</u>"

    def __str__(self) -> str:
        return "made"


class Sentences(defaultdict[str, Markup]):
    def __missing__(self, sentence: str) -> Markup:
        return Markup(sentence)


def say(sentence: str, **values: object) -> Markup:
    return Markup(sentence) % values if values else Markup(sentence)


def rendered(name: str, *, ours: bool, autoescape: bool) -> str:
    environment = Environment(loader=DictLoader(PAGES), autoescape=autoescape)
    environment.policies[SENTENCES] = Sentences()
    environment.globals["_"] = say
    if ours:
        environment.code_generator_class = Compiler
    return environment.get_template(name).render(
        hostile=HOSTILE,
        markup=Markup("<b>sạch</b>"),
        none=None,
        number=7,
        maker=Maker(),
        quoted=lambda text: f"“{text}”",
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_jinja_would_make_of_it(name: str) -> None:
    for autoescape in (True, False):
        theirs = rendered(name, ours=False, autoescape=autoescape)
        assert rendered(name, ours=True, autoescape=autoescape) == theirs


def test_what_a_person_typed_is_never_markup() -> None:
    row = rendered("row", ours=True, autoescape=True)

    assert row.startswith("<i>&lt;script&gt;alert(&#39;&amp;amp; &#34;x&#34;&#39;)&lt;/script&gt;")
    assert "<b>sạch</b>None7<u>made</u>" in row
    # Written by a filter that says so, it is.
    assert row.endswith(HOSTILE)
    assert rendered("sentence", ours=True, autoescape=True).startswith("Đạt <100%>Của &lt;script&gt;")
