"""Work that the service does for a diagram: outside the transaction, once for the case, or left waiting."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import update

from service.audit.alarms import alarms
from service.audit.operations import SYSTEM
from service.audit.queries import case_events
from service.database import db, transaction
from service.deliveries.operations import retry_delivery
from service.errors import BadDefinition
from service.jobs import topics
from service.jobs.outbox import drain
from service.jobs.service_tasks import handle_job
from service.jobs.timers import fire_due
from service.messages.operations import Address, send
from service.models import OutboxRow
from service.notifications.webhook_sending import Sender
from service.notifications.webhooks import add_webhook, remove_webhook
from tests.builders import NOON, case_of
from tests.integration.service.correspondence import do, service_task, variables_of
from tests.integration.service.heard import told
from tests.integration.service.scenes import (
    a_case_of,
    at_once,
    nothing_is_wrong,
    open_tasks,
    outbox_rows,
    published,
    status_of,
)
from tests.integration.service.test_messages import (
    Killed,
    killed_while_delivering,
)
from tests.servers.hooks import CERTIFICATE, HooksServer, hooks_server, says
from tests.unit.engine.drawing import Drawing


def notifying(**given: str) -> Drawing:
    """A task, then the district is told, then another task."""
    drawing = Drawing("notifying")
    drawing.start()
    drawing.task("prepare")
    service_task(drawing, "tell", "notify", **{"group": "district", "text": "Hồ sơ đã sẵn sàng", **given})
    drawing.task("follow")
    drawing.end()
    drawing.chain("opened", "prepare", "tell", "follow", "done")
    return drawing


def calling(*, code: str | None = None, timer: str = "") -> Drawing:
    """A webhook is called at once; an error (`code`, "" any) or a timer leads to *repair*."""
    drawing = Drawing("hooked")
    drawing.start()
    service_task(drawing, "call", "webhook", webhook="so-khcn")
    drawing.task("follow")
    drawing.end()
    drawing.chain("opened", "call", "follow", "done")
    if code is not None:
        drawing.boundary("went_wrong", "call", drawing.error(code))
    elif timer:
        drawing.boundary("went_wrong", "call", drawing.timer("timeDuration", timer))
    if code is not None or timer:
        drawing.task("repair")
        drawing.end("given_up")
        drawing.chain("went_wrong", "repair", "given_up")
    return drawing


@pytest.fixture
def hooks() -> Iterator[HooksServer]:
    with hooks_server() as server, reaching(server):
        yield server


@contextmanager
def reaching(server: HooksServer) -> Iterator[None]:
    """The service may send to this machine and trusts the tests' certificate."""

    def sender(_allowed: object) -> Sender:
        return Sender(
            (server.allowed,),
            permitted=(ip_network("127.0.0.0/8"),),
            context=ssl.create_default_context(cafile=str(CERTIFICATE)),
            resolve=lambda _host, _port: ["127.0.0.1"],
        )

    with patch("service.jobs.topics.Sender", sender):
        yield


def known(hooks: HooksServer) -> None:
    add_webhook(
        name="so-khcn",
        url=hooks.url,
        kinds=["case_finished"],
        allowed_hosts=(hooks.allowed,),
        now=NOON,
    )


def jobs() -> list[OutboxRow]:
    return [row for row in outbox_rows() if row.kind == "job"]


def kinds(case_id: uuid.UUID) -> list[str]:
    db.session.rollback()
    return [event.type for event in case_events(case_id)]


def refused(drawing: Drawing) -> list[str]:
    with pytest.raises(BadDefinition) as error:
        published(drawing)
    return [
        problem["message"] for problem in error.value.details["problems"] if problem["rule"] == "known-job"
    ]


def test_a_group_of_the_case_is_told_and_the_case_goes_on(either_core: Flask):
    case_id = a_case_of(published(notifying()))
    do(case_id, "prepare")
    assert list(open_tasks(case_id)) == []

    drain(NOON)

    assert list(open_tasks(case_id)) == ["follow"]
    (line,) = [one for one in told("huyen-bimson-chuyenvien") if one.kind == "notice"]
    assert line.title.startswith("Hồ sơ đã sẵn sàng")
    assert line.link == f"/ho-so/{case_id}"
    assert [one for one in told("so-tttt-chuyenvien") if one.kind == "notice"] == []
    assert kinds(case_id)[-1] == "job_completed"
    assert nothing_is_wrong()


