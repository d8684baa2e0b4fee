"""What people and machines may try next: most of it allowed, some of it not."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from service.cases.operations import (
    Consent,
    dissolve_commune,
    go_on_without_opinion,
    open_case,
    withdraw_case,
)
from service.jobs.background import Standing
from service.rounds import decision, proposal
from service.rounds import operations as rounds
from service.tasks import operations as tasks
from tests.builders import person, unit_id
from tests.sim.model import (
    COMMUNES,
    DEPARTMENT_LEADERS,
    CaseModel,
    RoundModel,
    may,
    officers,
    signers,
)
from tests.sim.scenery import STEPS, answers_for

ON_TASKS = ("claim", "release", "save", "submit", "sign", "send_back", "return", "complete")
ON_CASES = ("waive", "withdraw", "dissolve")
# What an act may write into the log.
WRITES = {
    "claim": {"task_claimed"},
    "release": {"task_released"},
    "save": {"task_claimed"},
    "submit": {"signature_requested"},
    "sign": {"task_completed"},
    "send_back": {"returned_to_officer"},
    "return": {"task_completed"},
    "complete": {"task_completed"},
    "waive": {"opinion_waived"},
    "withdraw": {"case_withdrawn"},
    "dissolve": {"commune_dissolved"},
    "open": {"case_opened"},
    "machine": {"task_completed", "timer_fired", "message_caught"},
    "round": {"case_set_aside"},
}
SMALL = ("loop", "timed", "fan", "asking", "answering", "answering")
Work = Callable[[], Any]


@dataclass
class Act:
    """One command. `legal` is the model's word at its start, None where the model leaves it open."""

    number: int
    kind: str
    who: str
    now: datetime
    work: Work
    case: CaseModel | None = None
    element: str = ""
    legal: bool | None = None
    version: int = 0
    written: int = 0  # commits by which it changed something
    standing: Standing | None = None

    def __str__(self) -> str:
        where = f" {self.case.procedure}/{self.case.commune}" if self.case else ""
        return f"#{self.number} {self.kind} {self.element} by {self.who}{where} at {self.now:%d/%m %H:%M:%S}"


def act_on_case(chance: random.Random, number: int, case: CaseModel, now: datetime, task_id: Any) -> Act:
    """A random act on a case: in three of four cases one that the model allows now, where there is one."""
    people = sorted({who for step in _steps(case) for who in officers(case, step) + signers(case, step)})
    tried = [
        (kind, who, element)
        for element in _steps(case)
        for kind in ON_TASKS
        for who in people
        if element in case.tasks or chance.random() < 0.05
    ]
    if chance.random() < 0.08:
        tried += [(kind, who, "") for kind in ON_CASES for who in people]
    tried = tried or [("complete", people[0], _steps(case)[0])]
    allowed = [one for one in tried if may(case, *one)]
    wanted = allowed if allowed and chance.random() < 0.75 else tried
    # Completing moves things on: with even odds a case would be claimed and released for ever.
    moving = [one for one in wanted if one[0] in ("submit", "sign", "complete")]
    kind, who, element = chance.choice(moving if moving and chance.random() < 0.5 else wanted)
    again = case.procedure == "loop" and chance.random() < 0.8
    work = _work(kind, case, element, who, now, task_id(case, element), again)
    return Act(number, kind, who, now, work, case, element, may(case, kind, who, element), case.version)


def _steps(case: CaseModel) -> list[str]:
    known = {"recognition": ("self_assess", "department_verify"), "timed": ("work",)}
    return sorted({*case.tasks, *known.get(case.procedure, ())}) or ["work"]


