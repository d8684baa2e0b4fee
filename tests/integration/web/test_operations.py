"""*Vận hành*: what failed is seen, tried again or dropped, by page, API and command line; and recorded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import insert, select, update

from service.cli import congnhan
from service.database import db, transaction
from service.jobs.outbox import MOST_ATTEMPTS
from service.models import Case, Event, EventPrivatePart, Message, OutboxRow, ProcessBeat, Setting, Timer
from tests.builders import NOON
from tests.integration.service.scenes import a_case_of, looping_procedure, nothing_is_wrong
from tests.integration.web.conftest import Visitor
from tests.integration.web.html import faults

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]
ADMINISTRATOR, AUDITOR, OFFICER = "quantri", "kiemtra", "xa-thidu-chuyenvien"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def a_delivery(state: str = "dead", kind: str = "email", **values: Any) -> int:
    """One that failed; its number."""
    row = {
        "kind": kind,
        "payload": {},
        "state": state,
        "attempts": MOST_ATTEMPTS if state == "dead" else 3,
        "available_at": NOON + timedelta(minutes=5),
        "created_at": NOON - timedelta(hours=1),
        "last_error": "ConnectionRefusedError(111, 'mail.example')",
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        **values,
    }
    with transaction() as session:
        return int(session.execute(insert(OutboxRow).values(row)).inserted_primary_key[0])


def a_failing_timer() -> uuid.UUID:
    case_id = a_case_of(looping_procedure())
    with transaction() as session:
        session.execute(
            update(Timer)
            .where(Timer.case_id == case_id)
            .values(attempts=4, retry_at=NOON + timedelta(hours=1), last_error="TimerNotSet('late:1')")
        )
    return db.session.execute(select(Timer.id).where(Timer.case_id == case_id)).scalar_one()


def code_of(case_id: uuid.UUID) -> str:
    return db.session.execute(select(Case.code).where(Case.id == case_id)).scalar_one()


def stored(outbox_id: int) -> tuple[str, int]:
    db.session.rollback()
    row = db.session.execute(
        select(OutboxRow.state, OutboxRow.attempts).where(OutboxRow.id == outbox_id)
    ).one()
    return row.state, row.attempts


def recorded(kind: str) -> list[tuple[dict[str, Any], str | None]]:
    """Data and typed reason of the administration events of this type, in order."""
    db.session.rollback()
    rows = db.session.execute(
        select(Event.body, EventPrivatePart.content)
        .outerjoin(EventPrivatePart, EventPrivatePart.position == Event.position)
        .where(Event.stream == "administration", Event.type == kind)
        .order_by(Event.seq)
    )
    return [(orjson.loads(row.body)["data"], row.content.decode() if row.content else None) for row in rows]


def everything_wrong() -> dict[str, Any]:
    timer = a_failing_timer()
    case_id = db.session.execute(select(Timer.case_id).where(Timer.id == timer)).scalar_one()
    dead = a_delivery(kind="round_act", case_id=case_id)
    behind = a_delivery("waiting", kind="round_act", case_id=case_id, attempts=0, last_error="")
    failing = a_delivery("waiting", payload={"case": str(case_id)}, kind="webhook")
    with transaction() as session:
        session.execute(
            insert(ProcessBeat),
            [
                {
                    "name": f"{role}@may-chu:{number}",
                    "role": role,
                    "version": "0.2.0",
                    "started_at": NOON - timedelta(hours=5),
                    "beat_at": NOON - timedelta(seconds=late),
                }
                for number, (role, late) in enumerate([("scheduler", 600), ("web", 5)])
            ],
        )
        session.execute(insert(Setting).values(name="last_backup_at", value="2023-11-20T03:00:00+00:00"))
        session.execute(
            insert(Message).values(
                id=uuid.uuid4(),
                kind="message",
                name="hello",
                source="test",
                position=1,
                to={},
                payload={},
                created_at=NOON,
                expires_at=NOON + timedelta(days=1),
            )
        )
    return {"timer": timer, "dead": dead, "behind": behind, "failing": failing, "code": code_of(case_id)}


def test_an_administrator_sees_everything_that_is_wrong(as_person: AsPerson, behind: Behind) -> None:
    wrong = behind(everything_wrong)

    page = as_person(ADMINISTRATOR).page("/van-hanh")

    assert faults(page) == []
    text = " ".join(page.split())
    for words in (
        "Chạy lại tất cả 1 việc đã dừng",
        "Đưa văn bản của đợt xét vào hồ sơ",
        f"số {wrong['dead']}",
        wrong["code"],
        "1 việc của hồ sơ chờ sau việc này",
        "Đang thử lại",
        "lần tới lúc 12:05 ngày 20/11/2023",
        TRACE,
        "ConnectionRefusedError",
        "Thời hạn chưa xử lý được",
        "TimerNotSet",
        "scheduler@may-chu:0",
        "Không có tín hiệu",
        "Đang chạy",
        "10:00 ngày 20/11/2023",
    ):
        assert words in text, words


def test_each_message_says_who_gets_it_until_when_and_what_is_left_to_do(
    as_person: AsPerson, behind: Behind
) -> None:
    to = {"procedure": "recognition", "commune": "xa-thi-du", "year": 2030}

    def sent() -> None:
        with transaction() as session:
            for number, (name, state) in enumerate((("ket_qua", "waiting"), ("cau_hoi", "expired"))):
                session.execute(
                    insert(Message).values(
                        id=uuid.uuid4(),
                        kind="message",
                        position=number,
                        name=name,
                        source=f"outside:{number}",
                        to=to,
                        payload={},
                        state=state,
                        created_at=NOON,
                        expires_at=NOON + timedelta(days=30),
                        last_error="",
                    )
                )

    auditor = as_person(AUDITOR)
    empty = auditor.page("/van-hanh/thong-diep")
    behind(sent)

    both, late = auditor.page("/van-hanh/thong-diep"), auditor.page("/van-hanh/thong-diep?trang-thai=expired")

    assert "Chưa có thông điệp nào" in empty
    assert [faults(one) for one in (empty, both, late)] == [[]] * 3
    for words in ("ket_qua", "từ bên ngoài", "recognition, xa-thi-du, 2030", "hạn 12:00 ngày 20/12/2023"):
        assert words in both
    assert "Chưa có hồ sơ nhận: tự giao khi hồ sơ ấy được mở." in both
    assert ("ket_qua" in late, "cau_hoi" in late, "gửi lại bằng lệnh" in late) == (False, True, True)
    assert as_person(OFFICER).get("/van-hanh/thong-diep").status_code == 403
    assert 'href="/van-hanh/thong-diep"' in auditor.page("/van-hanh")


def test_where_nothing_is_wrong_the_page_says_so(as_person: AsPerson) -> None:
    page = as_person(ADMINISTRATOR).page("/van-hanh")

    assert faults(page) == []
    assert "Không có việc nào bị lỗi" in page
    assert "Chưa tiến trình nào báo là đang chạy" in page
    assert 'aria-current="page">Vận hành' in page


def test_others_do_not_get_in_and_auditors_only_look(as_person: AsPerson, behind: Behind) -> None:
    outbox_id = behind(a_delivery)
    officer, auditor = as_person(OFFICER), as_person(AUDITOR)

    assert officer.get("/van-hanh").status_code == 403
    assert "/van-hanh" not in officer.page("/viec")
    assert "chay-lai" not in auditor.page("/van-hanh")
    for act in (f"viec/{outbox_id}/chay-lai", f"viec/{outbox_id}/bo", "chay-lai-tat-ca"):
        assert auditor.post(f"/van-hanh/{act}", {"reason": "x"}).status_code == 403
        assert officer.post(f"/van-hanh/{act}", {"reason": "x"}).status_code == 403
    assert behind(lambda: stored(outbox_id)) == ("dead", MOST_ATTEMPTS)


def test_a_delivery_given_up_is_tried_again_from_the_beginning(as_person: AsPerson, behind: Behind) -> None:
    outbox_id = behind(a_delivery)
    administrator = as_person(ADMINISTRATOR)

    answer = administrator.post(f"/van-hanh/viec/{outbox_id}/chay-lai")

    assert (answer.status_code, answer.location) == (303, "/van-hanh")
    assert behind(lambda: stored(outbox_id)) == ("waiting", 0)
    assert [data["outbox"] for data, _ in behind(lambda: recorded("delivery_retried"))] == [outbox_id]


def test_all_that_were_given_up_are_tried_again_at_once(as_person: AsPerson, behind: Behind) -> None:
    numbers = behind(lambda: [a_delivery(), a_delivery(kind="webhook"), a_delivery()])

    as_person(ADMINISTRATOR).post("/van-hanh/chay-lai-tat-ca")

    assert behind(lambda: [stored(number) for number in numbers]) == [("waiting", 0)] * 3
    assert behind(lambda: recorded("deliveries_retried")) == [({"by_kind": {"email": 2, "webhook": 1}}, None)]


def test_dropping_asks_why_and_lets_the_case_go_on(as_person: AsPerson, behind: Behind) -> None:
    case_id = behind(lambda: a_case_of(looping_procedure()))
    dead = behind(lambda: a_delivery(kind="message_delivery", case_id=case_id))
    behind(lambda: a_delivery("waiting", kind="signal", case_id=case_id, attempts=0, last_error=""))
    administrator, address = as_person(ADMINISTRATOR), f"/van-hanh/viec/{dead}/bo"

    asked = administrator.page(address)
    refused = administrator.post(address, {"reason": "  "})
    dropped = administrator.post(address, {"reason": "Văn bản đã được hủy."})

    assert faults(asked) == faults(refused.text) == []
    assert "1 việc của hồ sơ" in asked
    assert (refused.status_code, "Hãy ghi lý do" in refused.text) == (422, True)
    assert dropped.status_code == 303
    assert behind(lambda: stored(dead)) == ("dropped", MOST_ATTEMPTS)
    [(data, reason)] = behind(lambda: recorded("delivery_dropped"))
    assert (data["outbox"], reason) == (dead, "Văn bản đã được hủy.")
    assert behind(nothing_is_wrong)


def test_a_failing_timer_is_let_fire_at_once(as_person: AsPerson, behind: Behind) -> None:
    timer = behind(a_failing_timer)
    administrator = as_person(ADMINISTRATOR)

    answer = administrator.post(f"/van-hanh/thoi-han/{timer}/thu-lai")

    assert answer.status_code == 303
    assert behind(lambda: db.session.get_one(Timer, timer).retry_at) is None
    assert len(behind(lambda: recorded("timer_retried"))) == 1


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30], ids=["none", "unknown", "beyond any database"])
def test_a_number_of_nothing_is_not_found(as_person: AsPerson, number: str) -> None:
    administrator = as_person(ADMINISTRATOR)

    assert administrator.get(f"/van-hanh/viec/{number}/bo").status_code == 404
    for act in ("chay-lai", "bo"):
        assert administrator.post(f"/van-hanh/viec/{number}/{act}", {"reason": "x"}).status_code == 404


def test_what_is_done_or_in_hand_is_left_alone(as_person: AsPerson, behind: Behind) -> None:
    numbers = behind(
        lambda: [a_delivery("done"), a_delivery("waiting", claimed_until=NOON + timedelta(minutes=2))]
    )
    administrator = as_person(ADMINISTRATOR)

    for number in numbers:
        assert administrator.post(f"/van-hanh/viec/{number}/chay-lai").status_code == 409


def test_many_failures_are_shown_page_by_page(as_person: AsPerson, behind: Behind) -> None:
    numbers = behind(lambda: [a_delivery() for _ in range(30)])
    administrator = as_person(ADMINISTRATOR)

    first = administrator.page("/van-hanh")
    second = administrator.page(f"/van-hanh?sau={numbers[24]}")

    assert (f"số {numbers[24]}<" in first, f"số {numbers[25]}<" in first) == (True, False)
    assert f'href="/van-hanh?sau={numbers[24]}"' in first
    assert (f"số {numbers[25]}<" in second, "Trang sau" in second) == (True, False)
    assert administrator.page("/van-hanh?sau=khong-phai-so")
    assert administrator.page("/van-hanh?sau=" + "9" * 40)


def test_the_api_says_and_does_the_same(as_person: AsPerson, behind: Behind) -> None:
    wrong = behind(everything_wrong)
    administrator = as_person(ADMINISTRATOR)
    client = administrator.client

    standing = client.get("/api/v1/operations").json
    failed = client.get("/api/v1/operations/deliveries?size=1").json
    rest = client.get(f"/api/v1/operations/deliveries?cursor={failed['next_cursor']}").json

    assert {one["kind"]: (one["waiting"], one["dead"]) for one in standing["counts"]} == {
        "round_act": (1, 1),
        "webhook": (1, 0),
    }
    assert [one["is_alive"] for one in standing["processes"]] == [False, True]
    assert (standing["timers"][0]["code"], standing["messages_waiting"]) == (wrong["code"], 1)
    assert [one["id"] for one in failed["items"] + rest["items"]] == [wrong["dead"], wrong["failing"]]
    assert {one["code"] for one in failed["items"] + rest["items"]} == {wrong["code"]}
    assert rest["next_cursor"] is None
    headers = {"X-CSRFToken": administrator.token()}
    base = "/api/v1/operations/deliveries"
    assert client.post(f"{base}/{wrong['dead']}/retry", headers=headers).json["state"] == "waiting"
    dropped = client.post(f"{base}/{wrong['failing']}/drop", json={"reason": "Thử."}, headers=headers)
    assert dropped.status_code == 204
    assert client.post(f"{base}/retry", headers=headers).json == {"count": 0}
    assert (
        client.post(f"/api/v1/operations/timers/{wrong['timer']}/retry", headers=headers).status_code == 204
    )
    assert client.post(f"{base}/{wrong['failing']}/retry", headers=headers).status_code == 409


def test_the_command_line_lists_retries_and_drops(
    web: Flask, behind: Behind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = behind(everything_wrong)
    second = behind(a_delivery)
    monkeypatch.setenv("DATABASE_URL", web.config["SETTINGS"].database_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    run = CliRunner().invoke

    listed = run(congnhan, ["jobs", "list"])
    retried = run(congnhan, ["jobs", "retry", str(wrong["dead"])])
    dropped = run(congnhan, ["jobs", "drop", str(wrong["failing"]), "--reason", "Không cần nữa."])
    everything = run(congnhan, ["jobs", "retry", "--all"])

    assert (
        f"{wrong['dead']}\tĐưa văn bản của đợt xét vào hồ sơ, hồ sơ {wrong['code']}\tđã dừng" in listed.output
    )
    assert "3 việc bị lỗi." in listed.output
    assert [one.exit_code for one in (listed, retried, dropped, everything)] == [0, 0, 0, 0]
    assert "Đã cho chạy lại 1 việc." in everything.output
    numbers = (wrong["dead"], wrong["failing"], second)
    assert behind(lambda: [stored(number)[0] for number in numbers]) == ["waiting", "dropped", "waiting"]


@pytest.mark.parametrize(("kind", "instead"), [("job", "luồng lỗi"), ("round_act", "của đợt xét phải đến")])
def test_work_for_which_a_case_waits_is_not_dropped_by_any_door(
    kind: str,
    instead: str,
    web: Flask,
    as_person: AsPerson,
    behind: Behind,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    number = behind(lambda: a_delivery(kind=kind, case_id=a_case_of(looping_procedure())))
    administrator = as_person(ADMINISTRATOR)
    monkeypatch.setenv("DATABASE_URL", web.config["SETTINGS"].database_url)
    monkeypatch.setenv("CONGNHAN_DATA", str(tmp_path))
    reason = {"reason": "Không cần nữa."}

    page = administrator.get("/van-hanh")
    asked = administrator.get(f"/van-hanh/viec/{number}/bo")
    posted = administrator.post(f"/van-hanh/viec/{number}/bo", reason)
    by_api = administrator.client.post(
        f"/api/v1/operations/deliveries/{number}/drop",
        json=reason,
        headers={"X-CSRFToken": administrator.token()},
    )
    by_command = CliRunner().invoke(congnhan, ["jobs", "drop", str(number), "--reason", "Thử."])

    assert f"/van-hanh/viec/{number}/chay-lai" in page.text
    assert f"/van-hanh/viec/{number}/bo" not in page.text
    assert (asked.status_code, posted.status_code, by_api.status_code) == (409, 409, 409)
    assert instead in posted.text
    assert "Chạy lại" in by_api.json["detail"]
    assert by_command.exit_code != 0
    assert "Chạy lại" in str(by_command.exception)
    assert behind(lambda: stored(number)) == ("dead", MOST_ATTEMPTS)
    assert behind(lambda: recorded("delivery_dropped")) == []
