"""The way of a dossier's every step: an officer saves 37 criteria and hands them up, a leader signs."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import func, select

from bench.figures import Figure, milliseconds, seconds_of
from bench.ground import COMMUNES, NOON, ground
from service.cases.operations import open_case
from service.database import db
from service.demo.loader import data, prepared_answers, viewer_named
from service.models import Case, Task, Unit
from service.tasks.operations import save_draft, sign_task, submit_for_signature

LEADERS = {"xa-thi-du": "xa-thidu-lanhdao", "phuong-minh-hoa": "xa-minhhoa-lanhdao"}
YEARS = (2023, 2024, 2025)


def measure() -> list[Figure]:
    saved, submitted, signed = [], [], []
    with ground():
        answers = self_assessment()
        for year in YEARS:
            for commune, officer_name in COMMUNES[:2]:
                officer, leader = viewer_named(officer_name, NOON), viewer_named(LEADERS[commune], NOON)
                task_id = opened(commune, year, officer_name)
                db.session.remove()
                for number in range(5):
                    at = NOON + timedelta(minutes=number)
                    saved.append(
                        seconds_of(
                            lambda task=task_id, rev=number, at=at, by=officer: save_draft(
                                task_id=task, answers=answers, seen_rev=rev, by=by, now=at
                            )
                        )
                    )
                    db.session.remove()
                at = NOON + timedelta(minutes=10)
                submitted.append(
                    seconds_of(
                        lambda task=task_id, at=at, by=officer: submit_for_signature(
                            task_id=task, by=by, now=at
                        )
                    )
                )
                db.session.remove()
                signed.append(
                    seconds_of(lambda task=task_id, at=at, by=leader: sign_task(task_id=task, by=by, now=at))
                )
                db.session.remove()
        largest = db.session.execute(select(func.max(func.length(Case.state)))).scalar_one()
    return [
        Figure("state of a recognition case, at most", largest / 1024, "KB", 4),
        Figure("recognition, 37 criteria: save the draft", milliseconds(saved)),
        Figure("recognition, 37 criteria: submit for signature", milliseconds(submitted)),
        Figure("recognition, 37 criteria: sign", milliseconds(signed)),
    ]


def opened(commune: str, year: int, officer: str) -> uuid.UUID:
    """A new case's first task."""
    case_id = open_case(
        commune_id=db.session.execute(select(Unit.id).where(Unit.code == commune)).scalar_one(),
        year=year,
        by=viewer_named(officer, NOON),
        now=NOON,
    )
    return db.session.execute(select(Task.id).where(Task.case_id == case_id)).scalar_one()


def self_assessment() -> dict[str, object]:
    """The demo's answers to the first step, without files."""
    steps = [step for step in data("cases/thi-du.yaml")["steps"] if step["task"] == "self_assess"]
    answers = prepared_answers(steps[-1], {})
    for entry in answers["criteria"].values():
        entry["evidence"] = []
    return dict(answers)
