"""A field of a work form in words: what it is called, what stands in it, who wrote it when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from forms import Component, Form
from service.http.access import current_viewer
from service.identity.queries import names_of
from service.models import EvidenceFile
from service.processes.draft_fields import Stamp, split_place
from service.tasks.draft_saving import Clash
from service.web import words

LONGEST = 300


@dataclass(frozen=True)
class ShownClash:
    """One field that two people wrote: where, both contents, and whose the stored one is."""

    path: str
    place: str
    mine: str
    theirs: str
    who: str
    when: str


def shown_clashes(
    clashes: Iterable[Clash], form: Form, files: Mapping[str, EvidenceFile]
) -> list[ShownClash]:
    clashes = list(clashes)
    names = writers(clash.stamp for clash in clashes)
    return [
        ShownClash(
            clash.path,
            place_of(clash.path, form),
            said(clash.path, clash.mine, form, files),
            said(clash.path, clash.theirs, form, files),
            names.get(clash.stamp.by, _("người khác")),
            when(clash.stamp),
        )
        for clash in clashes
    ]


def writers(stamps: Iterable[Stamp]) -> dict[uuid.UUID | None, str]:
    """{who: name}; one's own other tab is told as such."""
    users = {stamp.by for stamp in stamps if stamp.by is not None}
    mine = current_viewer().id
    named: dict[uuid.UUID | None, str] = {mine: _("chính ông/bà, ở thẻ hoặc máy khác")}
    named.update(names_of(users - {mine}).items())
    return named


def when(stamp: Stamp) -> str:
    return words.moment(stamp.at) if stamp.at else ""


def place_of(path: str, form: Form) -> str:
    """“Chỉ tiêu 2.6, Kết quả”, or what the form calls a field outside the table."""
    key, _dot, place = path.partition(".")
    if key == "action":
        return _("Việc sẽ làm ở bước này")
    component = _component(key, form)
    if component is None or not place:
        return component.label if component else path
    criterion, cell = split_place(place)
    label = cell_label(cell) if cell else component.label
    return _("Chỉ tiêu %(criterion)s, %(cell)s", criterion=criterion, cell=label)


def cell_label(cell: str) -> str:
    return {
        "raw": _("Kết quả"),
        "decision": _("Tự kết luận"),
        "reason": _("Lý do"),
        "difficulty": _("Khó khăn"),
        "evidence": _("Minh chứng"),
        "agreed": _("Thống nhất"),
    }.get(cell, cell)


def said(path: str, value: Any, form: Form, files: Mapping[str, EvidenceFile]) -> str:
    """The value in words, short enough for a line; “(trống)” for none."""
    text = _plain(path, value, form, files)
    return (text if len(text) <= LONGEST else f"{text[:LONGEST]}…") or _("(trống)")


def _plain(path: str, value: Any, form: Form, files: Mapping[str, EvidenceFile]) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        yes, no = (
            (_("Thống nhất"), _("Còn ý kiến khác nhau"))
            if path.endswith(".agreed")
            else (_("Có"), _("Không"))
        )
        return yes if value else no
    named = _names(path, form)
    if isinstance(value, list):
        return "; ".join(_item(one, named, files) for one in value)
    return str(named.get(value, value))


def _names(path: str, form: Form) -> Mapping[str, str]:
    """What the values that one chooses among are called."""
    key = path.partition(".")[0]
    if path.endswith(".decision"):
        return words.DECISIONS
    if key == "action":
        return {action.name: action.label for action in form.actions}
    component = _component(key, form)
    return {option.value: option.label for option in component.options} if component else {}


def _item(value: Any, options: Mapping[str, str], files: Mapping[str, EvidenceFile]) -> str:
    if isinstance(value, Mapping):
        return " – ".join(str(one) for one in value.values() if one)
    if value in files:
        return files[value].name
    return str(options.get(value, value))


def _component(key: str, form: Form) -> Component | None:
    return next((component for component in form.fields if component.key == key), None)
