"""Forms between HTML and answers: what was posted becomes the answers that the form's schema checks.

Field names are paths: `report_summary`, `criteria.1.10.raw`, `criteria_reasons.2.6`,
`opinion_taken_up.0.response`; files to add come as `upload.report_files` and `upload.criteria.1.10`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from forms import Component, Form
from service.processes.draft_fields import by_numbers

UPLOAD = "upload."
MOST_ROWS = 50
CRITERION_TEXTS = ("raw", "reason", "difficulty")


def answers_from(form: Form, posted: MultiDict[str, str], criteria_ids: Iterable[str]) -> dict[str, Any]:
    """Every field of the form as it was typed; empty ones are left out, nothing is checked yet."""
    ids = tuple(criteria_ids)
    answers: dict[str, Any] = {"action": posted.get("action", "")}
    for component in form.fields:
        value = _value(component, posted, ids)
        if value not in (None, "", [], {}):
            answers[component.key] = value
    return answers


def _value(component: Component, posted: MultiDict[str, str], ids: tuple[str, ...]) -> Any:
    match component.type:
        case "criteria":
            return {key: entry for key in ids if (entry := _entry(component, posted, key))}
        case "criteria_reasons":
            typed = {key: posted.get(f"{component.key}.{key}", "") for key in ids}
            return {key: reason for key, reason in typed.items() if reason.strip()}
        case "checkbox":
            return component.key in posted
        case "checklist" | "filepicker":
            return posted.getlist(component.key)
        case "dynamiclist":
            return _rows(component, posted)
    return posted.get(component.key, "")


def _entry(component: Component, posted: MultiDict[str, str], criterion: str) -> dict[str, Any]:
    base = f"{component.key}.{criterion}"
    entry: dict[str, Any] = {name: posted.get(f"{base}.{name}", "") for name in CRITERION_TEXTS}
    entry["decision"] = posted.get(f"{base}.decision") or None
    entry["evidence"] = posted.getlist(f"{base}.evidence")
    if "agreed" in component.columns:
        entry["agreed"] = {"true": True, "false": False}.get(posted.get(f"{base}.agreed", ""))
    return entry if any(value not in ("", None, []) for value in entry.values()) else {}


def _rows(component: Component, posted: MultiDict[str, str]) -> list[dict[str, str]]:
    rows = [
        {child.key: posted.get(f"{component.key}.{number}.{child.key}", "") for child in component.children}
        for number in range(MOST_ROWS)
    ]
    return [row for row in rows if any(value.strip() for value in row.values())]


@dataclass(frozen=True)
class Upload:
    """A file sent with a form: for a file field, or for a criterion of the criteria table."""

    key: str
    criterion: str | None
    file: FileStorage


def uploads_in(form: Form, files: MultiDict[str, FileStorage]) -> list[Upload]:
    """The files that came with a form, in the order of its fields."""
    table = next((component for component in form.fields if component.type == "criteria"), None)
    pickers = {component.key for component in form.fields if component.type == "filepicker"}
    found = []
    for name, file in files.items(multi=True):
        if not file.filename or not name.startswith(UPLOAD):
            continue
        key, _, criterion = name.removeprefix(UPLOAD).partition(".")
        if key in pickers and not criterion:
            found.append(Upload(key, None, file))
        elif table is not None and key == table.key and criterion:
            found.append(Upload(key, criterion, file))
    return found


def with_file(answers: dict[str, Any], upload: Upload, file_id: str) -> None:
    """Note a stored upload in the answers it was sent with."""
    if upload.criterion is None:
        answers.setdefault(upload.key, []).append(file_id)
    else:
        entry = answers.setdefault(upload.key, {}).setdefault(upload.criterion, {})
        entry.setdefault("evidence", []).append(file_id)


@dataclass(frozen=True)
class FieldError:
    """One message and the id of the control it belongs to."""

    anchor: str
    message: str


def error_list(fields: Mapping[str, list[str]], form: Form) -> list[FieldError]:
    """Messages in the order of the form's fields, each leading to its control."""
    order = {component.key: place for place, component in enumerate(form.fields)}

    def place(path: str) -> tuple[int, list[tuple[int, str]]]:
        return order.get(path.split(".", 1)[0], -1), by_numbers(path)

    return [
        FieldError(control_id(path, form), message)
        for path in sorted(fields, key=place)
        for message in fields[path]
    ]


def by_criterion(reasons: Mapping[str, str]) -> list[tuple[str, str]]:
    """(criterion, reason) in the order of Phụ lục 01; what is stored is in the order of text."""
    return sorted(reasons.items(), key=lambda item: by_numbers(item[0]))


def control_id(path: str, form: Form) -> str:
    """The id of the control for an error's path; a whole criterion's error points at its result."""
    component = next((c for c in form.fields if c.key == path.split(".", 1)[0]), None)
    if component is not None and component.type == "criteria":
        parts = path.split(".")
        if len(parts) == 3:  # criteria.1.10: the row as a whole
            return f"{path}.raw"
        return f"{path}" if len(parts) > 3 else "criteria-grid"
    return path


def errors_under(fields: Mapping[str, list[str]], prefix: str) -> list[str]:
    """The messages of a path and of everything below it."""
    return [
        m
        for path, messages in fields.items()
        if path == prefix or path.startswith(f"{prefix}.")
        for m in messages
    ]
