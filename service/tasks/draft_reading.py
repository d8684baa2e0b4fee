"""What is stored of a draft beside what somebody has just typed: to be shown again, or as news to a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.identity.viewer import Viewer
from service.models import Draft, Task
from service.processes.draft_fields import (
    Stamp,
    by_numbers,
    differing,
    digests_of,
    fields_of,
    known_stamps,
    stamp_of,
    with_fields,
)
from service.processes.queries import procedure
from service.tasks.draft_saving import Clash, FieldsChanged, Typed
from service.tasks.queries import answers_to_start_from, read_draft


@dataclass(frozen=True)
class Beside:
    """Typed words laid over what is `stored` now: `touched` is theirs alone, `clashes` stand in both."""

    stored: dict[str, Any]
    answers: dict[str, Any]
    touched: frozenset[str]
    clashes: tuple[Clash, ...]


def beside_stored(task: Task, viewer: Viewer, typed: Typed) -> Beside:
    """For a page that could not be stored: nothing of it is lost, nothing of what is stored is hidden."""
    draft = read_draft(task, viewer)
    stored = dict(draft.answers) if draft else _beginning(task)
    current, mine = fields_of(stored), fields_of(typed.answers)
    touched = differing(mine, current) if typed.touched is None else typed.touched
    stamps = stamps_of(draft)
    other = differing(digests_of(mine), digests_of(current))
    clashes = tuple(
        Clash(path, mine.get(path), current.get(path), stamp)
        for path in sorted(touched & other, key=by_numbers)
        if (stamp := stamp_of(stamps, path)).rev > typed.seen_rev or path in typed.undecided
    )
    return Beside(stored, with_fields(stored, {path: mine.get(path) for path in touched}), touched, clashes)


def whole_answers(task: Task, viewer: Viewer, typed: Typed) -> dict[str, Any]:
    """What is handed up or sent at once: the draft as it is stored, with what was typed laid over.

    Raises FieldsChanged where that meets somebody else's words: those are looked at first.
    """
    beside = beside_stored(task, viewer, typed)
    if typed.touched is not None and beside.clashes:
        raise FieldsChanged(beside.clashes)
    return dict(typed.answers) if typed.touched is None else beside.answers


def changed_since(
    answers: Mapping[str, Any], changed_at: Mapping[str, Any], seen_rev: int, until: int
) -> dict[str, tuple[Any, Stamp]]:
    """{path: (value, who wrote it when)} of what changed after `seen_rev` and up to `until`, both revs."""
    values, found = fields_of(answers), {}
    for path in changed_at.keys() | values.keys():
        stamp = stamp_of(changed_at, path)
        if seen_rev < stamp.rev <= until and path[:1].isalpha():
            found[path] = (values.get(path), stamp)
    return found


def stamps_of(draft: Draft | None) -> dict[str, Any]:
    return known_stamps(draft.changed_at, draft.rev, draft.saved_by, draft.saved_at) if draft else {}


def _beginning(task: Task) -> dict[str, Any]:
    form = procedure(task.case.process_version_id).form_of(task.element)
    return answers_to_start_from(task.case_id, task.element, form)
