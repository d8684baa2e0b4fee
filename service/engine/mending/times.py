"""Mends of times: what people write for a day or a span, as ISO 8601 says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from service.engine.errors import Mend, Problem
from service.engine.markup import CAMUNDA, is_bpmn, local, text_of
from service.engine.mending.offers import Offer
from service.engine.mending.sheet import Sheet
from service.engine.timers import is_hectic, is_iso

FORMS = ("timeDate", "timeDuration", "timeCycle")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2})[:hg](\d{2}))?", re.ASCII)
# "5 ngày làm việc" is another thing than "5 ngày": it is an expression, and nothing is guessed of it.
_SPAN = re.compile(
    r"(\d{1,4})\s*(năm|tháng|tuần|ngày|giờ|phút|years?|months?|weeks?|days?|hours?|minutes?)", re.ASCII | re.I
)
_UNITS = {
    **dict.fromkeys(("năm", "year"), "P{}Y"),
    **dict.fromkeys(("tháng", "month"), "P{}M"),
    **dict.fromkeys(("tuần", "week"), "P{}W"),
    **dict.fromkeys(("ngày", "day"), "P{}D"),
    **dict.fromkeys(("giờ", "hour"), "PT{}H"),
    **dict.fromkeys(("phút", "minute"), "PT{}M"),
}


def write_timer(sheet: Sheet, problem: Problem) -> Offer | None:
    event = sheet.find(problem.element)
    definitions = [] if event is None else [one for one in event if is_bpmn(one, "timerEventDefinition")]
    forms = [one for definition in definitions for one in definition if is_bpmn(one, *FORMS)]
    if event is None or len(forms) != 1:
        return None
    element, repeats = forms[0], is_bpmn(event, "boundaryEvent")
    form, before = local(element), text_of(element)
    for text in _readings(before, cycles=repeats):
        for other in (form, *FORMS):
            unfit = other == "timeCycle" and (not repeats or is_hectic(text))
            if unfit or (other, text) == (form, before) or not is_iso(other, text):
                continue
            mend = Mend("write-timer", f"ghi thời gian là {text} ({_WORDS[other]})", text)
            return Offer(mend, lambda form=other, text=text: _write(element, form, text))  # type: ignore[misc]
    return None


_WORDS = {"timeDate": "ngày", "timeDuration": "khoảng", "timeCycle": "chu kỳ"}


def write_due_date(sheet: Sheet, problem: Problem) -> Offer | None:
    task = sheet.find(problem.element)
    for key, value in [] if task is None else task.attrib.items():
        qualified = etree.QName(str(key))
        if qualified.namespace not in CAMUNDA or qualified.localname not in {"dueDate", "followUpDate"}:
            continue
        before = str(value).strip()
        text = next((one for one in _readings(before, cycles=False) if is_iso("timeDate", one)), before)
        if task is not None and text != before:
            mend = Mend("write-due-date", f"ghi ngày là {text}", text)
            return Offer(mend, lambda key=str(key), text=text: task.set(key, text))  # type: ignore[misc]
    return None


def _readings(text: str, *, cycles: bool) -> Iterator[str]:
    """What the text may have been meant as, the nearest first."""
    text = " ".join(text.strip("\"'“”‘’ ").split())
    yield text
    yield text.replace(" ", "").upper()
    day = _DAY.fullmatch(text)
    if day is not None:
        date, clock = f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}", ""
        if day[4]:
            clock = f"T{int(day[4]):02}:{day[5]}:00"
        yield date + clock
    span = _SPAN.fullmatch(text)
    if span is not None:
        unit = span[2].lower()
        yield _UNITS[unit if unit in _UNITS else unit.removesuffix("s")].format(span[1])
    if not cycles and is_iso("timeCycle", text.upper()):
        # Where it can fire once only, its first time is all there is of it.
        yield text.upper().split("/")[1]


def _write(element: etree._Element, form: str, text: str) -> None:
    element.tag = etree.QName(element).namespace and f"{{{etree.QName(element).namespace}}}{form}"
    for inner in list(element):
        element.remove(inner)
    element.text = text
