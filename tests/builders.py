"""What tests say to set the scene: only what matters to the test, in the domain's words.

All need an application context over reference data: fixtures `core`, `either_core`, `app`, `postgres_app`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import select

from service.cases.operations import open_case
from service.clock import LOCAL
from service.database import db
from service.demo.loader import data, viewer_named, with_file_ids
from service.identity.viewer import Viewer
from service.models import Case, Task, Unit
from service.models.cases import OPEN_STATES
from service.tasks.operations import complete_task, current_rev, save_draft, sign_task, submit_for_signature
from tests.kept_rows import built_once

NOON = datetime(2023, 11, 20, 12, 0, tzinfo=LOCAL)


def person(username: str, at: datetime = NOON) -> Viewer:
    """One of the demo's accounts as the rules see it, e.g. "so-tttt-chuyenvien"."""
    return viewer_named(username, at)


def unit_id(code: str) -> uuid.UUID:
    return db.session.execute(select(Unit.id).where(Unit.code == code)).scalar_one()


def an_open_case(commune: str = "xa-thi-du", year: int = 2023, at: datetime = NOON) -> uuid.UUID:
    """A case opened by Sở for an assigned commune; its first task is self_assess."""
    return open_case(commune_id=unit_id(commune), year=year, by=person("so-tttt-chuyenvien", at), now=at)


def case_of(case_id: uuid.UUID) -> Case:
    """The case's row, fresh."""
    db.session.rollback()
    return db.session.get_one(Case, case_id, populate_existing=True)


def open_task(case_id: uuid.UUID, element: str) -> uuid.UUID:
    """The id of the case's one open task of this step."""
    db.session.rollback()
    return db.session.execute(
        select(Task.id).where(Task.case_id == case_id, Task.element == element, Task.state.in_(OPEN_STATES))
    ).scalar_one()


def story(name: str = "thi-du") -> Any:
    """The demo's case file: "thi-du" or "minh-hoa"."""
    return data(f"cases/{name}.yaml")


def answers_of(step: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A story step's answers without evidence, with `changes` laid over.

    Tests act at NOON: a document that the story issues later is dated that day.
    """
    answers = with_file_ids(step["answers"], {})
    for entry in (answers.get("criteria") or {}).values():
        entry["evidence"] = []
    for key in ("request_date", "minutes_date", "ranking_decision_date", "document_date", "held_on"):
        if key in answers:
            answers[key] = min(answers[key], f"{NOON:%Y-%m-%d}")
    return {**answers, **changes}


def story_answers(element: str, name: str = "thi-du", **changes: Any) -> dict[str, Any]:
    """The answers that the story gives last at this step (after a return: the complete ones)."""
    steps = [step for step in story(name)["steps"] if step["task"] == element]
    return answers_of(steps[-1], **changes)


def hand_up(
    case_id: uuid.UUID, element: str, officer: str, answers: Mapping[str, Any], at: datetime = NOON
) -> uuid.UUID:
    """The officer fills in and submits for signature; returns the task's id."""
    task_id = open_task(case_id, element)
    save_draft(
        task_id=task_id, answers=answers, seen_rev=current_rev(task_id), by=person(officer, at), now=at
    )
    submit_for_signature(task_id=task_id, by=person(officer, at), now=at)
    return task_id


SIGNERS = {
    "self_assess": ("xa-thidu-chuyenvien", "xa-thidu-lanhdao"),
    "district_appraise": ("huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"),
    "member_opinion": (None, "thanhvien-bimson"),
    "district_consolidate": ("huyen-bimson-chuyenvien", "huyen-bimson-lanhdao"),
    "department_verify": ("so-tttt-chuyenvien", "so-tttt-giamdoc"),
    "reconciliation_meeting": ("so-tttt-chuyenvien", "so-tttt-giamdoc"),
}


def do_step(case_id: uuid.UUID, element: str, at: datetime = NOON, **changes: Any) -> None:
    """One step of xã Thí Dụ's case done by the people whose step it is, with the story's answers."""
    officer, signer = SIGNERS[element]
    answers = story_answers(element, **changes)
    if officer is None:
        complete_task(task_id=open_task(case_id, element), answers=answers, by=person(signer, at), now=at)
        return
    task_id = hand_up(case_id, element, officer, answers, at)
    sign_task(task_id=task_id, by=person(signer, at), now=at)


def a_case_at(element: str, commune: str = "xa-thi-du", at: datetime = NOON) -> uuid.UUID:
    """A case of xã Thí Dụ that has come as far as `element` by the straight way (over the meeting)."""

    def on_its_way() -> uuid.UUID:
        case_id = an_open_case(commune, at=at)
        for step in takewhile(lambda one: one != element, SIGNERS):
            do_step(case_id, step, at)
        return case_id

    return built_once(("a case at", element, commune, at), on_its_way)
