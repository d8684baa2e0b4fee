"""Many people and many cases for load: officers of the demo's communes, and cases of small procedures."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from service.cases.operations import open_case
from service.database import db
from service.identity.operations import add_user, give_role, issue_token
from service.models import Case, Task, Unit
from service.models.cases import OPEN_STATES
from tests.builders import NOON, person
from tests.integration.service.correspondence import properties
from tests.integration.service.scenes import published
from tests.unit.engine.drawing import Drawing

YEARS = (2022, 2023, 2024, 2025)


@dataclass(frozen=True)
class Officer:
    """Somebody of a commune with a token for the API."""

    username: str
    commune: str
    token: str


def officers(count: int) -> list[Officer]:
    """That many people, spread over the communes that are in force."""
    communes = _communes()
    made = []
    for number in range(count):
        username, commune = f"nguoi-{number:03}", communes[number % len(communes)]
        add_user(
            username=username,
            display_name=f"Người {number}",
            password="khong-dang-nhap-bang-mat-khau",
            hashed="không dùng",
            must_change=False,
            now=NOON,
        )
        give_role(username=username, role="officer", unit_code=commune, now=NOON - timedelta(days=1))
        made.append(Officer(username, commune, issue_token(username=username, days=36500, now=NOON)))
    return made


def _communes() -> list[str]:
    rows = db.session.execute(
        select(Unit.code).where(Unit.kind == "commune", Unit.valid_to.is_(None)).order_by(Unit.code)
    )
    return list(rows.scalars())


def own_case(procedure: str, officer: Officer, year: int = 2023, at: datetime = NOON) -> uuid.UUID:
    """A case of the officer's commune; the one that is there, or a new one."""
    commune_id = db.session.execute(select(Unit.id).where(Unit.code == officer.commune)).scalar_one()
    known = db.session.execute(
        select(Case.id).where(Case.procedure == procedure, Case.commune_id == commune_id, Case.year == year)
    ).scalar_one_or_none()
    return known or open_case(
        commune_id=commune_id,
        year=year,
        by=person(officer.username, at),
        now=at,
        procedure_key=procedure,
    )


def tasks_of(case_id: uuid.UUID) -> list[uuid.UUID]:
    """Its open tasks, in the order of their refs."""
    db.session.rollback()
    rows = db.session.execute(
        select(Task.id).where(Task.case_id == case_id, Task.state.in_(OPEN_STATES)).order_by(Task.ref)
    )
    return list(rows.scalars())


def writing_procedure() -> str:
    """One task again and again; each time a note is sent to the commune's case of the other procedure."""
    drawing = Drawing("writing")
    drawing.start()
    drawing.task("work")
    sent = {"toProcedure": "noting", "payload.number": "1"}
    drawing.node("intermediateThrowEvent", "tell", properties(sent) + drawing.message("note"))
    drawing.xor("enough", default="again")
    drawing.end()
    drawing.chain("opened", "work", "tell", "enough")
    drawing.flow("enough", "work", identifier="again")
    drawing.flow("enough", "done", 'work.action = "done"')
    return published(drawing)


def noting_procedure(*, bell: bool = False) -> str:
    """Takes notes for ever; with `bell` beside a task that rings every minute."""
    drawing = Drawing("noting")
    drawing.start()
    drawing.xor("merged")
    drawing.catch("taken", drawing.message("note"))
    drawing.xor("enough", default="again")
    drawing.end()
    drawing.chain("merged", "taken", "enough")
    drawing.flow("enough", "merged", identifier="again")
    drawing.flow("enough", "done", "taken.number = 0")
    if not bell:
        drawing.chain("opened", "merged")
        return published(drawing)
    drawing.parallel("both")
    drawing.task("listen")
    drawing.boundary("bell", "listen", drawing.timer("timeCycle", "R/PT1M"), interrupting=False)
    drawing.node("endEvent", "rung")
    drawing.node("endEvent", "stopped")
    drawing.chain("opened", "both", "merged")
    drawing.chain("both", "listen", "stopped")
    drawing.chain("bell", "rung")
    return published(drawing)
