"""A hundred cases: decided by one act of a round, then called by one signal, each exactly once."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from service.cases.operations import open_case
from service.database import db, transaction
from service.jobs.outbox import drain
from service.messages.operations import send
from service.messages.queries import Progress, progress_of
from service.models import Case, Event, Message, ProcedureDepartment, Quota, Submission, Unit, UnitKind
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from service.rounds.queries import acts_of, read_round
from tests.builders import NOON, person, unit_id
from tests.integration.service.correspondence import properties, signal
from tests.integration.service.scenes import at_once, nothing_is_wrong, published
from tests.unit.engine.drawing import Drawing

MANY = 100
OFFICER, DIRECTOR, CHAIRMAN = "so-tttt-chuyenvien", "so-tttt-giamdoc", "tinh-chutich"


def decided_together() -> str:
    """Submitted and decided by a round, then waiting for the signal that the results are published."""
    drawing = Drawing("together")
    drawing.start()
    for step, group, signer in (
        ("department_submit", "department", "leader"),
        ("chairman_decide", "chairman", "chairman"),
    ):
        drawing.node(
            "userTask",
            step,
            properties({"signer": signer, "completedBy": "round"}),
            camunda_candidateGroups=group,
        )
    drawing.catch("results_published", signal(drawing, "results_published"))
    drawing.end()
    drawing.chain("opened", "department_submit", "chairman_decide", "results_published", "done")
    return published(drawing)


def many_cases(procedure: str) -> list[uuid.UUID]:
    """Cases of as many communes of thị xã Bỉm Sơn, opened by Sở."""
    department, district = unit_id("so-tttt"), unit_id("thi-xa-bim-son")
    communes = [uuid.uuid4() for _ in range(MANY)]
    with transaction() as session:
        session.execute(
            insert(Unit),
            [
                {
                    "id": commune,
                    "code": f"xa-{number:03}",
                    "name": f"UBND xã thứ {number}",
                    "kind": UnitKind.COMMUNE,
                    "parent_id": district,
                    "valid_from": date(2022, 1, 1),
                    "fictitious": True,
                    "source": "thử nghiệm",
                }
                for number, commune in enumerate(communes)
            ],
        )
        session.execute(
            insert(Quota),
            [{"commune_id": commune, "year": 2023, "source": "thử nghiệm"} for commune in communes],
        )
        session.execute(
            insert(ProcedureDepartment).values(
                procedure=procedure, unit_id=department, valid_from=date(2022, 1, 1)
            )
        )
    officer = person(OFFICER)
    return [
        open_case(commune_id=commune, year=2023, by=officer, now=NOON, procedure_key=procedure)
        for commune in communes
    ]


def by_four(app: Flask) -> None:
    """Four dispatchers deliver everything that is due."""
    answers = at_once(app, [partial(drain, NOON)] * 4)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    drain(NOON)


def steps_done() -> Counter[str]:
    """{step: how many cases completed it}; fails where one case did so twice."""
    db.session.rollback()
    rows = db.session.execute(
        select(Submission.element, Submission.case_id, func.count()).group_by(
            Submission.element, Submission.case_id
        )
    ).all()
    assert {count for _, _, count in rows} == {1}
    return Counter(element for element, _, _ in rows)


@pytest.mark.parametrize(
    "either_core", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True
)
def test_a_round_and_a_signal_reach_each_of_a_hundred_cases_once(either_core: Flask):
    cases = many_cases(decided_together())
    officer = person(OFFICER)
    round_id = open_round(year=2023, by=officer, now=NOON)
    assert add_cases(round_id=round_id, case_ids=cases, by=officer, now=NOON) == MANY
    save_proposal(round_id=round_id, text="Kính trình", seen_rev=None, by=officer, now=NOON)
    submit_round_for_signature(round_id=round_id, by=officer, now=NOON)

    sign_submission(round_id=round_id, by=person(DIRECTOR), now=NOON)
    by_four(either_core)
    decide_round(
        round_id=round_id,
        outcomes=dict.fromkeys(cases, ("refuse", "Chưa đạt")),
        by=person(CHAIRMAN),
        now=NOON,
    )
    by_four(either_core)

    assert steps_done() == {"department_submit": MANY, "chairman_decide": MANY}
    progress = [(act.act.kind, act.reached, act.total) for act in acts_of(read_round(round_id, officer))]
    assert progress == [("submission", MANY, MANY), ("decision", MANY, MANY)]

    source = send(kind="signal", name="results_published", payload={"number": "1/QĐ"}, by=None, now=NOON)
    by_four(either_core)

    assert progress_of(person("quantri"), source) == Progress(
        waiting=0, delivered=MANY, expired=0, posted=True
    )
    db.session.rollback()
    ended = db.session.execute(
        select(Case.outcome, func.count()).where(Case.id.in_(cases)).group_by(Case.outcome)
    ).all()
    assert [tuple(row) for row in ended] == [("done", MANY)]
    heard = db.session.execute(
        select(func.count(), func.count(Event.stream_id.distinct())).where(Event.type == "signal_caught")
    ).one()
    assert tuple(heard) == (MANY, MANY)
    assert db.session.scalar(select(func.count(Message.id))) == MANY
    assert nothing_is_wrong()
