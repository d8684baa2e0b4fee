"""Fields of a draft as an open page takes them over: values as its controls show them, by whom, when."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import render_template

from forms import Component, Form
from service.cases.papers import files_of
from service.http.access import current_viewer
from service.models import EvidenceFile, Task
from service.processes.draft_fields import Stamp, by_numbers, split_place
from service.processes.queries import procedure
from service.tasks.draft_saving import Clash
from service.web import words
from service.web.criteria_grid import by_id
from service.web.field_words import place_of, said, shown_clashes, when, writers


def news(task: Task, changed: Mapping[str, tuple[Any, Stamp]]) -> dict[str, dict[str, Any]]:
    """{path: {value, who, when}} and for files the lines that show them as `html`."""
    form, files = _form(task), _Files(task)
    names = writers(stamp for _value, stamp in changed.values())
    return {
        path: {
            **_as_shown(path, value, form, files),
            "place": place_of(path, form) if form else path,
            "theirs": said(path, value, form, files) if form else "",
            "who": names.get(stamp.by, ""),
            "when": when(stamp),
        }
        for path, (value, stamp) in sorted(changed.items(), key=lambda item: by_numbers(item[0]))
    }


def clashes_in_json(task: Task, clashes: Iterable[Clash]) -> list[dict[str, Any]]:
    """Each with both contents in words, and the other's as the page's control takes it."""
    clashes, form, files = list(clashes), _form(task), _Files(task)
    if form is None:
        return []
    shown = shown_clashes(clashes, form, files)
    return [
        {**vars(one), **_as_shown(clash.path, clash.theirs, form, files)}
        for one, clash in zip(shown, clashes, strict=True)
    ]


class _Files(Mapping[str, EvidenceFile]):
    """The case's files by id, read once and only where a field names some."""

    def __init__(self, task: Task) -> None:
        self.task = task

    @functools.cached_property
    def _found(self) -> dict[str, EvidenceFile]:
        return by_id(files_of(self.task.case_id, current_viewer()))

    def __getitem__(self, file_id: str) -> EvidenceFile:
        return self._found[file_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _as_shown(path: str, value: Any, form: Form | None, files: _Files) -> dict[str, Any]:
    component = _component(path, form)
    kind = component.type if component else ""
    if path.endswith(".evidence") or kind == "filepicker":
        chosen = [files[one] for one in value or [] if one in files]
        html = render_template("files/_kept.html", name=path, task=files.task, chosen=chosen)
        return {"value": value or [], "html": html}
    if kind == "number":
        return {"value": words.number(value) if value else ""}
    if isinstance(value, bool):
        return {"value": "true" if value else ("false" if path.endswith(".agreed") else "")}
    return {"value": "" if value is None else value}


def _component(path: str, form: Form | None) -> Component | None:
    key, _dot, place = path.partition(".")
    if form is None or (place and split_place(place)[1]):
        return None
    return next((component for component in form.fields if component.key == key), None)


def _form(task: Task) -> Form | None:
    return procedure(task.case.process_version_id).form_of(task.element)
