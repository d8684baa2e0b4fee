"""A history drawn as PDF (A4), the same bytes for the same history: no date, no random name in the file."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from service.exports.history import History, Item
from service.vietnamese import without_controls
from service.wording import recorded

_FONT, _BOLD = "BeVietnamPro", "BeVietnamPro-SemiBold"
_GREY, _LINE = HexColor("#5c636a"), HexColor("#c9ced3")
_MARGIN = 18 * mm


def write_history(target: BinaryIO, told: History) -> None:
    """Draw `told`, its pages numbered."""
    styles = _styles()
    document = SimpleDocTemplate(
        buffer := io.BytesIO(),
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm,
        title=f"{told.title} {told.code}",
        author="Công nhận",
        lang="vi",
        invariant=1,
    )
    document.build(list(_flow(told, styles, document.width)), canvasmaker=_numbered(told))
    target.write(buffer.getvalue())


def _flow(told: History, styles: dict[str, ParagraphStyle], width: float) -> Iterator[Any]:
    yield Paragraph(_text(f"{told.title} {told.code}"), styles["title"])
    yield Paragraph(_text(told.notice), styles["notice"])
    facts = [
        [Paragraph(_text(name), styles["small"]), Paragraph(_text(value), styles["fact"])]
        for name, value in told.facts
    ]
    yield Table(
        facts,
        colWidths=[38 * mm, width - 38 * mm - 12],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )
    for name, items in told.sections:
        yield Spacer(1, 4 * mm)
        yield Paragraph(_text(name), styles["heading"])
        for item in items:
            yield from _lines(item, styles)


def _lines(item: Item, styles: dict[str, ParagraphStyle]) -> Iterator[Paragraph]:
    yield Paragraph(_text(item.text), styles["item"])
    if item.small:
        yield Paragraph(_text(item.small), styles["small"])
    for line in item.below:
        yield Paragraph(f"– {_text(line)}", styles["below"])


def _text(said: str) -> str:
    """As markup: what people typed is text and nothing else, its lines kept."""
    composed = unicodedata.normalize("NFC", said)
    return "<br/>".join(escape(without_controls(line)) for line in composed.split("\n"))


def _numbered(told: History) -> Any:
    """A canvas that knows how many pages there are once all are drawn."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.drawn: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 reportlab's own name
            self.drawn.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.drawn, 1):
                self.__dict__.update(page)
                self.setFont(_FONT, 8)
                self.setFillColor(_GREY)
                self.drawString(_MARGIN, _MARGIN, told.code)
                self.drawRightString(A4[0] - _MARGIN, _MARGIN, recorded(f"Trang {number}/{len(self.drawn)}"))
                super().showPage()
            super().save()

    return Numbered


@cache
def _styles() -> dict[str, ParagraphStyle]:
    for name, file in ((_FONT, "BeVietnamPro-Regular.ttf"), (_BOLD, "BeVietnamPro-SemiBold.ttf")):
        content = files("service.exports").joinpath("fonts", file).read_bytes()
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(content)))
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)
    base = ParagraphStyle("base", fontName=_FONT, fontSize=9, leading=13, splitLongWords=1)
    return {
        "title": ParagraphStyle("title", base, fontName=_BOLD, fontSize=14, leading=20),
        "notice": ParagraphStyle("notice", base, fontSize=8, leading=11, textColor=_GREY, spaceAfter=8),
        "heading": ParagraphStyle(
            "heading", base, fontName=_BOLD, fontSize=11, leading=16, spaceAfter=4, keepWithNext=1
        ),
        "item": ParagraphStyle("item", base, spaceBefore=4),
        "fact": ParagraphStyle("fact", base, fontSize=8.5, leading=12),
        "small": ParagraphStyle("small", base, fontSize=7.5, leading=11, textColor=_GREY),
        "below": ParagraphStyle("below", base, fontSize=8.5, leading=12, leftIndent=10),
    }
