"""A file as it is told beside a field: two hundred of them are on a page, so each is worked out in one go."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import g, url_for
from markupsafe import Markup

from service.dossiers.queries import FileStory
from service.models import EvidenceFile, Task
from service.web import words
from service.web.file_stories import file_story, may_replace

_ANY_FILE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """`story` None where the viewer may not see it; `replaceable`: a newer version may take its place."""

    id: str
    address: str
    size: str
    uploaded: str
    short_hash: Markup
    story: FileStory | None
    replaceable: bool


def kept_file(file: EvidenceFile, task: Task) -> KeptFile:
    file_id = str(file.id)
    return KeptFile(
        id=file_id,
        address=_pattern().replace(str(_ANY_FILE), file_id),
        size=words.file_size(file.size),
        uploaded=words.moment(file.uploaded_at),
        short_hash=short_hash(file),
        story=file_story(file),
        replaceable=may_replace(file, task),
    )


def short_hash(file: EvidenceFile) -> Markup:
    """Its first digits, the whole of it under the pointer; hexadecimal, so nothing is there to be escaped."""
    return Markup(f'<code class="hash" title="SHA-256: {file.sha256}">{file.sha256[:12]}…</code>')  # noqa: S704


def _pattern() -> str:
    """The address of a file's page, put together once per request."""
    if "file_address" not in g:
        g.file_address = url_for("pages.file_page", file_id=_ANY_FILE)
    return g.file_address  # type: ignore[no-any-return]
