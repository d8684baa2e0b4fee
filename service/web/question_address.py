"""The address of a question: its filters as the arguments that people see, share and keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from service.errors import BadInput
from service.questions.asked import LONGEST_TEXT, Asked, wrong
from service.questions.ready import Question

NAMES: Mapping[str, str] = {
    "year": "nam",
    "since": "tu",
    "until": "den",
    "person": "nguoi",
    "part": "vai",
    "unit": "don-vi",
    "case": "ho-so",
    "criterion": "chi-tieu",
    "level": "cap",
    "verdict": "ket-luan",
    "outcome": "ket-qua",
    "status": "tinh-trang",
    "kind": "loai",
    "version": "phien-ban",
    "step": "buoc",
    "minutes": "phut",
    "returns": "so-lan",
    "event": "su-kien",
}
CURSOR = "sau"
_NUMBERS = {"year": 4, "minutes": 5, "returns": 2, "event": 6}
_DAYS = ("since", "until")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


def asked_in(args: MultiDict[str, str], question: Question) -> Asked:
    """What the address asks of `question`; raises BadInput naming the filter that cannot be."""
    given: dict[str, Any] = {}
    for name in question.fields:
        text = args.get(NAMES[name], "").strip()[:LONGEST_TEXT]
        if text:
            given[name] = _read(name, text)
    return Asked(**given)


def _read(name: str, text: str) -> Any:
    if name in _NUMBERS:
        if not (text.isascii() and text.isdigit() and len(text) <= _NUMBERS[name]):
            raise wrong(name, _("Ô này phải là số nguyên, nhiều nhất %(most)s chữ số.", most=_NUMBERS[name]))
        return int(text)
    if name in _DAYS:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not EARLIEST <= day <= LATEST:
            raise wrong(name, _("Ghi ngày từ 01/01/2000 đến 31/12/2100, ví dụ 20/11/2023."))
        return day
    return text


def arguments(asked: Asked) -> dict[str, Any]:
    """For url_for; what is as usual is left out, so that an address is short."""
    usual = Asked()
    return {
        NAMES[name]: value.isoformat() if isinstance(value, date) else value
        for name in NAMES
        if (value := getattr(asked, name)) != getattr(usual, name)
    }


def query_of(asked: Asked) -> str:
    return urlencode(arguments(asked))


def kept(query: str, question: Question) -> dict[str, Any] | None:
    """A kept question's arguments; None where an update of the system knows some of it no longer."""
    try:
        return arguments(asked_in(MultiDict(parse_qs(query)), question))
    except BadInput:
        return None


def typed(args: MultiDict[str, str]) -> dict[str, str]:
    """{filter: what stands in the address}, also where it is wrong: what the form shows again."""
    return {name: args.get(NAMES[name], "")[:LONGEST_TEXT] for name in NAMES}
