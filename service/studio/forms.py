"""The forms of a draft: added, copied, brought in, saved while they are edited, renamed, removed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.database import transaction
from service.errors import BadInput, NotFound, WrongState
from service.identity.viewer import Viewer
from service.models import DraftState, ProcessDraft
from service.studio.expected import draft_in, draft_upon
from service.studio.form_texts import (
    MOST_FORMS,
    checked_key,
    form_hash,
    new_form,
    readable_text,
    shown_key,
    too_many,
)
from service.studio.form_uses import uses_of_forms, with_form_renamed
from service.studio.operations import Saved, change, drawing
from service.studio.record import record
from service.wording import _

LONGEST_TITLE = 200


@dataclass(frozen=True)
class _Change:
    """Texts by key, None for a form that goes; the drawing where it changes with them."""

    forms: Mapping[str, str | None]
    diagram: bytes | None = None


def save_form(
    *, draft_id: uuid.UUID, rev: int, key: str, based: str, text: str, by: Viewer, now: datetime
) -> Saved:
    """Keep what is edited, right as a form or not, upon the form with the hash `based`.

    Whoever stored the drawing or another form meanwhile is not in the way. Raises BadInput for what is no
    JSON within bounds, ChangedMeanwhile where another text of this form is stored, NotFound, WrongState.
    """
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(_("Biểu mẫu có ký tự không hợp lệ.")) from error
    kept = readable_text(raw, key)

    def act(draft: ProcessDraft) -> _Change:
        existing(draft, key)
        return _Change({key: kept})

    def same(draft: ProcessDraft) -> bool:
        return key in draft.forms and form_hash(draft.forms[key]) == based

    return _write(lambda: draft_upon(draft_id, rev, same), act, by, now)


def add_form(
    *,
    draft_id: uuid.UUID,
    rev: int,
    key: str,
    title: str = "",
    copy_of: str | None = None,
    by: Viewer,
    now: datetime,
) -> Saved:
    """A form that asks nothing yet, or a copy of another one. Raises BadInput for a key that is taken."""
    checked_key(key)
    title = title.strip()
    if copy_of is None and not 0 < len(title) <= LONGEST_TITLE:
        raise BadInput(_("Ghi tên biểu mẫu, không quá %(most)s ký tự.", most=LONGEST_TITLE))

    def act(draft: ProcessDraft) -> _Change:
        _refuse_taken(draft, key)
        if len(draft.forms) >= MOST_FORMS:
            raise too_many()
        return _Change({key: new_form(key, title) if copy_of is None else existing(draft, copy_of)})

    return _write(lambda: draft_in(DraftState.DRAFT, draft_id, rev), act, by, now)


def import_forms(
    *, draft_id: uuid.UUID, rev: int, files: Mapping[str, bytes], by: Viewer, now: datetime
) -> Saved:
    """Take in .form files by their keys, all or none; a form of the same key is replaced."""
    texts = {key: readable_text(raw, key) for key, raw in files.items()}

    def act(draft: ProcessDraft) -> _Change:
        for key in texts.keys() - draft.forms.keys():
            checked_key(key)
        if len(draft.forms.keys() | texts.keys()) > MOST_FORMS:
            raise too_many()
        return _Change(texts)

    return _write(lambda: draft_in(DraftState.DRAFT, draft_id, rev), act, by, now)


def rename_form(*, draft_id: uuid.UUID, rev: int, key: str, new_key: str, by: Viewer, now: datetime) -> Saved:
    """Give a form another key, in the steps that use it as well; nothing else of the drawing changes."""
    checked_key(new_key)

    def act(draft: ProcessDraft) -> _Change:
        text = existing(draft, key)
        if new_key == key:
            return _Change({})
        _refuse_taken(draft, new_key)
        diagram = with_form_renamed(draft.diagram, key, new_key)
        if diagram is None:
            raise BadInput(
                _(
                    "Không đổi được mã biểu mẫu trong sơ đồ một cách chắc chắn. Hãy sao chép biểu mẫu sang "
                    "mã mới rồi chọn lại biểu mẫu ở từng bước."
                )
            )
        return _Change({key: None, new_key: text}, diagram)

    return _write(lambda: draft_in(DraftState.DRAFT, draft_id, rev), act, by, now)


def remove_form(*, draft_id: uuid.UUID, rev: int, key: str, by: Viewer, now: datetime) -> Saved:
    """Take a form out that no step uses; raises WrongState where one does."""

    def act(draft: ProcessDraft) -> _Change:
        existing(draft, key)
        used = [use.name for use in uses_of_forms(draft.diagram) if use.form == key]
        if used:
            raise WrongState(
                _(
                    "Biểu mẫu %(key)s đang được dùng ở bước “%(steps)s”. Hãy chọn biểu mẫu khác cho bước đó "
                    "trong sơ đồ rồi xóa.",
                    key=shown_key(key),
                    steps="”, “".join(used[:5]),
                )
            )
        return _Change({key: None})

    return _write(lambda: draft_in(DraftState.DRAFT, draft_id, rev), act, by, now)


def existing(draft: ProcessDraft, key: str) -> str:
    """The form's text; raises NotFound."""
    text = draft.forms.get(key)
    if text is None:
        raise NotFound(_("Bản thảo không có biểu mẫu %(key)s.", key=shown_key(key)))
    return str(text)


def _refuse_taken(draft: ProcessDraft, key: str) -> None:
    if key in draft.forms:
        raise BadInput(_("Bản thảo đã có biểu mẫu mã %(key)s. Hãy đặt mã khác.", key=key))


def _write(
    find: Callable[[], ProcessDraft], act: Callable[[ProcessDraft], _Change], by: Viewer, now: datetime
) -> Saved:
    """One change of one draft by one person; what is there already keeps the rev."""
    with transaction() as session:
        connection = session.connection()
        viewer, seat = drawing(connection, by, now)
        draft = find()
        made = act(draft)
        forms = {key: text for key, text in {**draft.forms, **made.forms}.items() if text is not None}
        if forms == draft.forms:
            return Saved(draft.rev, draft.changed_at)
        values: dict[str, Any] = {
            "forms": forms,
            "editors": {**draft.editors, str(viewer.id): str(seat.unit_id)},
            "changed_at": now,
            "changed_by": viewer.id,
        }
        told: dict[str, Any] = {
            "rev": draft.rev + 1,
            "forms": {key: form_hash(text) for key, text in sorted(made.forms.items())},
        }
        if made.diagram is not None:
            digest = hashlib.sha256(made.diagram).hexdigest()
            values |= {"diagram": made.diagram, "diagram_hash": digest}
            told["diagram_hash"] = digest
        draft_id, key, rev = draft.id, draft.key, draft.rev
        change(connection, draft, values)
        record(connection, "process_draft_saved", draft_id, key, told, by=viewer.actor(seat), now=now)
        return Saved(rev + 1, now)
