"""Who sees a case is written twice: for a row at hand and for a table. Both must say the same."""

from flask import Flask
from sqlalchemy import select

from service.cases.operations import open_assigned_cases
from service.database import db
from service.demo.loader import data
from service.identity.queries import visible_cases
from service.models import Case
from tests.builders import NOON, person


def test_a_case_at_hand_is_seen_exactly_where_its_table_shows_it(core: Flask):
    open_assigned_cases(year=2023, by=person("so-tttt-chuyenvien"), now=NOON)
    cases = db.session.execute(select(Case.id, Case.commune_id, Case.district_id)).all()

    seen = {}
    for account in data("accounts.yaml")["accounts"]:
        viewer = person(account["username"])
        shown = set(db.session.scalars(select(Case.id).where(visible_cases(viewer))))
        seen[account["username"]] = len(shown)
        assert {case.id for case in cases if viewer.sees(case.commune_id, case.district_id)} == shown

    assert (
        seen["so-tttt-giamdoc"] == len(cases) > seen["huyen-bimson-lanhdao"] > seen["xa-thidu-lanhdao"] == 1
    )
    assert seen["quantri"] == 0
