"""The worklist's address: what is wanted of the list, as the arguments that people see, share and keep."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from service.errors import BadInput
from service.tasks.wanted import Wanted

NAMES: Mapping[str, str] = {
    "tab": "danh-sach",
    "search": "tim",
    "year": "nam",
    "district_id": "dia-ban",
    "element": "buoc",
    "holder": "nguoi",
    "flags": "dau-hieu",
    "sort": "sap-xep",
}
CURSOR = "sau"


def wanted_in(args: MultiDict[str, str]) -> Wanted:
    """Raises BadInput naming what the address has that is none of the list's."""
    flags = frozenset(flag for flag in args.getlist(NAMES["flags"]) if flag)
    return Wanted(
        tab=args.get(NAMES["tab"]) or "open",
        search=args.get(NAMES["search"], "").strip()[:100],
        year=_year(args.get(NAMES["year"], "")),
        district_id=_district(args.get(NAMES["district_id"], "")),
        element=args.get(NAMES["element"], "")[:100],
        holder=args.get(NAMES["holder"], ""),
        flags=flags,
        sort=args.get(NAMES["sort"]) or "due",
    )


def wanted_of(query: str) -> Wanted:
    """Of a kept filter."""
    return wanted_in(MultiDict(parse_qs(query)))


def arguments(wanted: Wanted, **changes: Any) -> dict[str, Any]:
    """For url_for; what is as usual is left out, so that an address is short."""
    wanted, usual = replace(wanted, **changes), Wanted()
    given = {
        NAMES[name]: sorted(value) if isinstance(value, frozenset) else value
        for name in NAMES
        if (value := getattr(wanted, name)) != getattr(usual, name)
    }
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in given.items()}


def query_of(wanted: Wanted) -> str:
    return urlencode(arguments(wanted), doseq=True)


def _year(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise BadInput(
            _("Năm xét phải gồm 4 chữ số, ví dụ 2023."), fields={"year": [_("Ghi năm bằng 4 chữ số.")]}
        )
    return int(text)


def _district(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        sentence = _("Không có địa bàn này. Hãy chọn trong danh sách.")
        raise BadInput(sentence, fields={"district_id": [sentence]}) from None
