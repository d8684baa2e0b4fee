"""Nobody signs or sends what they have not seen, however the others' acts fall in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.errors import DraftChanged, WrongState
from service.models import Draft, Submission
from service.tasks import completion, operations
from service.tasks.operations import (
    complete_task,
    current_rev,
    save_draft,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from tests.builders import NOON, a_case_at, an_open_case, hand_up, open_task, person, story_answers

OFFICER, LEADER, MEMBER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao", "thanhvien-bimson"


def elsewhere(app: Flask, work: Callable[[], Any]) -> Any:
    """Do it in another thread, with a connection of its own, and wait for it."""

    def run() -> Any:
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=60)


def before_the_first(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, happens: Callable[[], Any]
) -> None:
    """Let `happens` take place just before `module.name` is called for the first time."""
    original, left = getattr(module, name), [happens]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()()
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, wrapped)


def prepare_again(task_id: Any) -> None:
    """The leader's deputy sends the draft back; the officer changes it and hands it up again."""
    send_back_to_officer(task_id=task_id, reason="Sửa 2.6", by=person(LEADER), now=NOON)
    answers = story_answers("self_assess", report_summary="Bản khác.")
    rev = current_rev(task_id)
    submit_for_signature(task_id=task_id, answers=answers, seen_rev=rev, by=person(OFFICER), now=NOON)


def submitted(task_id: Any) -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Submission.id).where(Submission.task_id == task_id)).all())


def test_a_draft_changed_since_it_was_shown_is_not_signed(core: Flask) -> None:
    task_id = hand_up(an_open_case(), "self_assess", OFFICER, story_answers("self_assess"))
    shown = current_rev(task_id)
    prepare_again(task_id)

    with pytest.raises(DraftChanged):
        sign_task(task_id=task_id, seen_rev=shown, by=person(LEADER), now=NOON)

    assert submitted(task_id) == 0
    sign_task(task_id=task_id, seen_rev=current_rev(task_id), by=person(LEADER), now=NOON)
    assert submitted(task_id) == 1


def test_a_draft_prepared_anew_while_it_is_being_signed_is_not_signed(
    either_core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = hand_up(an_open_case(), "self_assess", OFFICER, story_answers("self_assess"))
    shown, leader = current_rev(task_id), person(LEADER)
    before_the_first(
        monkeypatch, completion, "compute", lambda: elsewhere(either_core, partial(prepare_again, task_id))
    )

    with pytest.raises(DraftChanged):
        sign_task(task_id=task_id, seen_rev=shown, by=leader, now=NOON)

    assert submitted(task_id) == 0


def test_a_draft_saved_in_another_window_while_it_is_being_completed_is_noticed(
    either_core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id, member = open_task(a_case_at("member_opinion"), "member_opinion"), person(MEMBER)
    answers = story_answers("member_opinion")
    save_draft(task_id=task_id, answers=answers, seen_rev=0, by=member, now=NOON)
    save = partial(save_draft, task_id=task_id, answers=answers, seen_rev=1, by=member, now=NOON)
    before_the_first(monkeypatch, completion, "compute", lambda: elsewhere(either_core, save))

    with pytest.raises(DraftChanged):
        complete_task(task_id=task_id, answers=None, seen_rev=1, by=member, now=NOON)

    assert submitted(task_id) == 0


def test_a_draft_handed_up_while_it_is_being_saved_keeps_what_was_handed_up(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL only: SQLite lets nobody in between reading and writing."""
    task_id, officer = open_task(an_open_case(), "self_assess"), person(OFFICER)
    save_draft(task_id=task_id, answers=story_answers("self_assess"), seen_rev=0, by=officer, now=NOON)
    submit = partial(submit_for_signature, task_id=task_id, by=officer, now=NOON)
    before_the_first(monkeypatch, operations, "store_typed", lambda: elsewhere(postgres_app, submit))

    with pytest.raises(WrongState):
        save_draft(task_id=task_id, answers={}, seen_rev=1, by=officer, now=NOON)

    db.session.rollback()
    kept = db.session.get_one(Draft, task_id, populate_existing=True)
    assert (kept.rev, kept.answers["action"]) == (1, "complete")
