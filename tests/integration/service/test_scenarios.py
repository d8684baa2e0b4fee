"""Scenarios: kept by a procedure, played on each of its drafts, told apart step by step."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.demo.scenarios import keep_demo_scenarios
from service.errors import BadInput, DraftChanged, NotAllowed, NotFound
from service.models import Event, ProcessDraft
from service.processes.packaged import packaged_diagram
from service.studio.operations import draft_from_version, save_draft
from service.studio.play.acts import Act, CourseRefused
from service.studio.queries import read_draft
from service.studio.scenarios import (
    accept_outcome,
    delete_scenario,
    list_scenarios,
    rename_scenario,
    report_of,
    save_scenario,
)
from tests.builders import NOON, person

DAY = date(2023, 11, 20)
DRAWER, OTHER = "quytrinh-so-tttt", "quytrinh-vanphong"
START = Act("start", day=DAY, year=2023)
WITHDRAWN = (START, Act("message", "withdrawal_requested"))
DISSOLVED = (START, Act("message", "commune_dissolved"))
# The two messages lead to each other's ends.
ELSEWHERE = (
    (
        b'sourceRef="withdrawal_requested" targetRef="dossier_withdrawn"',
        b'sourceRef="withdrawal_requested" targetRef="unit_dissolved"',
    ),
    (
        b'sourceRef="commune_dissolved" targetRef="unit_dissolved"',
        b'sourceRef="commune_dissolved" targetRef="dossier_withdrawn"',
    ),
)
# A commune may withdraw no longer.
GONE = (b'name="withdrawal_requested" />', b'name="withdrawal_wanted" />')


def a_draft(*changes: tuple[bytes, bytes]) -> ProcessDraft:
    made = draft_from_version(key="recognition", version=1, by=person(DRAWER), now=NOON)
    diagram = packaged_diagram()
    for before, after in changes:
        assert diagram.count(before) == 1
        diagram = diagram.replace(before, after)
    if changes:
        save_draft(draft_id=made, rev=1, diagram=diagram, by=person(DRAWER), now=NOON)
    db.session.rollback()
    return read_draft(made)


def kept(draft: ProcessDraft, acts: tuple[Act, ...], name: str, who: str = DRAWER) -> uuid.UUID:
    return save_scenario(source=draft, name=name, acts=acts, by=person(who), now=NOON)


def by(who: str = DRAWER) -> dict[str, Any]:
    return {"by": person(who), "now": NOON}


def recorded() -> list[str]:
    events = db.session.scalars(select(Event).where(Event.stream == "process").order_by(Event.seq))
    return [one.type for one in events if one.type.startswith("process_scenario")]


def test_a_scenario_is_played_on_a_later_draft_and_told_where_it_differs(either_core: Flask) -> None:
    first = a_draft()
    assert report_of(first, DAY) is None
    scenario = kept(first, WITHDRAWN, "  Xã   rút hồ sơ ")
    kept(first, DISSOLVED, "Đơn vị sáp nhập")

    same, other, gone = (report_of(draft, DAY) for draft in (first, a_draft(*ELSEWHERE), a_draft(GONE)))

    assert same is not None
    assert other is not None
    assert gone is not None
    assert [(run.scenario.name, run.differs) for run in same.runs] == [
        ("Xã rút hồ sơ", None),
        ("Đơn vị sáp nhập", None),
    ]
    # By hand: the start, two gateways and the three flows behind them, then each an event, an end, two flows.
    assert (same.elements_passed, same.flows_passed) == (7, 7)
    drawn = packaged_diagram()
    assert (len(same.flows), len(same.elements)) == (
        drawn.count(b"<bpmn:sequenceFlow "),
        drawn.count(b"<bpmn:flowNodeRef>"),
    )
    assert other.right == 0
    differs = next(run.differs for run in other.runs if run.scenario.id == scenario)
    assert differs is not None
    assert differs.number == 2
    assert differs.sentence == (
        "Sau bước 2 (“Nhận văn bản xin rút hồ sơ”): "
        "mong đợi tới “Xã rút hồ sơ”, nay tới “Đơn vị chấm dứt hoạt động”."
    )
    refused = next(run.differs for run in gone.runs if run.scenario.id == scenario)
    assert refused is not None
    assert (refused.number, "không chờ thông điệp" in refused.sentence) == (2, True)


def test_what_is_otherwise_becomes_what_is_expected_when_somebody_says_so(core: Flask) -> None:
    first = a_draft()
    scenario = kept(first, WITHDRAWN, "Xã rút hồ sơ")
    later, gone = a_draft(*ELSEWHERE), a_draft(GONE)

    accept_outcome(source=later, scenario_id=scenario, rev=1, **by(OTHER))
    with pytest.raises(CourseRefused):  # what cannot be played to its end expects nothing
        accept_outcome(source=gone, scenario_id=scenario, rev=2, **by())

    before, now = report_of(first, DAY), report_of(later, DAY)
    assert before is not None
    assert now is not None
    assert (before.right, now.right) == (0, 1)
    assert recorded() == ["process_scenario_saved", "process_scenario_accepted"]


def test_of_two_people_at_a_scenario_the_second_is_told(core: Flask) -> None:
    draft = a_draft()
    scenario = kept(draft, WITHDRAWN, "Xã rút hồ sơ")
    another = kept(draft, DISSOLVED, "Đơn vị sáp nhập")
    about = {"key": draft.key, "scenario_id": scenario}

    rename_scenario(**about, rev=1, name="Rút hồ sơ", **by(OTHER))

    for late in (
        lambda: rename_scenario(**about, rev=1, name="Khác", **by()),
        lambda: delete_scenario(**about, rev=1, **by()),
        lambda: accept_outcome(source=draft, scenario_id=scenario, rev=1, **by()),
    ):
        with pytest.raises(DraftChanged):
            late()
    with pytest.raises(BadInput) as twice:
        kept(draft, WITHDRAWN, "Rút hồ sơ", OTHER)
    assert "name" in twice.value.fields
    with pytest.raises(BadInput):
        rename_scenario(key=draft.key, scenario_id=another, rev=1, name="Rút hồ sơ", **by())
    for name in ("", "x" * 121, "a\x00b"):
        with pytest.raises(BadInput):
            rename_scenario(**about, rev=2, name=name, **by())
    with pytest.raises(NotAllowed):
        kept(draft, WITHDRAWN, "Của người khác", "so-tttt-giamdoc")
    with pytest.raises(NotFound):
        delete_scenario(key="khac", scenario_id=scenario, rev=2, **by())
    with pytest.raises(BadInput):
        kept(draft, (), "Không có bước nào")
    delete_scenario(**about, rev=2, **by())
    assert [one.name for one in list_scenarios(draft.key)] == ["Đơn vị sáp nhập"]
    assert recorded() == [
        "process_scenario_saved",
        "process_scenario_saved",
        "process_scenario_renamed",
        "process_scenario_deleted",
    ]


def test_scenarios_say_why_a_draft_cannot_be_played(core: Flask) -> None:
    kept(a_draft(), WITHDRAWN, "Xã rút hồ sơ")

    report = report_of(a_draft((b'default="dossier_complete_yes"', b"")), DAY)

    assert report is not None
    assert "Sơ đồ còn lỗi" in report.problem
    assert report.runs == ()


def test_the_demo_comes_with_scenarios_that_are_right_on_the_packaged_procedure(core: Flask) -> None:
    keep_demo_scenarios(person(DRAWER), NOON)

    report = report_of(a_draft(), DAY)

    assert report is not None
    assert {run.scenario.expected["outcome"]: run.differs for run in report.runs} == {
        "commune_recognised": None,
        "commune_not_recognised": None,
        "dossier_withdrawn": None,
    }
