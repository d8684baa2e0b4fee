"""Completing a task: one commit that moves the case, or nothing at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from flask import Flask

from service.audit.operations import SYSTEM
from service.database import db, transaction
from service.errors import CaseChangedMeanwhile, NotAllowed, TaskNotOpen
from service.models import Task
from service.processes.steps import append_case_event
from service.tasks.completion import ATTEMPTS
from service.tasks.operations import (
    claim_task,
    complete_task,
    return_case,
    save_draft,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from tests.builders import NOON, a_case_at, an_open_case, case_of, hand_up, open_task, person, story_answers
from tests.integration.service.scenes import (
    Fault,
    a_case_of,
    a_fault_at,
    at_once,
    before_writing,
    commits,
    elsewhere,
    end_appointments,
    everything_stored,
    looping_procedure,
    nothing_is_wrong,
    open_tasks,
    parallel_procedure,
    statements,
    status_of,
)

AGAIN, DONE = {"action": "again"}, {"action": "done"}
OFFICER = "xa-thidu-chuyenvien"


def test_completing_a_task_moves_the_case_to_its_next_step(either_core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))

    sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON)

    assert list(open_tasks(case_id)) == ["district_appraise"]
    assert nothing_is_wrong()


def test_a_completion_beside_a_boundary_timer_is_one_commit_of_at_most_ten_statements(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)
    complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)
    task_id = open_task(case_id, "work")

    with statements() as sent, commits() as ended:
        complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)

    assert len(ended) == 1
    assert len(sent) <= 10, sent


def test_a_signature_on_the_recognition_procedure_is_one_commit(either_core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
    leader = person("xa-thidu-lanhdao")

    with commits() as ended:
        sign_task(task_id=task_id, by=leader, now=NOON)

    assert len(ended) == 1


def test_a_task_completed_twice_is_refused_the_second_time(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)
    complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)

    with pytest.raises(TaskNotOpen):
        complete_task(task_id=task_id, answers=AGAIN, by=officer, now=NOON)

    assert nothing_is_wrong()


def acts_on_a_case() -> dict[str, Callable[[], Callable[[], object]]]:
    """{name: set the scene and give the act} for every act on a task that writes."""

    def complete() -> Callable[[], object]:
        task_id = open_task(a_case_of(looping_procedure()), "work")
        return partial(complete_task, task_id=task_id, answers=AGAIN, by=person(OFFICER), now=NOON)

    def drafted() -> tuple[uuid.UUID, Callable[[], object]]:
        task_id = open_task(an_open_case(), "self_assess")
        answers = story_answers("self_assess")
        save = partial(save_draft, task_id=task_id, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON)
        return task_id, save

    def save() -> Callable[[], object]:
        return drafted()[1]

    def claim() -> Callable[[], object]:
        return partial(
            claim_task, task_id=open_task(an_open_case(), "self_assess"), by=person(OFFICER), now=NOON
        )

    def submit() -> Callable[[], object]:
        task_id, save = drafted()
        save()
        return partial(submit_for_signature, task_id=task_id, by=person(OFFICER), now=NOON)

    def handed_up() -> uuid.UUID:
        return hand_up(an_open_case(), "self_assess", OFFICER, story_answers("self_assess"))

    def sign() -> Callable[[], object]:
        return partial(sign_task, task_id=handed_up(), by=person("xa-thidu-lanhdao"), now=NOON)

    def send_back() -> Callable[[], object]:
        return partial(
            send_back_to_officer,
            task_id=handed_up(),
            reason="Thiếu số liệu",
            by=person("xa-thidu-lanhdao"),
            now=NOON,
        )

    def give_back() -> Callable[[], object]:
        task_id = open_task(a_case_at("district_appraise"), "district_appraise")
        answers = {"reason": "Thiếu minh chứng", "due_on": "2023-12-05"}
        return partial(
            return_case, task_id=task_id, answers=answers, by=person("huyen-bimson-lanhdao"), now=NOON
        )

    return {
        "complete": complete,
        "save": save,
        "claim": claim,
        "submit": submit,
        "sign": sign,
        "send_back": send_back,
        "return": give_back,
    }


@pytest.mark.parametrize("name", sorted(acts_on_a_case()))
def test_a_crash_at_any_statement_of_an_act_leaves_everything_as_it_was(core: Flask, name: str):
    act = acts_on_a_case()[name]()
    before = everything_stored()

    number, happened = 0, [True]
    while happened[0]:
        db.session.remove()
        with a_fault_at(number) as happened:
            try:
                act()
            except Fault:
                db.session.rollback()
        if happened[0]:
            assert everything_stored() == before, f"statement {number} left something behind"
        number += 1

    assert 4 <= number <= 40  # every statement was tried, and the last time none was struck
    assert everything_stored() != before
    assert nothing_is_wrong()


@pytest.mark.parametrize("name", ["complete", "sign"])
def test_a_crash_on_postgresql_too_leaves_everything_as_it_was(
    filled_postgres_url: str, postgres_core: Flask, name: str
):
    act = acts_on_a_case()[name]()
    before = everything_stored()

    number, happened = 0, [True]
    while happened[0]:
        db.session.remove()
        with a_fault_at(number) as happened:
            try:
                act()
            except Fault:
                db.session.rollback()
        if happened[0]:
            assert everything_stored() == before, f"statement {number} left something behind"
        number += 1

    assert nothing_is_wrong()


def test_rights_withdrawn_between_reading_and_writing_are_refused(either_core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
    leader = person("xa-thidu-lanhdao")

    def dismissed() -> None:
        elsewhere(either_core, partial(end_appointments, "xa-thidu-lanhdao", date(2023, 11, 19)))

    with before_writing(dismissed), pytest.raises(NotAllowed):
        sign_task(task_id=task_id, by=leader, now=NOON)

    assert list(open_tasks(case_id)) == ["self_assess"]


def test_rights_withdrawn_since_the_page_was_opened_do_not_send_back(core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", OFFICER, story_answers("self_assess"))
    leader = person("xa-thidu-lanhdao")
    end_appointments("xa-thidu-lanhdao", date(2023, 11, 19))

    with pytest.raises((NotAllowed, LookupError, Exception)) as refused:
        send_back_to_officer(task_id=task_id, reason="Thiếu số liệu", by=leader, now=NOON)

    assert refused.value.status in (403, 404)


def test_a_case_changed_meanwhile_is_tried_again_while_the_task_is_open(either_core: Flask):
    case_id = a_case_of(parallel_procedure(2))
    tasks, officer = open_tasks(case_id), person(OFFICER)

    def sibling() -> None:
        elsewhere(
            either_core,
            partial(complete_task, task_id=tasks["work_1"], answers=DONE, by=officer, now=NOON),
        )

    with before_writing(sibling):
        complete_task(task_id=tasks["work_0"], answers=DONE, by=officer, now=NOON)

    assert status_of(case_id) == ("finished", "done")
    assert nothing_is_wrong()


def test_a_task_closed_meanwhile_is_refused_as_no_longer_open(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)

    def colleague() -> None:
        elsewhere(either_core, partial(complete_task, task_id=task_id, answers=AGAIN, by=officer, now=NOON))

    with before_writing(colleague), pytest.raises(TaskNotOpen):
        complete_task(task_id=task_id, answers=DONE, by=officer, now=NOON)

    assert status_of(case_id) == ("open", None)
    assert nothing_is_wrong()


def test_who_has_met_others_again_and_again_waits_in_line_and_then_goes_through(core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)
    touches: list[int] = []

    def touched() -> None:
        def somebody_writes() -> None:
            with transaction() as session:
                append_case_event(session.connection(), case_id, "noted", {}, by=SYSTEM, now=NOON)

        touches.append(case_of(case_id).rev)
        elsewhere(core, somebody_writes)

    # Before each of its attempts, and once more before it locks the case.
    with before_writing(touched, times=ATTEMPTS + 1):
        complete_task(task_id=task_id, answers=DONE, by=officer, now=NOON)

    assert touches == [1, 2, 3, 4, 5]
    assert status_of(case_id) == ("finished", "done")
    assert nothing_is_wrong()


def test_of_two_who_complete_the_same_task_at_once_exactly_one_succeeds(either_core: Flask):
    case_id = a_case_of(looping_procedure())
    for _ in range(4):
        task_id, officer = open_task(case_id, "work"), person(OFFICER)
        act = partial(complete_task, task_id=task_id, answers=AGAIN, by=officer, now=NOON)

        answers = at_once(either_core, [act, act])

        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert len(refused) == 1
        assert isinstance(refused[0], TaskNotOpen | CaseChangedMeanwhile), repr(refused[0])
    assert case_of(case_id).rev == 5  # opened, and four completions
    assert nothing_is_wrong()


def test_eight_who_complete_sibling_tasks_at_once_all_succeed(either_core: Flask):
    case_id = a_case_of(parallel_procedure(8))
    tasks, officer = open_tasks(case_id), person(OFFICER)

    answers = at_once(
        either_core,
        [
            partial(complete_task, task_id=task_id, answers=DONE, by=officer, now=NOON)
            for task_id in tasks.values()
        ],
    )

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert status_of(case_id) == ("finished", "done")
    assert nothing_is_wrong()


def test_a_closed_task_is_kept_with_who_completed_it(core: Flask):
    case_id = a_case_of(looping_procedure())
    task_id, officer = open_task(case_id, "work"), person(OFFICER)

    complete_task(task_id=task_id, answers=DONE, by=officer, now=NOON)

    kept = db.session.get_one(Task, task_id, populate_existing=True)
    assert (kept.state, kept.completed_by) == ("completed", officer.id)
