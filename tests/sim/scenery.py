"""The database in which a simulation begins, made once per process and the same in every process."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from service.app import create_core
from service.cases.operations import open_case
from service.cli.within import upgrade_database
from service.database import db
from service.demo.loader import load_reference_data
from service.tasks.operations import complete_task, sign_task, submit_for_signature
from tests.builders import NOON, open_task, person, story_answers, unit_id
from tests.integration.conftest import settings_for
from tests.integration.service.correspondence import answering_procedure, asking_procedure
from tests.integration.service.scenes import looping_procedure, parallel_procedure, published
from tests.sim.model import COMMUNES, CaseModel, by_leader, officers, signers
from tests.sim.seams import seams
from tests.unit.engine.drawing import Drawing

STEPS = (
    "self_assess",
    "district_appraise",
    "member_opinion",
    "district_consolidate",
    "department_verify",
    "reconciliation_meeting",
)
# How far each recognition case has come when a simulation begins.
BEGUN = (
    ("xa-thi-du", "district_appraise"),
    ("phuong-minh-hoa", "department_submit"),
    ("phuong-ngoc-trao", "department_submit"),
)
# Cases that write to each other; the third question's receiver is opened by chance, or never.
LETTERS = (
    ("asking", "xa-thi-du"),
    ("asking", "phuong-minh-hoa"),
    ("asking", "phuong-ngoc-trao"),
    ("answering", "xa-thi-du"),
    ("answering", "phuong-minh-hoa"),
)


@cache
def answers_for(element: str) -> dict[str, Any]:
    return story_answers(element)


@cache
def scenery() -> Path:
    """The folder with `congnhan.db`; never written again."""
    folder = Path(tempfile.mkdtemp(prefix="congnhan-sim-"))
    core = create_core(settings_for(f"sqlite:///{folder / 'congnhan.db'}", folder))
    with seams("scenery", lambda: NOON, lambda: 0.0, lambda _seconds: None), core.app_context():
        upgrade_database()
        load_reference_data()
        looping_procedure()
        parallel_procedure(3)
        timed_procedure()
        asking_procedure()
        answering_procedure()
        for procedure, commune in LETTERS:
            officer = person(f"xa-{COMMUNES[commune]}-chuyenvien")
            open_case(commune_id=unit_id(commune), year=2023, by=officer, now=NOON, procedure_key=procedure)
        for commune, until in BEGUN:
            _bring(commune, until)
        db.session.remove()
        db.engine.dispose()
    return folder


def timed_procedure() -> str:
    """Work that is taken away when late, beside a wait whose task is nagged about three times."""
    drawing = Drawing("timed")
    drawing.start()
    drawing.parallel("split")
    drawing.task("work")
    drawing.boundary("late", "work", drawing.timer("timeDuration", "P1D"))
    drawing.task("late_work")
    drawing.xor("merged")
    drawing.catch("wait", drawing.timer("timeDuration", "P2D"))
    drawing.task("after")
    drawing.boundary("nag", "after", drawing.timer("timeCycle", "R3/PT6H"), interrupting=False)
    drawing.node("endEvent", "nagged")
    drawing.parallel("join")
    drawing.end()
    drawing.chain("opened", "split", "work", "merged", "join", "done")
    drawing.chain("late", "late_work", "merged")
    drawing.chain("split", "wait", "after", "join")
    drawing.chain("nag", "nagged")
    return published(drawing)


def _bring(commune: str, until: str) -> None:
    """A recognition case as far as `until`, every step done by the people whose step it is."""
    leader = f"xa-{COMMUNES[commune]}-lanhdao"
    case_id = open_case(commune_id=unit_id(commune), year=2023, by=person(leader), now=NOON)
    case = CaseModel(case_id.hex, "recognition", commune)
    for element in STEPS:
        if element == until:
            break
        task_id = open_task(case_id, element)
        officer, signer = person(officers(case, element)[0]), person(signers(case, element)[0])
        if by_leader(case, element):
            answers = answers_for(element)
            submit_for_signature(task_id=task_id, answers=answers, by=officer, now=NOON)
            sign_task(task_id=task_id, by=signer, now=NOON)
        else:
            complete_task(task_id=task_id, answers=answers_for(element), by=signer, now=NOON)
