"""A draft as somebody who acts on it expects it: in this state, at the rev that they were shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from service.errors import DraftChanged, WrongState
from service.identity.queries import names_of
from service.models import DraftState, ProcessDraft
from service.studio.queries import STATES, read_draft
from service.wording import _


class ChangedMeanwhile(DraftChanged):
    """Another rev is stored than the one that was drawn upon; `details` say who stored it, when and which."""


def draft_in(state: DraftState, draft_id: uuid.UUID, rev: int) -> ProcessDraft:
    """Raises NotFound, WrongState in another state, DraftChanged at another rev."""
    draft = read_draft(draft_id)
    if draft.state != state:
        if state == DraftState.DRAFT:
            raise WrongState(_not_editable(draft))
        raise WrongState(
            _(
                "Bản thảo đang ở tình trạng “%(is)s”, việc này cần “%(needed)s”. Hãy tải lại trang.",
                **{"is": STATES[draft.state], "needed": STATES[state]},
            )
        )
    if draft.rev != rev:
        raise _changed_meanwhile(draft)
    return draft


def draft_upon(draft_id: uuid.UUID, rev: int, same: Callable[[ProcessDraft], bool]) -> ProcessDraft:
    """A draft that is being drawn, at that rev, or at a later one where what was drawn upon is the `same`.

    Diagram and forms are drawn at different pages: who stored one does not stand in the other's way.
    """
    draft = read_draft(draft_id)
    return draft_in(DraftState.DRAFT, draft_id, draft.rev if rev < draft.rev and same(draft) else rev)


def waiting_draft(draft_id: uuid.UUID, rev: int) -> ProcessDraft:
    """A draft that is submitted or approved."""
    approved = read_draft(draft_id).state == DraftState.APPROVED
    return draft_in(DraftState.APPROVED if approved else DraftState.SUBMITTED, draft_id, rev)


def _not_editable(draft: ProcessDraft) -> str:
    return _(
        "Bản thảo này ở tình trạng “%(state)s” nên không sửa được. Muốn sửa, hãy lấy lại trước khi ban "
        "hành, hoặc lập bản thảo mới.",
        state=STATES[draft.state],
    )


def _changed_meanwhile(draft: ProcessDraft) -> ChangedMeanwhile:
    who = names_of({draft.changed_by}).get(draft.changed_by, "")
    return ChangedMeanwhile(
        _("Bản thảo đã được %(who)s lưu ở nơi khác sau khi ông/bà mở trang này. Hãy tải lại trang.", who=who),
        who=who,
        at=draft.changed_at,
        rev=draft.rev,
    )
