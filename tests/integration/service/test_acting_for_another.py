"""*Xử lý thay*: in the seat of somebody absent, on the days given, and said so wherever the act is shown."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select

from service.cases.timeline import timeline
from service.database import db, transaction
from service.errors import NotAllowed
from service.models import Appointment, Document, Position
from service.tasks.operations import sign_task
from tests.builders import NOON, an_open_case, case_of, hand_up, person, story_answers
from tests.integration.service.scenes import position_of

OFFICER, LEADER, SUBSTITUTE = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "xa-minhhoa-lanhdao"
PAPER = "Giấy ủy quyền số 05/UQ-UBND"


def substitute(username: str, absent: str, first: date, last: date) -> None:
    with transaction() as session:
        session.execute(
            insert(Appointment).values(
                id=uuid.uuid4(),
                user_id=person(username).id,
                position_id=session.execute(
                    select(Position.id).where(Position.code == position_of(absent))
                ).scalar_one(),
                valid_from=first,
                valid_to=last,
                substitutes_id=person(absent).id,
                legal_basis=PAPER,
            )
        )


def test_a_substitute_signs_on_the_days_given_and_the_log_says_for_whom(core: Flask):
    today = NOON.date()
    substitute(SUBSTITUTE, LEADER, today, today)
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))

    with pytest.raises(NotAllowed):
        sign_task(task_id=task_id, by=person(SUBSTITUTE), now=NOON + timedelta(days=1))
    sign_task(task_id=task_id, by=person(SUBSTITUTE), now=NOON)

    paper = db.session.scalars(select(Document).where(Document.case_id == case_id)).one()
    assert (paper.capacity, paper.signer_name) == ("TUQ.", person(SUBSTITUTE).name)
    seat = next(seat for seat in person(SUBSTITUTE).seats if seat.substitutes)
    assert (seat.substitutes, seat.legal_basis, seat.capacity) == (person(LEADER).id, PAPER, "TUQ.")
    case = case_of(case_id)
    signed = next(entry for entry in timeline(case) if entry.kind == "task_completed")
    assert signed.actor == person(SUBSTITUTE).name
    assert signed.sentence.endswith(f"Xử lý thay (theo ủy quyền) {person(LEADER).name}.")
