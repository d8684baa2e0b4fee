"""*Xử lý thay* arranged: by whom, for whom and when; what is refused; who sees it; how it ends early."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from service.administration.absences import holders, list_substitutions
from service.administration.history import list_changes
from service.administration.substitutions import arrange_substitution, end_substitution
from service.database import db
from service.errors import BadInput, NotFound, WrongState
from service.identity.revocation import activate, deactivate
from service.models import Appointment, Event, User
from tests.builders import NOON, person
from tests.integration.service.scenes import at_once, nothing_is_wrong

TODAY, PAPER = NOON.date(), "Giấy ủy quyền số 05/UQ-UBND"
LEADER, OFFICER, OTHER = "xa-thidu-lanhdao", "xa-thidu-chuyenvien", "xa-minhhoa-lanhdao"


def seat_of(username: str) -> uuid.UUID:
    db.session.rollback()
    return db.session.execute(
        select(Appointment.id)
        .join(User, User.id == Appointment.user_id)
        .where(User.username == username, Appointment.substitutes_id.is_(None))
    ).scalar_one()


def arranged(by: str = "quantri", **changes: Any) -> uuid.UUID:
    asked = {
        "appointment_id": seat_of(LEADER),
        "substitute": OTHER,
        "first": TODAY,
        "last": TODAY + timedelta(days=4),
        "legal_basis": PAPER,
    }
    return arrange_substitution(**{**asked, **changes}, by=person(by), now=NOON)


def field_refused(**changes: Any) -> str:
    with pytest.raises(BadInput) as refused:
        arranged(**changes)
    return next(iter(refused.value.fields))


def test_a_substitution_is_arranged_seen_by_those_it_concerns_and_ended_early(either_core: Flask):
    one = arranged()

    for username, seen in ((OTHER, 1), (LEADER, 1), ("quantri", 1), ("kiemtra", 1), (OFFICER, 0)):
        assert len(list_substitutions(person(username))[0]) == seen, username
    [row] = list_substitutions(person("quantri"))[0]
    assert (row.first, row.last) == (date(2023, 11, 20), date(2023, 11, 24))
    assert row.legal_basis == PAPER
    # The absent one keeps the seat; the substitute has their own first.
    assert [seat.substitutes for seat in person(LEADER).seats] == [None]
    assert [seat.substitutes for seat in person(OTHER).seats] == [None, person(LEADER).id]
    assert person(OTHER, NOON + timedelta(days=5)).seats == person(OTHER).seats[:1]

    assert end_substitution(substitution_id=one, by=person(LEADER), now=NOON) == TODAY
    with pytest.raises(WrongState):
        end_substitution(substitution_id=one, by=person("quantri"), now=NOON)

    assert person(OTHER, NOON + timedelta(days=1)).seats == person(OTHER).seats[:1]
    told = [(change.sentence, change.details) for change in list_changes(size=2)[0]]
    span = "từ 20/11/2023 đến hết 24/11/2023"
    where = "tại vị trí Phó Chủ tịch UBND xã, UBND xã Thí Dụ"
    assert told == [
        (f"{person(OTHER).name} thôi xử lý thay {person(LEADER).name} {where}: ngày cuối là 20/11/2023.", ()),
        (
            f"{person(OTHER).name} xử lý thay {person(LEADER).name} {where}, {span}.",
            (f"Căn cứ: {PAPER}",),
        ),
    ]
    recorded = db.session.scalars(select(Event.body).where(Event.type == "substitution_arranged")).one()
    assert PAPER.encode() not in orjson.dumps(orjson.loads(recorded))

    days = {"first": TODAY + timedelta(days=10), "last": TODAY + timedelta(days=12)}
    answers = at_once(
        either_core, [lambda: arranged(**days), lambda: arranged(**days, substitute=OFFICER, by=LEADER)]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["BadInput", "UUID"]
    assert nothing_is_wrong()


def test_what_makes_no_sense_is_refused_at_its_field(core: Flask):
    arranged()

    assert field_refused(substitute=LEADER) == "substitute"
    assert field_refused(substitute="khong-co-ai") == "substitute"
    assert field_refused(legal_basis="  ") == "legal_basis"
    assert field_refused(first=TODAY - timedelta(days=1)) == "first"
    assert field_refused(last=TODAY - timedelta(days=1)) == "last"
    # Both days are included: the fifth day overlaps, the sixth does not.
    assert (
        field_refused(substitute=OFFICER, first=TODAY + timedelta(days=4), last=TODAY + timedelta(9))
        == "first"
    )
    # Who is absent themselves stands in for nobody.
    assert field_refused(appointment_id=seat_of(OFFICER), substitute=LEADER) == "substitute"
    deactivate(username=OTHER, now=NOON)
    later = {"first": TODAY + timedelta(days=5), "last": TODAY + timedelta(days=9)}
    assert field_refused(**later) == "substitute"
    activate(username=OTHER, now=NOON)
    coming = arranged(**later)
    assert end_substitution(substitution_id=coming, by=person("quantri"), now=NOON) is None
    assert list_substitutions(person("quantri"), state="coming") == ([], None)


def test_a_leader_arranges_for_their_own_unit_only_and_not_from_a_seat_lent_to_them(core: Flask):
    assert {one.unit for one in holders(person(LEADER))} == {"UBND xã Thí Dụ"}
    with pytest.raises(NotFound):
        arranged(by=OTHER)
    with pytest.raises(NotFound):
        arranged(by=OFFICER)
    with pytest.raises(NotFound):  # the administrator sits at Sở, but is not Sở's leader's to lend
        arranged(by="so-tttt-giamdoc", appointment_id=seat_of("quantri"))

    one = arranged(by=LEADER)

    with pytest.raises(NotFound):
        end_substitution(substitution_id=one, by=person(OTHER), now=NOON)
    with pytest.raises(NotFound):
        arranged(by=OTHER, first=TODAY + timedelta(days=5), last=TODAY + timedelta(days=9))
