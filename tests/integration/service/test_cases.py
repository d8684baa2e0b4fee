"""Opening cases and ending them early."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.cases.operations import dissolve_commune, open_assigned_cases, open_case, withdraw_case
from service.database import db, transaction
from service.errors import BadInput, CaseClosed, CaseExists, NotAllowed, NotFound
from service.models import Case, Position, Unit
from tests.builders import NOON, a_case_at, an_open_case, case_of, person, unit_id
from tests.integration.service.scenes import at_once, give_seat, nothing_is_wrong, open_tasks, status_of
from tests.integration.service.test_rounds import REFUSE, a_round, decided, drain, signed

DEPARTMENT, DIRECTOR = "so-tttt-chuyenvien", "so-tttt-giamdoc"


def opened(commune: str, by: str, year: int = 2023) -> uuid.UUID:
    return open_case(commune_id=unit_id(commune), year=year, by=person(by), now=NOON)


def codes() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(select(Case.code).order_by(Case.code)).scalars())


def test_codes_are_numbered_by_year_without_gaps(either_core: Flask):
    opened("xa-thi-du", DEPARTMENT)
    with pytest.raises(CaseExists):
        opened("xa-thi-du", DEPARTMENT)
    with pytest.raises(NotAllowed):
        opened("xa-ngoc-phung", DEPARTMENT)

    opened("phuong-minh-hoa", DEPARTMENT)
    opened("xa-ngoc-phung", DEPARTMENT, 2024)

    assert codes() == ["CN-2023-000001", "CN-2023-000002", "CN-2024-000001"]


def test_of_two_who_open_the_same_case_at_once_one_is_told_that_it_exists(either_core: Flask):
    work = partial(opened, "xa-thi-du", DEPARTMENT)

    answers = at_once(either_core, [work, work])

    assert sorted(type(answer).__name__ for answer in answers) == ["CaseExists", "UUID"]
    assert codes() == ["CN-2023-000001"]


def test_cases_opened_at_once_are_numbered_without_gaps(either_core: Flask):
    communes = ("xa-thi-du", "phuong-minh-hoa", "xa-tan-thanh", "xa-luong-son", "xa-xuan-cao")

    at_once(either_core, [partial(opened, commune, DEPARTMENT) for commune in communes])

    assert codes() == [f"CN-2023-{number:06}" for number in range(1, 6)]
    assert nothing_is_wrong()


def test_the_department_opens_every_assigned_case_once(core: Flask):
    officer = person(DEPARTMENT)
    opened("xa-thi-du", DEPARTMENT)

    first = open_assigned_cases(year=2023, by=officer, now=NOON)
    second = open_assigned_cases(year=2023, by=officer, now=NOON)

    # quota.yaml assigns nine communes to 2023: two of Bỉm Sơn, five of Thường Xuân, two fictitious.
    assert (len(first), second) == (8, [])


def test_opening_all_assigned_cases_passes_over_a_commune_no_longer_in_force(core: Flask):
    with transaction() as session:
        session.execute(update(Unit).where(Unit.code == "xa-thi-du").values(valid_to=date(2023, 11, 19)))

    assert len(open_assigned_cases(year=2023, by=person(DEPARTMENT), now=NOON)) == 8  # of nine


def test_a_commune_registers_itself_where_it_has_no_quota(core: Flask):
    case_id = opened("xa-thi-du", "xa-thidu-chuyenvien", 2024)

    assert case_of(case_id).basis == "registered"


def test_a_commune_that_has_a_quota_is_assigned_even_when_it_opens_itself(core: Flask):
    case_id = opened("xa-thi-du", "xa-thidu-chuyenvien")

    assert case_of(case_id).basis == "assigned"


@pytest.mark.parametrize(
    "who",
    [
        "xa-minhhoa-chuyenvien",
        "huyen-bimson-lanhdao",
        "thanhvien-bimson",
        "tinh-chutich",
        "kiemtra",
        "quantri",
        "quytrinh-so-tttt",
    ],
)
def test_nobody_else_opens_a_communes_case(core: Flask, who: str):
    with pytest.raises(NotAllowed):
        opened("xa-thi-du", who)


def test_a_department_that_has_no_part_in_the_procedure_opens_nothing(core: Flask):
    with transaction() as session:
        position = Position(
            id=uuid.uuid4(),
            code="so-khcn/officer",
            unit_id=unit_id("so-khcn"),
            role="officer",
            title="Chuyên viên",
        )
        session.add(position)
    give_seat("quantri", "so-khcn/officer")

    with pytest.raises(NotAllowed):
        opened("xa-thi-du", "quantri")


def test_a_commune_no_longer_in_force_has_no_new_case(core: Flask):
    with transaction() as session:
        session.execute(update(Unit).where(Unit.code == "xa-thi-du").values(valid_to=date(2023, 11, 19)))

    with pytest.raises(BadInput):
        opened("xa-thi-du", DEPARTMENT)


@pytest.mark.parametrize("year", [2021, 2026, 0, -1, 10**12])
def test_a_year_outside_the_catalogue_is_refused_by_name(either_core: Flask, year: int):
    with pytest.raises(BadInput) as refused:
        opened("xa-thi-du", "xa-thidu-chuyenvien", year)

    assert list(refused.value.fields) == ["year"]


def test_what_is_no_commune_has_no_case(core: Flask):
    for unit in ("thi-xa-bim-son", "so-tttt", "tinh-thanh-hoa"):
        with pytest.raises(NotFound):
            opened(unit, DEPARTMENT)


def test_the_communes_leader_withdraws_at_any_step(core: Flask):
    for step, commune in (("self_assess", "phuong-minh-hoa"), ("department_submit", "xa-thi-du")):
        case_id = an_open_case(commune) if step == "self_assess" else a_case_at(step)
        leader = "xa-minhhoa-lanhdao" if step == "self_assess" else "xa-thidu-lanhdao"

        withdraw_case(case_id=case_id, reason="Xã xin rút", by=person(leader), now=NOON)

        assert status_of(case_id) == ("finished", "dossier_withdrawn")
        assert open_tasks(case_id) == {}
    assert nothing_is_wrong()


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("xa-thidu-chuyenvien", NotAllowed),
        ("huyen-bimson-lanhdao", NotAllowed),
        (DIRECTOR, NotAllowed),
        ("tinh-chutich", NotAllowed),
        ("xa-minhhoa-lanhdao", NotFound),
    ],
)
def test_nobody_but_the_communes_leader_withdraws_its_case(core: Flask, who: str, error: type[Exception]):
    case_id = an_open_case()

    with pytest.raises(error):
        withdraw_case(case_id=case_id, reason="Rút", by=person(who), now=NOON)

    assert status_of(case_id) == ("open", None)


def test_withdrawing_asks_for_a_reason(core: Flask):
    with pytest.raises(BadInput):
        withdraw_case(case_id=an_open_case(), reason=" ", by=person("xa-thidu-lanhdao"), now=NOON)


def test_after_the_decision_a_case_neither_reopens_nor_is_withdrawn(core: Flask):
    case_id = a_case_at("department_submit")
    round_id = a_round(case_id)
    signed(round_id)
    decided(round_id, {case_id: REFUSE})
    drain(NOON)

    with pytest.raises(CaseClosed):
        withdraw_case(case_id=case_id, reason="Rút", by=person("xa-thidu-lanhdao"), now=NOON)
    with pytest.raises(CaseClosed):
        dissolve_commune(case_id=case_id, reason="Sáp nhập", by=person(DIRECTOR), now=NOON)
    with pytest.raises(CaseExists):
        opened("xa-thi-du", DEPARTMENT)


def test_the_departments_leader_ends_the_case_of_a_dissolved_commune(either_core: Flask):
    case_id = a_case_at("district_appraise")
    with pytest.raises(NotAllowed):
        dissolve_commune(case_id=case_id, reason="Sáp nhập", by=person("huyen-bimson-lanhdao"), now=NOON)

    dissolve_commune(case_id=case_id, reason="Sáp nhập", by=person(DIRECTOR), now=NOON)

    assert status_of(case_id) == ("finished", "unit_dissolved")
    assert open_tasks(case_id) == {}
    assert nothing_is_wrong()


def test_of_a_withdrawal_and_a_dissolution_at_once_one_happens(either_core: Flask):
    case_id = an_open_case()
    works = [
        partial(withdraw_case, case_id=case_id, reason="Rút", by=person("xa-thidu-lanhdao"), now=NOON),
        partial(dissolve_commune, case_id=case_id, reason="Sáp nhập", by=person(DIRECTOR), now=NOON),
    ]

    answers = at_once(either_core, works)

    assert sorted(type(answer).__name__ for answer in answers) == ["CaseClosed", "NoneType"]
    assert nothing_is_wrong()
