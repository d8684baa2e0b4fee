"""An administrator may send a message or a signal; whose act a message is stays with those whose it is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from click.testing import CliRunner
from flask import Flask

from service.cli import congnhan
from service.errors import BadInput, IdempotencyKeyReused, NotAllowed, NotFound
from service.jobs.outbox import claim, deliver
from service.messages.operations import Address, send
from service.messages.queries import list_messages, progress_of
from tests.builders import NOON, an_open_case, case_of, person
from tests.integration.service.correspondence import (
    carry,
    caught,
    do,
    receiving_procedure,
    signal,
    states,
    variables_of,
)
from tests.integration.service.scenes import a_case_of, nothing_is_wrong, outbox_rows, published
from tests.integration.service.test_messages import told
from tests.unit.engine.drawing import Drawing

ADMINISTRATOR, PROCESS_OWNER = "quantri", "quytrinh-so-tttt"


def test_an_administrators_message_is_caught_and_recorded(either_core: Flask):
    case_id = a_case_of(receiving_procedure(1))

    source = send(
        kind="message",
        name="note",
        to=Address(case=case_of(case_id).code),
        payload={"number": 7, "share": Decimal("0.5"), "checked": True, "nobody": None, "text": "Đã rõ"},
        by=person(ADMINISTRATOR),
        now=NOON,
    )
    carry()

    seen = {key.removeprefix("taken_1."): value for key, value in variables_of(case_id).items()}
    assert seen == {"number": 7, "share": "0.5", "checked": True, "nobody": None, "text": "Đã rõ"}
    assert [entry["source"] for entry in told("message_sent")] == [source]
    assert progress_of(person(ADMINISTRATOR), source).delivered == 1
    assert nothing_is_wrong()


def test_the_case_of_a_commune_and_year_is_an_address_too(core: Flask):
    case_id = a_case_of(receiving_procedure(1))

    send(
        kind="message",
        name="note",
        to=Address(procedure="receiving", commune="xa-thi-du", year=2023),
        payload={},
        by=person(PROCESS_OWNER),
        now=NOON,
    )
    carry()

    assert caught(case_id) == ["note"]


def test_the_same_key_sends_once(either_core: Flask):
    case_id = a_case_of(receiving_procedure(2))
    to = Address(case=case_of(case_id).code)
    told_once = {"kind": "message", "name": "note", "to": to, "key": "k1", "by": None, "now": NOON}

    first = send(payload={"number": 1}, **told_once)
    again = send(payload={"number": 1}, **told_once)
    with pytest.raises(IdempotencyKeyReused):
        send(payload={"number": 2}, **told_once)
    carry()

    assert first == again
    assert caught(case_id) == ["note"]


@pytest.mark.parametrize("name", ["withdrawal_requested", "commune_dissolved", "opinion_waived"])
def test_nobody_sends_what_is_a_leaders_act(core: Flask, name: str):
    case_id = an_open_case()

    with pytest.raises(NotAllowed):
        send(
            kind="message",
            name=name,
            to=Address(case=case_of(case_id).code),
            payload={},
            by=person(ADMINISTRATOR),
            now=NOON,
        )

    assert [row for row in outbox_rows() if row.kind == "message"] == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "no_such_message"}, "name"),
        ({"name": "not a name"}, "name"),
        ({"to": None}, "to"),
        ({"to": Address(procedure="receiving", commune="xa-thi-du")}, "to"),
        ({"to": Address(procedure="receiving", commune="khong-co", year=2023)}, "to.commune"),
        ({"payload": {"nested": {"a": 1}}}, "payload.nested"),
        ({"payload": {"half": 0.5}}, "payload.half"),
        ({"payload": {"large": 2**60}}, "payload.large"),
        ({"payload": {"long": "x" * 501}}, "payload.long"),
        ({"payload": {"not a key": 1}}, "payload.not a key"),
        ({"payload": {f"k{n}": 1 for n in range(51)}}, "payload"),
        ({"kept_days": 0}, "kept_days"),
        ({"kind": "signal", "name": "note"}, "name"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field(core: Flask, changed: dict[str, object], field: str):
    receiving_procedure(1)
    sent: dict[str, object] = {
        "kind": "message",
        "name": "note",
        "to": Address(procedure="receiving", commune="xa-thi-du", year=2023),
        "payload": {},
        "by": person(ADMINISTRATOR),
        "now": NOON,
    }

    with pytest.raises(BadInput) as refused:
        send(**{**sent, **changed})  # type: ignore[arg-type]

    assert field in refused.value.fields
    assert outbox_rows() == []


def test_an_unknown_case_is_not_found(core: Flask):
    receiving_procedure(1)

    with pytest.raises(NotFound):
        send(
            kind="message",
            name="note",
            to=Address(case="CN-2023-999999"),
            payload={},
            by=person(ADMINISTRATOR),
            now=NOON,
        )


def test_others_neither_send_nor_look(core: Flask):
    receiving_procedure(1)
    leader = person("so-tttt-giamdoc")
    to = Address(procedure="receiving", commune="xa-thi-du", year=2023)

    with pytest.raises(NotAllowed):
        send(kind="message", name="note", to=to, payload={}, by=leader, now=NOON)
    with pytest.raises(NotAllowed):
        list_messages(leader)


def test_the_command_line_sends_and_lists(core: Flask, monkeypatch: pytest.MonkeyPatch):
    case_id = a_case_of(receiving_procedure(1))
    monkeypatch.setenv("DATABASE_URL", core.config["SETTINGS"].database_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(core.config["SETTINGS"].data_dir))
    code = case_of(case_id).code
    asked = ["message", "send", "note", "--to-case", code, "--payload", "number=7", "--payload", "text=Đã rõ"]

    run = CliRunner().invoke(congnhan, [*asked, "--key", "k"], catch_exceptions=False)
    again = CliRunner().invoke(congnhan, [*asked, "--key", "k"], catch_exceptions=False)
    carry()
    listed = CliRunner().invoke(congnhan, ["message", "list"], catch_exceptions=False)

    assert (run.exit_code, again.output) == (0, run.output)
    seen = variables_of(case_id)
    assert (seen["taken_1.number"], seen["taken_1.text"]) == (7, "Đã rõ")
    assert "delivered" in listed.output
    assert code in listed.output


def listening_procedure(key: str = "listening", before: str = "") -> str:
    """Waits for the signal *published*; `before` names a task that is to be done first."""
    drawing = Drawing(key)
    drawing.start()
    drawing.end()
    first = ["opened", drawing.task(before)] if before else ["opened"]
    drawing.chain(*first, drawing.catch("heard", signal(drawing, "published")), "done")
    return published(drawing)


def test_a_signal_reaches_all_who_listen_and_is_not_kept_for_the_others(either_core: Flask):
    listening = [a_case_of(listening_procedure(), year=year) for year in (2022, 2023)]
    busy = a_case_of(listening_procedure("busy", before="prepare"))

    send(kind="signal", name="published", payload={"number": "12/QĐ"}, by=person(ADMINISTRATOR), now=NOON)
    carry()
    do(busy, "prepare")
    carry()

    assert [caught(case_id) for case_id in (*listening, busy)] == [["published"], ["published"], []]
    assert [variables_of(case_id)["heard.number"] for case_id in listening] == ["12/QĐ"] * 2
    assert states() == [("published", "delivered")] * 2
    assert nothing_is_wrong()


def test_who_stops_listening_before_the_signal_arrives_does_not_hear_it(core: Flask):
    drawing = Drawing("interruptible")
    drawing.start()
    drawing.task("work")
    drawing.boundary("called_off", "work", signal(drawing, "published"))
    drawing.end()
    drawing.end("stopped")
    drawing.chain("opened", "work", "done")
    drawing.flow("called_off", "stopped")
    case_id = a_case_of(published(drawing))
    send(kind="signal", name="published", payload={}, by=None, now=NOON)
    deliver(claim(NOON) or 0, NOON)  # the message is posted, not yet delivered
    do(case_id, "work")

    carry()

    assert states() == [("published", "expired")]
    assert case_of(case_id).outcome == "done"
