"""Scenes of the studio: drafts begun, saved, submitted, decided about, published, given up."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from service.jobs.outbox import drain
from service.processes.packaged import packaged_diagram
from service.studio import approval, forms, operations, scenarios
from service.studio.form_texts import form_hash
from service.studio.guards import LegalBasis
from service.studio.play.acts import Act as Played
from service.studio.queries import read_draft
from tests.builders import NOON, person

Act = Callable[[], object]
Scene = Callable[[], Act]
DRAWER, APPROVER = "quytrinh-so-tttt", "quytrinh-vanphong"
BASIS = LegalBasis("9/QĐ-UBND", date(2023, 11, 1), date(2024, 1, 1), "Đổi tên một bước.")
DIAGRAM = packaged_diagram().replace(b'name="\xc4\x90\xc3\xa3 m\xe1\xbb\x9f', b'name="M\xe1\xbb\x9f')
# How far a draft has come: its rev.
DRAWN, SUBMITTED, APPROVED = 2, 3, 4


def _by(who: str = DRAWER) -> dict[str, Any]:
    return {"by": person(who), "now": NOON}


def drafts_of_every_state() -> list[uuid.UUID]:
    """The drafts begun, submitted and approved; one more is published, for a later day, and one given up."""
    drafts = [draft_that_came(come) for come in (DRAWN, SUBMITTED, APPROVED)]
    approval.publish_draft(draft_id=draft_that_came(APPROVED), rev=APPROVED, **_by())
    operations.withdraw_draft(draft_id=draft_that_came(), rev=1, **_by())
    return drafts


def draft_that_came(come: int = 1) -> uuid.UUID:
    draft = operations.draft_from_version(key="recognition", version=1, **_by())
    if come >= DRAWN:
        operations.save_draft(draft_id=draft, rev=1, diagram=DIAGRAM, **_by())
    if come >= SUBMITTED:
        approval.submit_draft(draft_id=draft, rev=2, basis=BASIS, **_by())
    if come >= APPROVED:
        approval.approve_draft(draft_id=draft, rev=3, content_hash=_hash(draft), **_by(APPROVER))
    return draft


# What the shortest course comes to: the commune withdraws on the day on which its case is opened.
COURSE = (Played("start", day=date(2023, 11, 20), year=2023), Played("message", "withdrawal_requested"))


def _scenario() -> tuple[uuid.UUID, uuid.UUID]:
    draft = draft_that_came()
    source = read_draft(draft)
    return draft, scenarios.save_scenario(source=source, name="Xã rút hồ sơ", acts=COURSE, **_by())


def _keeping() -> Act:
    source = read_draft(draft_that_came())
    return partial(scenarios.save_scenario, source=source, name="Xã rút hồ sơ", acts=COURSE, **_by())


def _accepting() -> Act:
    draft, scenario = _scenario()
    source = read_draft(draft)
    return partial(scenarios.accept_outcome, source=source, scenario_id=scenario, rev=1, **_by())


def _recording() -> Act:
    draft, scenario = _scenario()
    source = read_draft(draft)
    return partial(
        scenarios.record_anew, source=source, scenario_id=scenario, rev=1, acts=COURSE[:1], **_by()
    )


def _of_scenario(act: Callable[..., object], **more: Any) -> Scene:
    return lambda: partial(act, key="recognition", scenario_id=_scenario()[1], rev=1, **more, **_by())


def _hash(draft: uuid.UUID) -> str:
    return read_draft(draft).content_hash


def _approving() -> Act:
    draft = draft_that_came(SUBMITTED)
    asked = {"draft_id": draft, "rev": SUBMITTED, "content_hash": _hash(draft)}
    return partial(approval.approve_draft, **asked, note="Đồng ý.", **_by(APPROVER))


def _at(come: int, act: Callable[..., object], who: str = DRAWER, **more: Any) -> Scene:
    return lambda: partial(act, draft_id=draft_that_came(come), rev=come, **more, **_by(who))


def _saving_a_form() -> Act:
    draft = draft_that_came()
    based = form_hash(read_draft(draft).forms["self_assess"])
    asked = {"draft_id": draft, "rev": 1, "key": "self_assess", "based": based, "text": "{}"}
    return partial(forms.save_form, **asked, **_by())


def _removing_a_form() -> Act:
    draft = draft_that_came()
    forms.add_form(draft_id=draft, rev=1, key="them", title="Thêm", **_by())
    return partial(forms.remove_form, draft_id=draft, rev=2, key="them", **_by())


def _untold() -> Act:
    draft_that_came(SUBMITTED)
    return partial(drain, NOON)


STUDIO_ATOMIC: dict[str, Scene] = {
    "studio.operations.draft_from_version": lambda: partial(
        operations.draft_from_version, key="recognition", version=1, **_by()
    ),
    "studio.operations.draft_from_files": lambda: partial(
        operations.draft_from_files, diagram=DIAGRAM, forms={}, **_by()
    ),
    "studio.operations.save_draft": _at(1, operations.save_draft, diagram=DIAGRAM),
    "studio.operations.withdraw_draft": _at(1, operations.withdraw_draft),
    "studio.scenarios.save_scenario": _keeping,
    "studio.scenarios.rename_scenario": _of_scenario(scenarios.rename_scenario, name="Rút hồ sơ"),
    "studio.scenarios.accept_outcome": _accepting,
    "studio.scenarios.record_anew": _recording,
    "studio.scenarios.delete_scenario": _of_scenario(scenarios.delete_scenario),
    "studio.forms.save_form": _saving_a_form,
    "studio.forms.add_form": _at(1, forms.add_form, key="them", title="Thêm"),
    "studio.forms.import_forms": _at(1, forms.import_forms, files={"them": b"{}"}),
    "studio.forms.rename_form": _at(1, forms.rename_form, key="self_assess", new_key="tu_danh_gia"),
    "studio.forms.remove_form": _removing_a_form,
    "studio.approval.submit_draft": _at(DRAWN, approval.submit_draft, basis=BASIS),
    "studio.approval.approve_draft": _approving,
    "studio.approval.return_draft": _at(SUBMITTED, approval.return_draft, APPROVER, note="Thiếu căn cứ."),
    "studio.approval.take_draft_back": _at(APPROVED, approval.take_draft_back),
    "studio.approval.publish_draft": _at(APPROVED, approval.publish_draft),
}
STUDIO_STAGED: dict[str, Scene] = {"a draft of which its approver is told": _untold}
STUDIO_WITHIN = {
    "jobs.announcing.deliver_draft_told": "a draft of which its approver is told",
    "notifications.drafts.announce_draft": "a draft of which its approver is told",
}
