"""Two sets of forms beside one another: which came, went or changed, and in what. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from service.studio.comparing import ADDED, CHANGED, HOW, REMOVED, Change, Detail
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
            differing = [one for one in dict.fromkeys([*old, *new]) if old.get(one) != new.get(one)]
            yield Detail(what, _shown(old, differing), _shown(new, differing))


def _called(key: str, field: Mapping[str, Any]) -> str:
    return str(field.get("label") or field.get("text") or key)[:80]


def _shown(field: Mapping[str, Any], names: list[str]) -> str:
    return "; ".join(
        f"{name}: {json.dumps(field[name], ensure_ascii=False)[:120]}" for name in names if name in field
    )


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
