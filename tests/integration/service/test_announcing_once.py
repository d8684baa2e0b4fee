"""Whatever happens between, everybody is told once: crashes, several announcers, and what looking costs."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from functools import partial
from unittest.mock import patch

from flask import Flask

from service.database import db, iso_instant
from service.jobs.announcing import announce_due
from service.notifications import announcements, words
from service.notifications.finishing import announce_finished
from service.notifications.webhooks import add_webhook
from tests.builders import NOON, a_case_at, an_open_case
from tests.integration.service.heard import everybody_heard, has_address, knows_working_days
from tests.integration.service.scenes import (
    Fault,
    a_case_of,
    a_fault_at,
    at,
    at_once,
    everything_stored,
    given_back,
    nothing_is_wrong,
    outbox_rows,
    parallel_procedure,
    statements,
)
from tests.integration.service.test_announcing import with_mail

OFFICER = "xa-thidu-chuyenvien"


def told_and_sent() -> tuple[list[tuple[str, str, str]], list[str]]:
    waiting = [f"{row.kind} {row.dedup_key}" for row in outbox_rows() if row.kind in ("email", "webhook")]
    return everybody_heard(), sorted(waiting)


def test_a_crash_at_any_statement_of_an_announcement_leaves_all_of_it_or_nothing(either_core: Flask):
    knows_working_days(2023)
    with_mail(either_core)
    has_address(OFFICER, "xa@example.vn")
    add_webhook(
        name="kho",
        url="https://hooks.example.vn/",
        kinds=["task_opened", "task_overdue"],
        allowed_hosts=["hooks.example.vn"],
        now=NOON,
    )
    case_id = a_case_at("district_appraise")
    given_back(case_id, "district_appraise")
    late = at("2023-12-20")

    for number in range(100):
        untouched = everything_stored()
        with a_fault_at(number), suppress(Fault):
            announce_due(late)
        if everything_stored() != untouched:
            break

    people, waiting = told_and_sent()
    assert number > 8  # every one of its statements has failed once, the commit too
    assert [kind for name, kind, _ in people if name == OFFICER] == ["case_returned", "overdue"]
    assert Counter(row.split()[0] for row in waiting) == {"email": 2, "webhook": 2}
    announce_due(late)
    assert told_and_sent() == (people, waiting)
    assert nothing_is_wrong()


def test_four_announcers_at_once_tell_everybody_once(either_core: Flask):
    a_case_of(parallel_procedure(40))
    an_open_case()

    with patch.object(announcements, "_TAKE", announcements._TAKE.limit(7)):
        told = at_once(either_core, [partial(announce_due, NOON)] * 4)
        told.append(announce_due(NOON))  # what one of them had in hand when the others looked

    assert sum(told) == 41
    assert Counter(name for name, _, _ in everybody_heard()) == {OFFICER: 41}
    assert len({link for _, _, link in everybody_heard()}) == 41


def test_four_who_tell_of_one_end_tell_it_once(either_core: Flask):
    case_id = an_open_case()
    payload = {"case": str(case_id), "outcome": "commune_recognised"}

    answers = at_once(either_core, [partial(announce_finished, case_id, payload, NOON, by_email=False)] * 4)

    assert answers == [None] * 4
    assert Counter(kind for _, kind, _ in everybody_heard()) == {"case_finished": 8}


def test_with_nothing_to_tell_looking_is_one_statement_along_the_index(sqlite_core: Flask):
    a_case_of(parallel_procedure(30))
    announce_due(NOON)
    db.session.rollback()

    with statements() as sent:
        assert announce_due(NOON) == 0

    assert len(sent) == 1
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0]}", (iso_instant(NOON), 1, 0))
    assert "USING INDEX ix_task_attention" in str(plan.all()).replace("COVERING ", "")


def test_a_batch_costs_the_same_statements_for_one_task_and_for_fifty(core: Flask):
    an_open_case()
    with statements() as for_one:
        announce_due(NOON)
    a_case_of(parallel_procedure(50))

    with statements() as for_fifty:
        assert announce_due(NOON) == 50

    assert len(for_fifty) <= len(for_one) + 1


def test_one_task_that_cannot_be_told_does_not_silence_the_others(core: Flask):
    an_open_case("phuong-minh-hoa")
    an_open_case()

    def opened(task: words.TaskFacts) -> words.Words:
        if "Minh Họa" in task.commune:
            raise Fault
        return real(task)

    real = words.opened
    with patch.object(words, "opened", opened):
        assert announce_due(NOON) == 2
        assert announce_due(NOON) == 0  # it is not tried again at every pass

    assert [name for name, _, _ in everybody_heard()] == [OFFICER]
    announce_due(NOON + announcements.TRY_AGAIN)
    assert [name for name, _, _ in everybody_heard()] == ["xa-minhhoa-chuyenvien", OFFICER]
