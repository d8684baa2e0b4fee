"""Every text on a screen goes through the wording functions; each finder is shown to find what is bare."""

from __future__ import annotations

import pytest

from tests.unit.words import scope
from tests.unit.words.bare_words import bare_in_browser_code, bare_in_python, bare_in_template

REMEDY = (
    "\n\nSay these with _(…) (templates: {{ _(…) }} or {% trans %}; tables of a module: marked(…) in Words), "
    "or, where they are data or kept in the record, with recorded(…). See CONTRIBUTING, “To change a text”."
)


def test_no_text_on_screens_is_bare() -> None:
    found = []
    for path, only_raised in scope.watched_python():
        found += [(path, *one) for one in bare_in_python(path.read_text(), only_raised=only_raised)]
    for path in scope.watched_templates():
        found += [(path, *one) for one in bare_in_template(path.read_text())]
    for path in scope.watched_browser_code():
        found += [(path, *one) for one in bare_in_browser_code(path.read_text())]

    told = [f"{path.relative_to(scope.ROOT)}:{line}: {text.strip()[:100]}" for path, line, text in found]
    assert not told, "\n".join(told) + REMEDY


def test_no_module_is_excused_that_is_not_there() -> None:
    assert [
        name
        for name in (*scope.RECORD, *scope.KEPT, *scope.MODULES)
        if not (scope.ROOT / "service" / name).exists()
    ] == []
    assert len(scope.watched_templates()) > 60
    assert len(scope.watched_browser_code()) > 15


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('flash("Đã lưu.")', [1]),
        ('x = 1\nraise BadInput(f"Chưa có {x} tệp.")', [2, 2]),
        ('TABS = Words({"a": "Chờ ký"})', [1]),
        ('_("Xin %(what)s.", what="chào buổi sáng, ngày mới")', [1]),
        ('flash(_("Đã lưu."))', []),
        ('gettext("Đã lưu %(n)s tệp.", n=n)', []),
        ('TABS = Words({"a": marked("Chờ ký")})', []),
        ('note(reason=recorded(f"Bỏ ngày {day}"))', []),
        ('"""Lời của mô-đun."""\ndef f():\n    """Đợt xét."""', []),
        ('if word == "có": pass\nre.compile("trước ngày")\nGROUPS["Đơn vị"]\nX = {"căn cứ": "source"}', []),
        ('log.info("saved")', []),
    ],
)
def test_what_python_says_bare_is_found(source: str, lines: list[int]) -> None:
    assert [line for line, _text in bare_in_python(source)] == lines


def test_of_a_record_only_the_refusals_are_watched() -> None:
    source = 'KEPT = "Tờ trình"\nraise BadInput("Tệp rỗng.")'

    assert bare_in_python(source, only_raised=True) == [(2, "Tệp rỗng.")]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<p>\nTrang sau</p>", [2]),
        ("<p>{{ n }} việc</p>", [1]),
        ("{% if x %}\nIn{% endif %}", [2]),
        ('<td data-label="Ai"></td>', [1]),
        ('<a\n title="Page {{ n }}"></a>', [1]),
        ('<form data-ask="Gửi đi?"></form>', [1]),
        ("<p>{{ 'Ông/bà' if mine else name }}</p>", [1]),
        ('{{ nav("x", "Hồ sơ") }}', [1]),
        ('{{ _("Của %(who)s", who="ông/bà") }}', [1]),
        ("{% trans %}Chào{% endtrans %} bạn", [1]),
        ("<p>{{ _(\"Trang sau\") }} · {{ n }}</p>{{ _('Hồ sơ') | upper }}", []),
        ("{% trans name=x %}Xã <strong>{{ name }}</strong>\ncó{% endtrans %}", []),
        ("<td data-label=\"{{ _('Ai') }}\"><kbd>Enter</kbd></td>", []),
        ("{% block body_class %}login-page{% endblock %}", []),
        ("{# recorded: as on paper #}<h1>Phụ lục</h1>{# /recorded #}{# Lời bàn #}", []),
        ('{% macro hint() %} aria-describedby="{{ name }}-help"{% endmacro %}', []),
        ('{{ ngettext("%(num)d hồ sơ", "%(num)d hồ sơ", n) }}', []),
    ],
)
def test_what_a_template_says_bare_is_found(source: str, lines: list[int]) -> None:
    assert [line for line, _text in bare_in_template(source)] == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("say('Đang lưu…');", [1]),
        ("const x = 1;\nsay(`Đã lưu ${x} ô`);", [2]),
        ("say(_(`Đã lưu ${x} ô`));", [1]),  # a template's text is never in a catalogue
        ('notify(x ?? "Mất kết nối.");', [1]),
        ("say(_('Đang lưu…'));\nsay(_('Đã lưu {n} ô', { n }));", []),
        ("if (target === recorded('Có')) go(); // Đang lưu\n/* Đợi */", []),
        ("text.replace(/đ/g, 'd').replaceAll('đ', 'd');", []),
    ],
)
def test_what_browser_code_says_bare_is_found(source: str, lines: list[int]) -> None:
    assert [line for line, _text in bare_in_browser_code(source)] == lines
