"""A draft's way: drawn, submitted, approved by somebody elsewhere with its change of rights, published."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.errors import BadDefinition, BadInput, NotAllowed, SeparationOfDuties, WrongState
from service.jobs.outbox import drain
from service.models import Event, Notification, ProcessDraft
from service.processes.packaged import packaged_diagram, packaged_forms
from service.processes.queries import read_version, version_in_force
from service.studio.approval import (
    approve_draft,
    publish_draft,
    return_draft,
    submit_draft,
    take_draft_back,
)
from service.studio.expected import ChangedMeanwhile
from service.studio.guards import LegalBasis
from service.studio.operations import (
    draft_from_files,
    draft_from_version,
    save_draft,
    withdraw_draft,
)
from service.studio.queries import list_drafts, read_draft, time_lines
from service.studio.record import course_of
from tests.builders import NOON, person

DRAWER, APPROVER = "quytrinh-so-tttt", "quytrinh-vanphong"
BASIS = LegalBasis("2024/QĐ-UBND", date(2023, 11, 15), date(2024, 1, 1), "Sở tự ký.")
# The chairman's step would be prepared by Sở's officer and signed by its leader.
TAKEN_OVER = {
    b'camunda:candidateGroups="chairman"': b'camunda:candidateGroups="department"',
    b'name="signer" value="chairman"': b'name="signer" value="leader"',
}


def changed(changes: Mapping[bytes, bytes]) -> bytes:
    diagram = packaged_diagram()
    for before, after in changes.items():
        assert diagram.count(before) == 1
        diagram = diagram.replace(before, after)
    return diagram


def drawn(changes: Mapping[bytes, bytes] = TAKEN_OVER) -> tuple[uuid.UUID, int]:
    draft = draft_from_version(key="recognition", version=1, by=person(DRAWER), now=NOON)
    return draft, save_draft(draft_id=draft, rev=1, diagram=changed(changes), by=person(DRAWER), now=NOON).rev


def kinds(draft: uuid.UUID) -> list[str]:
    events = db.session.scalars(select(Event).where(Event.stream == "process").order_by(Event.seq))
    return [one.type for one in events if str(draft) in str(orjson.loads(one.body)["data"])]


def bells(name: str) -> list[tuple[str, bool]]:
    """(the title without the name of the draft, whether it is read), oldest first."""
    drain(NOON)
    db.session.rollback()
    query = select(Notification).where(Notification.user_id == person(name).id).order_by(Notification.id)
    return [
        (" … ".join(re.split(" ?“.*” ?", one.title)), one.read_at is not None)
        for one in db.session.scalars(query)
    ]


def test_four_eyes_make_a_version_that_cases_run_by_from_its_day_on(either_core: Flask) -> None:
    draft, rev = drawn()
    drawer, approver = person(DRAWER), person(APPROVER)

    with pytest.raises(ChangedMeanwhile) as told:
        save_draft(draft_id=draft, rev=1, diagram=b"<a/>", by=approver, now=NOON)
    assert told.value.details["rev"] == 2
    with pytest.raises(BadInput):
        save_draft(draft_id=draft, rev=rev, diagram=b"<a", by=drawer, now=NOON)
    with pytest.raises(NotAllowed):
        draft_from_version(key="recognition", version=1, by=person("so-tttt-giamdoc"), now=NOON)

    submit_draft(draft_id=draft, rev=rev, basis=BASIS, by=drawer, now=NOON)
    content_hash = read_draft(draft).content_hash
    waits = "Chờ phê duyệt: bản thảo quy trình … "
    assert (bells(APPROVER), bells(DRAWER)) == ([(waits, False)], [])
    with pytest.raises(WrongState):
        save_draft(draft_id=draft, rev=3, diagram=b"<a/>", by=drawer, now=NOON)
    with pytest.raises(SeparationOfDuties):
        approve_draft(draft_id=draft, rev=3, content_hash=content_hash, by=drawer, now=NOON)
    with pytest.raises(WrongState):  # not what was shown
        approve_draft(draft_id=draft, rev=3, content_hash="0" * 64, by=approver, now=NOON)
    with pytest.raises(WrongState):  # nobody has approved it
        publish_draft(draft_id=draft, rev=3, by=drawer, now=NOON)
    rights = approve_draft(
        draft_id=draft, rev=3, content_hash=content_hash, note="Đồng ý.", by=approver, now=NOON
    )
    approved = "Bản thảo quy trình … đã được phê duyệt, ban hành được từ bây giờ"
    assert (bells(APPROVER), bells(DRAWER)) == ([(waits, True)], [(approved, False)])
    version_id = publish_draft(draft_id=draft, rev=4, by=approver, now=NOON)
    assert bells(DRAWER)[1:] == [("Bản thảo quy trình … đã được ban hành", False)]

    assert {(one.step, one.kind, one.way) for one in rights} == {
        ("chairman_decide", "acting", "lost"),
        ("chairman_decide", "acting", "gained"),
        ("chairman_decide", "seeing", "lost"),
        ("chairman_decide", "seeing", "gained"),
        ("", "excluding", "lost"),
    }
    assert any(one.sentence.startswith("Chuyên viên Sở TTTT soạn") for one in rights if one.way == "gained")
    seen = {one.sentence for one in rights if (one.kind, one.way) == ("seeing", "gained")}
    assert seen == {"Sở TTTT xem và điền biểu mẫu “Xem xét, công nhận” ở bước “Xem xét, công nhận”."}
    published = read_version("recognition", 2)
    assert (published.id, published.legal_basis) == (version_id, "2024/QĐ-UBND ngày 15/11/2023")
    assert published.diagram == changed(TAKEN_OVER)
    assert version_in_force("recognition", date(2023, 12, 31)).version == 1
    assert version_in_force("recognition", date(2024, 1, 1)).version == 2
    line = time_lines(date(2023, 11, 20))["recognition"]
    assert [(one.version, one.standing, one.until) for one in line] == [
        (2, "coming", None),
        (1, "in_force", date(2024, 1, 1)),
    ]
    stored = db.session.get(ProcessDraft, draft)
    assert stored is not None
    assert (stored.state, stored.rights) == ("published", [one.as_json() for one in rights])
    assert kinds(draft) == [
        "process_draft_created",
        "process_draft_saved",
        "process_draft_submitted",
        "process_draft_approved",
        "process_published",
        "process_draft_published",
    ]
    course = [(one.what, one.note) for one in course_of(draft, "recognition")]
    assert course[1:3] == [("Trình phê duyệt", "Sở tự ký."), ("Phê duyệt", "Đồng ý.")]


def test_what_is_wrong_or_the_same_is_not_submitted_and_what_is_sent_back_may_be_drawn_on(
    core: Flask,
) -> None:
    drawer, approver = person(DRAWER), person(APPROVER)
    broken, rev = drawn({b'camunda:formKey="self_assess"': b'camunda:formKey="khac"'})
    same = draft_from_version(key="recognition", version=1, by=drawer, now=NOON)
    good, good_rev = drawn()
    imported = draft_from_files(
        diagram=packaged_diagram().replace(b'"recognition"', b'"thu_tuc_khac"'),
        forms=packaged_forms(),
        by=drawer,
        now=NOON,
    )

    with pytest.raises(BadDefinition):
        submit_draft(draft_id=broken, rev=rev, basis=BASIS, by=drawer, now=NOON)
    with pytest.raises(BadInput, match="giống hệt phiên bản 1"):
        submit_draft(draft_id=same, rev=1, basis=BASIS, by=drawer, now=NOON)
    past = LegalBasis("", date(2024, 1, 1), date(2023, 1, 1))
    with pytest.raises(BadInput) as told:
        submit_draft(draft_id=good, rev=good_rev, basis=past, by=drawer, now=NOON)
    assert set(told.value.fields) == {"legal_number", "legal_date", "effective_on"}

    submit_draft(draft_id=good, rev=2, basis=BASIS, by=drawer, now=NOON)
    with pytest.raises(SeparationOfDuties):
        return_draft(draft_id=good, rev=3, note="Tự trả lại.", by=drawer, now=NOON)
    with pytest.raises(WrongState):
        take_draft_back(draft_id=good, rev=3, by=approver, now=NOON)
    return_draft(draft_id=good, rev=3, note="Thiếu căn cứ.", by=approver, now=NOON)
    assert (read_draft(good).state, read_draft(good).decision_note) == ("draft", "Thiếu căn cứ.")
    submit_draft(draft_id=good, rev=4, basis=BASIS, by=drawer, now=NOON)
    take_draft_back(draft_id=good, rev=5, by=drawer, now=NOON)
    withdraw_draft(draft_id=good, rev=6, by=drawer, now=NOON)
    with pytest.raises(WrongState):
        withdraw_draft(draft_id=good, rev=7, by=drawer, now=NOON)

    assert read_draft(imported).key == "thu_tuc_khac"
    assert read_draft(imported).based_on is None
    assert {one.id for one in list_drafts()} == {broken, same, imported}
    assert [one.id for one in list_drafts(closed=True)] == [good]