def _work(
    kind: str, case: CaseModel, element: str, who: str, now: datetime, task: uuid.UUID | None, again: bool
) -> Work:
    task_id = task or uuid.UUID(int=1)
    form = case.procedure == "recognition" and element in STEPS
    answers = answers_for(element) if form else {"action": "again" if again else "done"}
    draft = case.tasks[element].draft if element in case.tasks else 0
    due = f"{now + timedelta(days=20):%Y-%m-%d}"

    def run() -> Any:
        by = person(who, now)
        asked = {"task_id": task_id, "by": by, "now": now}
        on_case = {"case_id": uuid.UUID(case.id), "reason": "Mô phỏng", "by": by, "now": now}
        return {
            "claim": lambda: tasks.claim_task(**asked),
            "release": lambda: tasks.release_task(**asked),
            "save": lambda: tasks.save_draft(answers=answers, seen_rev=draft, **asked),
            "submit": lambda: tasks.submit_for_signature(answers=answers, seen_rev=None, **asked),
            "sign": lambda: tasks.sign_task(**asked),
            "send_back": lambda: tasks.send_back_to_officer(reason="Thiếu số liệu", **asked),
            "return": lambda: tasks.return_case(answers={"reason": "Bổ sung", "due_on": due}, **asked),
            "complete": lambda: tasks.complete_task(answers=answers, **asked),
            "waive": lambda: go_on_without_opinion(consent=Consent("12/CT", date(2023, 11, 1)), **on_case),
            "withdraw": lambda: withdraw_case(**on_case),
            "dissolve": lambda: dissolve_commune(**on_case),
        }[kind]()

    return run


def opening(chance: random.Random, number: int, taken: set[tuple[str, str, int]], now: datetime) -> Act:
    """A commune opens a case of a small procedure; sometimes one that it has already."""
    procedure, commune = chance.choice(SMALL), chance.choice(sorted(COMMUNES))
    # Few years for those who write to each other, so that they meet.
    year = chance.choice((2023, 2024) if procedure in ("asking", "answering") else (2022, 2023, 2024, 2025))
    who = f"xa-{COMMUNES[commune]}-chuyenvien"

    def run() -> Any:
        return open_case(
            commune_id=unit_id(commune), year=year, by=person(who, now), now=now, procedure_key=procedure
        )

    act = Act(number, "open", who, now, run, element=f"{procedure}/{commune}/{year}")
    act.legal = False if (procedure, commune, year) in taken else None
    return act


def machine(chance: random.Random, number: int, standing: Standing, settings: Any, now: datetime) -> Act:
    """A scheduler's turn at what is due by the clock, or at the outbox; `standing` is what it remembers."""
    part = chance.choice((standing.keep_time, standing.dispatch))
    return Act(number, "machine", "system", now, lambda: part(settings, now), standing=standing)


def on_rounds(
    chance: random.Random, number: int, known: list[RoundModel], waiting: list[str], now: datetime
) -> Act:
    """Sở and the Chairman at work on rounds; `waiting` are ids of cases that stand before one."""
    officer, leader = "so-tttt-chuyenvien", chance.choice(DEPARTMENT_LEADERS)
    if not known or (all(one.state == "decided" for one in known) and waiting):
        return Act(number, "round", officer, now, lambda: _open_round(officer, now), element="open")
    round_ = chance.choice([one for one in known if one.state != "decided"] or known)
    round_id, ids = uuid.UUID(round_.id), [uuid.UUID(case) for case in waiting]
    outcomes = {
        uuid.UUID(case): (chance.choice(("refuse", "return", "set_aside")), "Mô phỏng")
        for case in sorted(round_.cases)
    }

    def run(step: str, who: str) -> Any:
        asked = {"round_id": round_id, "by": person(who, now), "now": now}
        return {
            "add": lambda: rounds.add_cases(case_ids=ids, **asked),
            "remove": lambda: rounds.remove_case(case_id=next(iter(outcomes), uuid.UUID(int=1)), **asked),
            "text": lambda: proposal.save_proposal(text="Kính trình", seen_rev=None, **asked),
            "submit": lambda: proposal.submit_round_for_signature(**asked),
            "back": lambda: proposal.send_round_back(reason="Sửa lại", **asked),
            "sign": lambda: proposal.sign_submission(**asked),
            "decide": lambda: decision.decide_round(outcomes=outcomes, **asked),
        }[step]()

    likely = {"gathering": ("add", "text", "submit"), "signing": ("sign",), "submitted": ("decide",)}
    steps = likely.get(round_.state, ()) if chance.random() < 0.8 else ()
    step = chance.choice(steps or ("add", "remove", "text", "submit", "back", "sign", "decide"))
    who = {"sign": leader, "back": leader, "decide": "tinh-chutich"}.get(step, officer)
    return Act(number, "round", who, now, lambda: run(step, who), element=step)


def _open_round(officer: str, now: datetime) -> uuid.UUID:
    return rounds.open_round(year=2023, by=person(officer, now), now=now)
