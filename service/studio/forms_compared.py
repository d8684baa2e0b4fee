"""Two sets of forms beside one another: which came, went or changed, and in what. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from service.studio.choosing.sentences import Labels
from service.studio.comparing import ADDED, CHANGED, HOW, REMOVED, Change, Detail
from service.studio.form_said import words_of
from service.wording import _


def compare_forms(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """One change per form, its fields as details."""
    found = []
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        how = ADDED if was is None else REMOVED if now is None else CHANGED
        details: tuple[Detail, ...] = ()
        if how != REMOVED:
            details = tuple(_asked(now or "") if how == ADDED else _details(was or "", now or ""))
        if how == CHANGED and not details:
            details = (Detail(_("Cách trình bày tệp"), "", ""),)
        found.append(Change(key, key, _("Biểu mẫu"), how, details))
    return found


def _asked(text: str) -> Iterator[Detail]:
    """What a new form asks for: its fields; texts and groups are none."""
    for key, field in _fields(text).items():
        if key and field.get("key"):
            yield Detail(_("Ô “%(name)s”", name=_called(key, field)), "", "")


def _details(before: str, after: str) -> Iterator[Detail]:
    was, now = _fields(before), _fields(after)
    labels = _labels({**was, **now})
    for key in dict.fromkeys([*was, *now]):
        old, new = was.get(key), now.get(key)
        if old == new:
            continue
        what = _("Ô “%(name)s”", name=_called(key, new or old or {}))
        if old is None or new is None:
            yield Detail(
                what, "" if old is None else HOW[REMOVED].lower(), "" if new is None else HOW[ADDED].lower()
            )
        else:
            read, written = words_of(old, labels), words_of(new, labels)
            differing = [one for one in dict.fromkeys([*read, *written]) if read.get(one) != written.get(one)]
            yield Detail(what, _shown(read, differing), _shown(written, differing))


def _labels(fields: Mapping[str, Mapping[str, Any]]) -> Labels:
    """What a condition within the form calls its fields, buttons and choices; the form itself has no key."""
    form = fields.get("", {}).get("properties")
    buttons = {
        name.removeprefix("action."): str(label)
        for name, label in (form.items() if isinstance(form, dict) else ())
        if name.startswith("action.")
    }
    values = {
        key: {
            str(one.get("value")): str(one.get("label")) for one in field["values"] if isinstance(one, dict)
        }
        for key, field in fields.items()
        if isinstance(field.get("values"), list)
    }
    called = {key: _called(key, field) for key, field in fields.items()}
    return Labels({**called, "action": _("Nút đã bấm")}, {**values, "action": buttons})


def _is_object(one: Any) -> bool:
    return isinstance(one, dict)


def _called(key: str, field: Mapping[str, Any]) -> str:
    return str(field.get("label") or field.get("text") or key)[:80]


def _shown(field: Mapping[str, str], names: list[str]) -> str:
    return "; ".join(f"{name}: {field[name]}" for name in names if name in field)


def _fields(text: str) -> dict[str, dict[str, Any]]:
    """Components by key (else id), without those inside; {} where the text is no form."""
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, dict[str, Any]] = {}
    waiting = [form]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, dict):
            continue
        inner = one.get("components")
        waiting += inner if isinstance(inner, list) else []
        own = {name: value for name, value in one.items() if name != "components"}
        if one is form:
            found[""] = own
        else:
            found[str(one.get("key") or one.get("id") or len(found))] = own
    return found