def test_four_dispatchers_tell_once(either_core: Flask):
    case_id = a_case_of(published(notifying()))
    do(case_id, "prepare")

    at_once(either_core, [partial(drain, NOON)] * 4)

    assert kinds(case_id).count("job_completed") == 1
    assert [one.kind for one in told("huyen-bimson-lanhdao")].count("notice") == 1
    assert nothing_is_wrong()


def test_a_process_killed_anywhere_in_a_job_loses_and_doubles_nothing(sqlite_core: Flask):
    case_id = a_case_of(published(notifying()))
    do(case_id, "prepare")

    number = 0
    for number in killed_while_delivering(sqlite_core):
        drain(NOON)
        assert kinds(case_id).count("job_completed") == 1, f"killed at {number}"
        assert [one.kind for one in told("huyen-bimson-lanhdao")].count("notice") == 1
        assert nothing_is_wrong()

    assert number > 14  # claim, look, move and tell, note


def test_an_answered_job_does_not_move_its_case_again(either_core: Flask):
    case_id = a_case_of(published(notifying()))
    do(case_id, "prepare")
    (row,) = jobs()
    again = partial(handle_job, case_id=case_id, payload=row.payload, now=NOON, outbox_id=row.id)

    again()
    again()
    drain(NOON)

    assert kinds(case_id).count("job_completed") == 1
    assert nothing_is_wrong()


def test_another_system_takes_the_case_in_and_its_answer_is_a_variable(core: Flask, hooks: HooksServer):
    known(hooks)
    case_id = a_case_of(published(calling()))

    drain(NOON)

    assert list(open_tasks(case_id)) == ["follow"]
    assert variables_of(case_id)["call.status"] == 204
    got = hooks.received.get(timeout=60)
    sent = json.loads(got.body)
    assert sent["data"]["case"]["code"] == case_of(case_id).code
    assert sent["data"]["step"] == {"element": "call", "name": "call"}
    assert nothing_is_wrong()


def test_a_repetition_bears_the_same_id_and_the_same_bytes(core: Flask, hooks: HooksServer):
    known(hooks)
    case_id = a_case_of(published(calling()))
    (row,) = jobs()
    with (
        patch("service.jobs.service_tasks._answer", side_effect=Killed),
        pytest.raises(Killed),
    ):  # the process dies after the call, before its answer is stored
        handle_job(case_id=case_id, payload=row.payload, now=NOON, outbox_id=row.id)
    db.session.rollback()

    drain(NOON + timedelta(minutes=5))

    first, second = hooks.received.get(timeout=60), hooks.received.get(timeout=60)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_refusal_goes_the_way_that_is_drawn_for_it(core: Flask, hooks: HooksServer):
    known(hooks)
    hooks.answer = says(422)
    case_id = a_case_of(published(calling(code="refused")))

    drain(NOON)

    assert list(open_tasks(case_id)) == ["repair"]
    assert kinds(case_id)[-1] == "job_failed"
    assert jobs()[0].state == "done"
    assert nothing_is_wrong()


def test_a_webhook_that_is_gone_is_an_error_of_its_own(core: Flask, hooks: HooksServer):
    known(hooks)
    remove_webhook(name="so-khcn", now=NOON)
    case_id = a_case_of(published(calling(code="unknown")))

    drain(NOON)

    assert list(open_tasks(case_id)) == ["repair"]


def test_work_that_keeps_failing_is_left_dead_and_runs_on_when_tried_again(core: Flask, hooks: HooksServer):
    known(hooks)
    hooks.answer = says(503)
    case_id = a_case_of(published(calling()))
    now = NOON
    for _ in range(50):
        drain(now)
        (row,) = jobs()
        if row.state == "dead":
            break
        now = max(row.available_at, now)
    assert (row.state, list(open_tasks(case_id)), status_of(case_id)[0]) == ("dead", [], "open")
    assert case_of(case_id).code in [alarm.code for alarm in alarms(now)]

    hooks.answer = says(204)
    retry_delivery(outbox_id=row.id, by=SYSTEM, now=now)
    drain(now)

    assert list(open_tasks(case_id)) == ["follow"]
    assert nothing_is_wrong()


