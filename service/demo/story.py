"""`congnhan demo`: both cases played through the service, every actor in turn, to the Chairman's decision."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service.cases.operations import open_case
from service.cases.queries import read_case
from service.cases.timeline import timeline
from service.clock import LOCAL
from service.database import db
from service.demo.loader import (
    DEMO_COMMUNES,
    data,
    prepared_answers,
    upload_evidence,
    viewer_named,
    with_file_ids,
)
from service.jobs.outbox import drain
from service.models import Case, Task, Unit
from service.models.cases import OPEN_STATES
from service.processes.queries import procedure
from service.rounds.decision import decide_round
from service.rounds.operations import add_cases, open_round
from service.rounds.proposal import save_proposal, sign_submission, submit_round_for_signature
from service.tasks.completion import Signature
from service.tasks.operations import complete_task, current_rev, save_draft, sign_task, submit_for_signature


@dataclass(frozen=True, order=True)
class Act:
    """One thing that somebody does at a time. Acts are played in the order of their times."""

    at: datetime
    order: int
    do: Callable[[], None] = field(compare=False)


@dataclass
class Play:
    """What the story has made so far: cases by commune code, uploaded files by commune code."""

    files_dir: Path
    largest_file: int
    cases: dict[str, uuid.UUID] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    round_id: uuid.UUID | None = None


def play(files_dir: Path, largest_file: int) -> Play:
    """Play everything; the database must hold the reference data and no case."""
    state = Play(files_dir, largest_file)
    for act in acts(state):
        act.do()
        drain(act.at)
    return state


def acts(state: Play) -> list[Act]:
    """Everything that happens in the story, in the order of time; each act notes in `state` what it made."""
    found = [act for name in DEMO_COMMUNES for act in _case_acts(state, data(f"cases/{name}.yaml"))]
    return sorted([*found, *_round_acts(state, data("round.yaml")["round"])])


def _case_acts(state: Play, story: Mapping[str, Any]) -> Iterator[Act]:
    commune, opened = story["commune"], story["opened"]
    at = _time(opened["at"])

    def open_it() -> None:
        state.cases[commune] = open_case(
            commune_id=_unit(commune), year=story["year"], by=viewer_named(opened["by"], at), now=at
        )

    yield Act(at, 0, open_it)
    for number, step in enumerate(story["steps"], 1):
        if "prepared_by" in step:
            yield Act(_time(step["prepared_at"]), number * 2, _preparing(state, story, step))
        yield Act(_time(step["signed_at"]), number * 2 + 1, _signing(state, story, step))


def _preparing(state: Play, story: Mapping[str, Any], step: Mapping[str, Any]) -> Callable[[], None]:
    def prepare() -> None:
        at, officer = (
            _time(step["prepared_at"]),
            viewer_named(step["prepared_by"], _time(step["prepared_at"])),
        )
        task_id = _open_task(state.cases[story["commune"]], step["task"])
        if step["task"] == "self_assess":
            state.files[story["commune"]] = upload_evidence(
                task_id, story, officer, at, state.files_dir, state.largest_file
            )
        answers = prepared_answers(step, state.files.get(story["commune"], {}))
        save_draft(task_id=task_id, answers=answers, seen_rev=current_rev(task_id), by=officer, now=at)
        submit_for_signature(task_id=task_id, by=officer, now=at)

    return prepare


def _signing(state: Play, story: Mapping[str, Any], step: Mapping[str, Any]) -> Callable[[], None]:
    def sign() -> None:
        at = _time(step["signed_at"])
        signer = viewer_named(step["signed_by"], at)
        task_id = _open_task(state.cases[story["commune"]], step["task"])
        signature = _signature(step["document"])
        if "prepared_by" in step:
            sign_task(task_id=task_id, signature=signature, by=signer, now=at)
        else:
            answers = with_file_ids(step["answers"], state.files.get(story["commune"], {}))
            complete_task(task_id=task_id, answers=answers, signature=signature, by=signer, now=at)

    return sign


def _round_acts(state: Play, story: Mapping[str, Any]) -> Iterator[Act]:
    opened, submission, decision = story["opened"], story["submission"], story["decision"]

    def open_it() -> None:
        at = _time(opened["at"])
        officer = viewer_named(opened["by"], at)
        state.round_id = open_round(year=story["year"], name=story["name"], by=officer, now=at)

    def prepare() -> None:
        at = _time(submission["prepared_at"])
        officer, round_id = viewer_named(submission["prepared_by"], at), _given(state.round_id)
        add_cases(
            round_id=round_id,
            case_ids=[state.cases[i["commune"]] for i in story["items"]],
            by=officer,
            now=at,
        )
        save_proposal(round_id=round_id, text=submission["text"], seen_rev=None, by=officer, now=at)
        submit_round_for_signature(round_id=round_id, by=officer, now=at)

    def sign() -> None:
        at = _time(submission["signed_at"])
        sign_submission(
            round_id=_given(state.round_id),
            signature=_signature(submission["document"]),
            by=viewer_named(submission["signed_by"], at),
            now=at,
        )

    def decide() -> None:
        at = _time(decision["signed_at"])
        decide_round(
            round_id=_given(state.round_id),
            outcomes={
                state.cases[item["commune"]]: (item["action"], item["reason"]) for item in story["items"]
            },
            signature=_signature(decision["document"]),
            by=viewer_named(decision["signed_by"], at),
            now=at,
        )

    for number, (moment, do) in enumerate(
        (
            (opened["at"], open_it),
            (submission["prepared_at"], prepare),
            (submission["signed_at"], sign),
            (decision["signed_at"], decide),
        )
    ):
        yield Act(_time(moment), 1000 + number, do)


def told(state: Play) -> Iterator[str]:
    """The story as lines: per case its timeline, the reason of each gateway, and the outcome."""
    for commune, case_id in state.cases.items():
        case = read_case(case_id, viewer_named("kiemtra", datetime.now(LOCAL)))
        bundle = procedure(case.process_version_id)
        yield f"── {case.code} · {case.commune.name} · năm {case.year} " + "─" * 20
        for entry in timeline(case):
            yield f"{entry.at.astimezone(LOCAL):%d/%m/%Y %H:%M}  {entry.actor}: {entry.sentence}"
            for detail in entry.details:
                yield f"{'':18}· {detail}"
        yield f"Kết quả: {bundle.element_name(case.outcome or '')} ({commune})"
        yield ""


def differences_from_expected(state: Play) -> list[str]:
    """Where the outcome is not what was worked out by hand from the documents; empty when all is right."""
    wrong = []
    for name in DEMO_COMMUNES:
        story = data(f"cases/{name}.yaml")
        case = db.session.get(Case, state.cases[story["commune"]], populate_existing=True)
        expected, found = story["expect"], case.variables if case else {}
        held = db.session.execute(
            select(Task.id).where(
                Task.case_id == state.cases[story["commune"]], Task.element == "reconciliation_meeting"
            )
        ).first()
        for what, wanted, got in (
            ("outcome", expected["outcome"], case.outcome if case else None),
            ("opinions_agree", expected["opinions_agree"], found.get("opinions_agree")),
            ("eligible", expected["eligible"], found.get("eligible")),
            ("meeting", expected["meeting"], held is not None),
        ):
            if wanted != got:
                wrong.append(f"{story['commune']}: {what} phải là {wanted!r}, nhưng là {got!r}")
    return wrong


def _given(value: uuid.UUID | None) -> uuid.UUID:
    if value is None:
        raise LookupError("the round has not been opened yet")
    return value


def _unit(code: str) -> uuid.UUID:
    return db.session.execute(select(Unit.id).where(Unit.code == code)).scalar_one()


def _open_task(case_id: uuid.UUID, element: str) -> uuid.UUID:
    db.session.rollback()
    return db.session.execute(
        select(Task.id).where(Task.case_id == case_id, Task.element == element, Task.state.in_(OPEN_STATES))
    ).scalar_one()


def _signature(document: Mapping[str, Any]) -> Signature:
    return Signature(number=document["number"], issued_on=date.fromisoformat(document["date"]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
