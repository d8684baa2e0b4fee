"""Two who arrange the same task in the same instant, each in a thread: one does it, the other is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from service.audit.queries import case_events
from service.cases.operations import open_case
from service.errors import DomainError, TaskTaken
from service.tasks.bulk import for_each
from service.tasks.handling import assign_task, delegate_task, give_back_task, hand_over_task
from service.tasks.operations import claim_task, release_task
from tests.builders import NOON, an_open_case, open_task, person, unit_id
from tests.integration.service.scenes import at_once, nothing_is_wrong
from tests.integration.service.test_handling import COLLEAGUE, LEADER, OFFICER, a_colleague, held

THIRD = "xa-thidu-thuba"
Act = Callable[[], Any]


def clicks(app: Flask, *acts: Act) -> list[DomainError | None]:
    """What became of each: None where it was done, else what its person reads. Nothing but clean refusals."""
    outcomes = at_once(app, list(acts))
    for outcome in outcomes:
        assert outcome is None or isinstance(outcome, DomainError), outcome
        assert outcome is None or len(str(outcome)) > 20, "a refusal says what happened"
    return outcomes


@pytest.fixture
def people(either_core: Flask) -> dict[str, uuid.UUID]:
    """{user name: id} of the unit's three officers and its leader."""
    there = {name: person(name).id for name in (OFFICER, LEADER)}
    return there | {name: a_colleague(name) for name in (COLLEAGUE, THIRD)}


def given_events(case_id: uuid.UUID) -> list[str]:
    return [event.type for event in case_events(case_id) if event.type.startswith("task_")]


def test_of_two_acts_on_one_task_one_is_done_and_the_other_answered(
    either_core: Flask, people: dict[str, uuid.UUID]
) -> None:
    case_id = an_open_case()
    task_id = open_task(case_id, "self_assess")
    officer, leader, colleague, third = (person(name) for name in (OFFICER, LEADER, COLLEAGUE, THIRD))
    on = {"task_id": task_id, "now": NOON}

    first, second = clicks(
        either_core,
        partial(claim_task, by=officer, **on),
        partial(claim_task, by=colleague, **on),
    )
    winner = officer if first is None else colleague
    assert sorted([first is None, second is None]) == [False, True]
    assert isinstance(first or second, TaskTaken)
    assert held(task_id) == (winner.id, None, "reserved")

    # Both saw the winner's task: the holder hands it over while the leader assigns it.
    seen = {"seen_owner": str(winner.id)}
    over, given = clicks(
        either_core,
        partial(hand_over_task, to=third.id, by=winner, **seen, **on),
        partial(assign_task, to=(officer if winner is colleague else colleague).id, by=leader, **seen, **on),
    )
    assert sorted([over is None, given is None]) == [False, True]
    assert isinstance(over or given, TaskTaken)
    holder = next(one for one in (officer, colleague, third) if one.id == held(task_id)[0])
    assert holder is not winner

    # The holder asks one colleague to work on it and gives it back to everybody, from two windows.
    helper = third if holder is not third else officer
    asked, released = clicks(
        either_core,
        partial(delegate_task, to=helper.id, by=holder, **on),
        partial(release_task, by=holder, **on),
    )
    assert (asked is None) or (released is None)
    if held(task_id)[0] is None:
        claim_task(by=holder, **on)
    if held(task_id)[0] == holder.id:
        delegate_task(to=helper.id, by=holder, **on)

    # Who was asked gives it back while who asked takes it back.
    back, taken = clicks(
        either_core,
        partial(give_back_task, by=helper, **on),
        partial(give_back_task, by=holder, **on),
    )
    assert sorted([back is None, taken is None]) == [False, True]
    assert held(task_id) == (holder.id, None, "reserved")
    assert given_events(case_id).count("task_given_back") == 1
    assert nothing_is_wrong()


def test_a_colleague_faster_on_some_rows_leaves_the_rest_done(
    either_core: Flask, people: dict[str, uuid.UUID]
) -> None:
    officer, colleague = person(OFFICER), person(COLLEAGUE)
    own = {"commune_id": unit_id("xa-thi-du"), "by": officer, "now": NOON}
    cases = [open_case(year=year, **own) for year in (2023, 2024, 2025)]
    tasks = [open_task(case_id, "self_assess") for case_id in cases]

    mine, theirs = at_once(
        either_core,
        [
            lambda: for_each(tasks, lambda task: claim_task(task_id=task, by=officer, now=NOON)),
            lambda: for_each(tasks[::-1], lambda task: claim_task(task_id=task, by=colleague, now=NOON)),
        ],
    )

    refused = {
        who.id: {one.task_id for one in outcomes if one.refusal is not None}
        for who, outcomes in ((officer, mine), (colleague, theirs))
    }
    for outcomes in (mine, theirs):
        assert len(outcomes) == 3
        assert {type(one.refusal) for one in outcomes} <= {type(None), TaskTaken}
    # Each row is one's or the other's, and the other was told so.
    for task, case_id in zip(tasks, cases, strict=True):
        owner = held(task)[0]
        assert owner in (officer.id, colleague.id)
        assert [task in refused[who.id] for who in (officer, colleague) if who.id != owner] == [True]
        assert owner is not None
        assert task not in refused[owner]
        assert given_events(case_id) == ["task_claimed"]
    assert nothing_is_wrong()
