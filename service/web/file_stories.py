"""What pages say of a file beside its name: who brought it, which versions there are, whether it changes."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from flask import g

from service.dossiers.media_types import SHOWN_INLINE
from service.dossiers.queries import FileStory, stories_of
from service.http.access import current_viewer
from service.models import EvidenceFile, Task


def file_story(file: EvidenceFile) -> FileStory | None:
    """The file among its versions, None where it is not visible; a case's files are read once per request."""
    return _stories(file.case_id).get(file.id)


def may_replace(file: EvidenceFile, task: Task) -> bool:
    """Whether a newer version may take its place at this task: its own step's file, not replaced yet."""
    story = file_story(file)
    if story is None or story.newer is not None:
        return False
    return (story.element, story.unit_id) == (task.element, task.unit_id)


def files_to_choose(case_id: uuid.UUID, besides: Collection[str]) -> list[EvidenceFile]:
    """The newest versions of what lies in the dossier already, without those that are chosen."""
    return [
        story.file
        for story in _stories(case_id).values()
        if story.newer is None and str(story.file.id) not in besides
    ]


def is_shown_inline(file: EvidenceFile) -> bool:
    return file.media_type in SHOWN_INLINE


def _stories(case_id: uuid.UUID) -> dict[uuid.UUID, FileStory]:
    known: dict[uuid.UUID, dict[uuid.UUID, FileStory]] = g.setdefault("file_stories", {})
    if case_id not in known:
        known[case_id] = stories_of(case_id, current_viewer())
    return known[case_id]


def choosing_files(place: str) -> dict[str, Any]:
    """The part of the task page's address that opens the choice of files at a criterion or a file field."""
    return {"tep": place, "_anchor": f"row-{place}" if place[:1].isdigit() else f"{place}-files"}