def test_a_refusal_that_nobody_deals_with_leaves_the_case_where_it_is(core: Flask, hooks: HooksServer):
    known(hooks)
    hooks.answer = says(422)
    case_id = a_case_of(published(calling()))

    drain(NOON)

    (row,) = jobs()
    assert (row.state, row.attempts, list(open_tasks(case_id))) == ("waiting", 1, [])
    assert "422" in row.last_error
    assert nothing_is_wrong()


def test_work_that_is_no_longer_waited_for_is_not_begun(core: Flask, hooks: HooksServer):
    known(hooks)
    case_id = a_case_of(published(calling(timer="P1D")))

    fire_due(NOON + timedelta(days=1))
    drain(NOON + timedelta(days=1))

    assert list(open_tasks(case_id)) == ["repair"]
    assert [row.state for row in jobs()] == ["dropped"]
    assert hooks.received.empty()
    assert nothing_is_wrong()


def test_dead_work_that_is_no_longer_waited_for_alarms_nobody(core: Flask, hooks: HooksServer):
    known(hooks)
    a_case_of(published(calling(timer="P1D")))
    with transaction() as session:
        session.execute(update(OutboxRow).values(state="dead"))

    fire_due(NOON + timedelta(days=1))

    assert [row.state for row in jobs()] == ["dropped"]
    assert alarms(NOON) == []


def test_a_service_that_is_down_does_not_hold_up_the_message_that_ends_the_wait(
    core: Flask, hooks: HooksServer
):
    known(hooks)
    hooks.answer = says(503)
    drawing = calling()
    drawing.boundary("called_off", "call", drawing.message("called_off"))
    drawing.end("stopped")
    drawing.flow("called_off", "stopped")
    case_id = a_case_of(published(drawing))
    drain(NOON)
    assert jobs()[0].attempts == 1

    code = case_of(case_id).code
    send(kind="message", name="called_off", to=Address(case=code), payload={}, by=None, now=NOON)
    drain(NOON)

    assert status_of(case_id) == ("finished", "stopped")
    assert [row.state for row in jobs()] == ["dropped"]
    assert nothing_is_wrong()


def test_an_answer_that_comes_too_late_changes_nothing(core: Flask, hooks: HooksServer):
    known(hooks)
    case_id = a_case_of(published(calling(timer="P1D")))
    (row,) = jobs()

    def and_meanwhile(job: topics.Job, now: object) -> topics.Done:
        fire_due(NOON + timedelta(days=1))
        return topics.Done({"status": 204})

    with patch.dict(topics.WORK, {"webhook": and_meanwhile}):
        handle_job(case_id=case_id, payload=row.payload, now=NOON, outbox_id=row.id)

    assert list(open_tasks(case_id)) == ["repair"]
    assert "call.status" not in variables_of(case_id)
    assert nothing_is_wrong()


@pytest.mark.parametrize(
    ("topic", "given", "said"),
    [
        ("paint", {}, "Không có dịch vụ nào làm việc 'paint'"),
        ("notify", {"group": "district"}, "'text'"),
        ("notify", {"group": "everybody", "text": "x"}, "'group'"),
        ("notify", {"group": "district", "text": "x" * 301}, "'text'"),
        ("notify", {"group": "district", "text": "x", "colour": "red"}, "'colour'"),
        ("webhook", {"webhook": "<script>"}, "'webhook'"),
    ],
)
def test_work_that_is_not_told_what_it_needs_is_not_published(
    core: Flask, topic: str, given: dict[str, str], said: str
):
    drawing = Drawing("unserved")
    drawing.start()
    service_task(drawing, "act", topic, **given)
    drawing.end()
    drawing.chain("opened", "act", "done")

    messages = refused(drawing)

    assert len(messages) == 1
    assert said in messages[0]
