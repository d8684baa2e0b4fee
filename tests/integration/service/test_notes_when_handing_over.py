"""What colleagues say beside a task that changes hands, and the bell when somebody stands in for somebody."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from service.administration.substitutions import end_substitution
from service.audit.queries import case_events
from service.cases.timeline import timeline
from service.database import db
from service.errors import BadInput
from service.jobs.announcing import announce_due
from service.jobs.outbox import drain
from service.models import EventPrivatePart, Notification, User
from service.tasks.handling import LONGEST_NOTE, delegate_task, give_back_task, hand_over_task
from service.tasks.operations import claim_task
from service.tasks.queries import read_task
from service.tasks.received import Hand, last_hand
from tests.builders import NOON, an_open_case, case_of, open_task, person
from tests.integration.service.scenes import nothing_is_wrong
from tests.integration.service.test_handling import COLLEAGUE, OFFICER, a_colleague
from tests.integration.service.test_substitutions import LEADER, OTHER, arranged

NOTE = "Chỉ tiêu 2.6 còn thiếu\nminh chứng của Viettel."


def told(username: str) -> list[tuple[str, str]]:
    """(title, body) under somebody's bell, oldest first."""
    db.session.rollback()
    rows = db.session.execute(
        select(Notification.title, Notification.body)
        .join(User, User.id == Notification.user_id)
        .where(User.username == username)
        .order_by(Notification.id)
    )
    return [(row.title, row.body) for row in rows]


def test_the_receiver_reads_the_note_and_no_other_unit_does(either_core: Flask) -> None:
    to = a_colleague()
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    officer, colleague = person(OFFICER), person(COLLEAGUE)
    claim_task(task_id=task_id, by=officer, now=NOON)
    assert last_hand(read_task(task_id, officer), officer) is None

    delegate_task(task_id=task_id, to=to, by=officer, now=NOON, note=f"  {NOTE}\x00 \n\n")

    expected = Hand("task_delegated", officer.name, NOON, NOTE)
    for reader in (colleague, officer, person("xa-thidu-lanhdao")):
        assert last_hand(read_task(task_id, reader), reader) == expected, reader.username
    for stranger in ("so-tttt-chuyenvien", "huyen-bimson-chuyenvien", "kiemtra"):
        assert last_hand(read_task(task_id, person(stranger)), person(stranger)) is None, stranger
    # In the log only its digest, beside it the words, which retention may erase.
    [event] = [one for one in case_events(case_id) if one.type == "task_delegated"]
    assert event.data["noted"] is True
    assert "Viettel" not in str(event.data)
    assert event.private == {"note": NOTE}
    sentences = [one.sentence for one in timeline(case_of(case_id)) if one.kind == "task_delegated"]
    assert sentences[0].endswith("Có lời nhắn cho người nhận.")
    assert "Viettel" not in sentences[0]
    announce_due(NOON)
    [(title, body)] = [one for one in told(COLLEAGUE) if "được chuyển" in one[0]]
    assert "Có lời nhắn ở trang của việc này." in body
    assert "Viettel" not in title + body

    give_back_task(task_id=task_id, by=colleague, now=NOON)
    back = last_hand(read_task(task_id, officer), officer)
    assert back is not None
    assert (back.kind, back.by, back.note) == ("task_given_back", COLLEAGUE, "")
    with pytest.raises(BadInput):
        hand_over_task(task_id=task_id, to=to, by=officer, now=NOON, note="x" * (LONGEST_NOTE + 1))
    hand_over_task(task_id=task_id, to=to, by=officer, now=NOON)
    assert last_hand(read_task(task_id, colleague), colleague) == Hand(
        "task_handed_over", officer.name, NOON, ""
    )
    kept = select(EventPrivatePart.content).where(EventPrivatePart.name == "note")
    assert db.session.scalars(kept).all() == [NOTE.encode()]
    assert nothing_is_wrong()


def test_both_hear_of_a_substitution_but_not_who_arranged_it(core: Flask) -> None:
    mine = arranged(by=LEADER)
    drain(NOON)
    [(title, body)] = told(OTHER)
    assert title.startswith("Ông/bà xử lý thay: ")
    assert title.endswith(", UBND xã Thí Dụ")
    assert body.startswith("Từ 20/11/2023 đến hết 24/11/2023.")
    assert told(LEADER) == []  # who arranged it

    end_substitution(substitution_id=mine, by=person("quantri"), now=NOON)
    drain(NOON)
    assert [title.split(":")[0] for title, _ in told(OTHER)] == ["Ông/bà xử lý thay", "Kết thúc xử lý thay"]
    [(title, body)] = told(LEADER)
    assert title.startswith("Kết thúc xử lý thay: ")
    assert body == "Ngày cuối: 20/11/2023."
    assert nothing_is_wrong()
