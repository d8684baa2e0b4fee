"""The criteria table: one entry per criterion at one level, and the reasons of a return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from forms.cleaning import clean_files, clean_text, is_empty
from forms.components import Component

MAX_RAW = 2_000
MAX_REASON = 5_000
_DECISION_WORDS = {"met": "đạt", "not_met": "chưa đạt", "not_applicable": "không áp dụng"}
_TEXTS = {
    "raw": ("kết quả", MAX_RAW),
    "reason": ("lý do", MAX_REASON),
    "difficulty": ("khó khăn", MAX_REASON),
}


def clean_criteria(
    component: Component, value: object, criteria_ids: Sequence[str], *, partial: bool
) -> dict[str, dict[str, Any]]:
    """Entries by criterion, in the order of `criteria_ids`; rows without anything are left out.

    Each entry has raw, decision, reason, difficulty, evidence, and at a meeting agreed.
    A draft (`partial`) may hold a decision whose reason is not written yet.
    """
    return _by_criterion(
        component, value, criteria_ids, lambda criterion, entry: _entry(component, criterion, entry, partial)
    )


def clean_reasons(component: Component, value: object, criteria_ids: Sequence[str]) -> dict[str, str]:
    """Reasons by criterion, in the order of `criteria_ids`; empty ones are left out."""
    return _by_criterion(
        component,
        value,
        criteria_ids,
        lambda criterion, reason: clean_text(reason, f"Chỉ tiêu {criterion}: lý do", MAX_REASON),
    )


def _by_criterion(
    component: Component, value: object, criteria_ids: Sequence[str], clean: Any
) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValidationError(f"“{component.label}”: phải là các cặp mã tiêu chí – nội dung.")
    known = dict.fromkeys(criteria_ids)
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for raw_id, item in value.items():
        # People and spreadsheets write “3.1.”; it is the same criterion.
        criterion = str(raw_id).strip().removesuffix(".")
        if not isinstance(raw_id, str) or criterion not in known:
            errors[str(raw_id)[:20]] = [
                f"“{component.label}”: không có tiêu chí “{str(raw_id)[:20]}” trong năm này."
            ]
        elif criterion in found or criterion in errors:
            errors[criterion] = [f"Chỉ tiêu {criterion} được nhập hai lần."]
        elif item is not None:
            try:
                found[criterion] = clean(criterion, item)
            except ValidationError as error:
                errors[criterion] = error.messages
        if len(errors) > len(known):
            break
    kept = {criterion: found[criterion] for criterion in known if not _blank(found.get(criterion))}
    if errors:
        # What is right comes along, so that all that is wrong elsewhere can be told at the same time.
        raise ValidationError(errors, valid_data=kept)
    return kept


def _blank(item: object) -> bool:
    if isinstance(item, dict):
        return all(is_empty(value) for value in item.values())
    return is_empty(item)


def _entry(component: Component, criterion: str, entry: object, partial: bool) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise ValidationError(f"Chỉ tiêu {criterion}: phải là một đối tượng.")
    allowed = {"raw", "decision", "reason", "difficulty", "evidence"}
    allowed |= {"agreed"} if "agreed" in component.columns else set()
    unknown = [str(key)[:40] for key in entry if key not in allowed]
    if unknown:
        raise ValidationError({unknown[0]: [f"Chỉ tiêu {criterion}: không có cột “{unknown[0]}”."]})
    cleaned: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, (label, longest) in _TEXTS.items():
        try:
            cleaned[name] = clean_text(entry.get(name) or "", f"Chỉ tiêu {criterion}: {label}", longest)
        except ValidationError as error:
            errors[name] = error.messages
    try:
        cleaned["evidence"] = clean_files(entry.get("evidence") or [], f"Chỉ tiêu {criterion}: minh chứng")
    except ValidationError as error:
        errors["evidence"] = error.messages
    cleaned["decision"] = entry.get("decision") or None
    cleaned["agreed"] = entry.get("agreed")
    errors |= _rules(component, criterion, cleaned, partial)
    if errors:
        raise ValidationError(errors)
    order = ("raw", "decision", "reason", "difficulty", "evidence", "agreed")
    return {name: cleaned[name] for name in order if name in allowed}


def _rules(
    component: Component, criterion: str, entry: dict[str, Any], partial: bool
) -> dict[str, list[str]]:
    """What the law and the level allow; see docs/forms.md."""
    decision, errors = entry["decision"], {}
    if decision is not None and decision not in component.decisions:
        names = ", ".join(_DECISION_WORDS[name] for name in component.decisions)
        allowed = f"chỉ được quyết định: {names}" if names else "cấp này không tự quyết định, chỉ ghi kết quả"
        errors["decision"] = [f"Chỉ tiêu {criterion}: {allowed}."]
    elif decision is not None and not entry.get("reason") and not partial:
        errors["reason"] = [f"Chỉ tiêu {criterion}: quyết định “{_DECISION_WORDS[decision]}” phải ghi lý do."]
    for name in ("difficulty", "evidence"):
        if entry.get(name) and name not in component.columns:
            errors[name] = [f"Chỉ tiêu {criterion}: bảng này không có cột đó."]
    agreed = entry["agreed"]
    if agreed is not None and not isinstance(agreed, bool):
        errors["agreed"] = [f"Chỉ tiêu {criterion}: chọn “thống nhất” hoặc “còn ý kiến khác nhau”."]
    elif "agreed" in component.columns and not partial:
        errors |= _meeting_rules(criterion, entry)
    return errors


def _meeting_rules(criterion: str, entry: dict[str, Any]) -> dict[str, list[str]]:
    given = bool(entry.get("raw") or entry["decision"])
    if entry["agreed"] is True and not given:
        return {"raw": [f"Chỉ tiêu {criterion}: đã thống nhất thì phải ghi kết quả thống nhất."]}
    if entry["agreed"] is False and given:
        return {"raw": [f"Chỉ tiêu {criterion}: còn ý kiến khác nhau thì không ghi kết quả thống nhất."]}
    if entry["agreed"] is None and (given or entry.get("reason")):
        return {"agreed": [f"Chỉ tiêu {criterion}: chọn “thống nhất” hoặc “còn ý kiến khác nhau”."]}
    return {}
