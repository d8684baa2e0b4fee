"""*Trao đổi*: who speaks, who hears, what is told of it, and that the member is not heard too early."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service.audit.check import check_everything
from service.comments.operations import add_comment, withdraw_comment
from service.comments.queries import counts_by_criterion, list_comments
from service.database import db
from service.errors import BadInput, NotAllowed, NotFound, WrongState
from service.jobs.outbox import drain
from service.models import Event, EventPrivatePart, Notification, User
from tests.builders import NOON, a_case_at, an_open_case, do_step, person

LATER = NOON + timedelta(minutes=5)


def say(case_id: uuid.UUID, who: str, body: str, at=NOON, **more: str) -> uuid.UUID:
    return add_comment(case_id=case_id, body=body, by=person(who), now=at, **more)


def heard(case_id: uuid.UUID, who: str, **more: str) -> list[str]:
    """The texts that somebody hears, newest first."""
    db.session.rollback()
    return [said.body for said in list_comments(case_id, person(who), **more).items]


def told(at=LATER) -> dict[str, tuple[str, str]]:
    """{who was told: (headline, link)} once the outbox is empty."""
    drain(at)
    rows = db.session.execute(
        select(User.username, Notification.title, Notification.link)
        .join(User, User.id == Notification.user_id)
        .where(Notification.kind == "comment_added")
    )
    return {row.username: (row.title, row.link) for row in rows}


def test_what_is_said_is_heard_by_those_meant_and_may_be_taken_back_once(either_core: Flask) -> None:
    case_id = an_open_case()
    first = say(
        case_id, "xa-thidu-chuyenvien", " Xã hỏi về\r\ncách tính chỉ tiêu 2.6.\x00 ", criterion="2.6."
    )
    say(case_id, "xa-thidu-lanhdao", "Chỉ trong xã.", at=LATER, audience="unit")
    say(case_id, "huyen-bimson-vanthu", "Huyện trả lời.", at=LATER + timedelta(minutes=1))

    question = "Xã hỏi về\ncách tính chỉ tiêu 2.6."
    assert heard(case_id, "xa-thidu-chuyenvien") == ["Huyện trả lời.", "Chỉ trong xã.", question]
    assert heard(case_id, "kiemtra") == ["Huyện trả lời.", question]
    assert heard(case_id, "kiemtra", criterion="2.6") == [question]
    assert counts_by_criterion(case_id, person("kiemtra")) == {None: 1, "2.6": 1}
    page = list_comments(case_id, person("xa-thidu-lanhdao"), size=2)
    rest = list_comments(case_id, person("xa-thidu-lanhdao"), size=2, cursor=page.next_cursor)
    assert [said.body for said in (*page.items, *rest.items)] == heard(case_id, "xa-thidu-lanhdao")
    assert rest.next_cursor is None
    seat = rest.items[0]
    assert (seat.title, seat.unit) == ("Công chức Văn phòng – Thống kê", "UBND xã Thí Dụ")

    with pytest.raises(NotAllowed, match="Chỉ người viết"):
        withdraw_comment(case_id=case_id, comment_id=first, by=person("huyen-bimson-lanhdao"), now=LATER)
    withdraw_comment(case_id=case_id, comment_id=first, by=person("xa-thidu-chuyenvien"), now=LATER)
    with pytest.raises(WrongState):
        withdraw_comment(case_id=case_id, comment_id=first, by=person("xa-thidu-chuyenvien"), now=LATER)

    assert heard(case_id, "xa-thidu-chuyenvien", criterion="2.6") == [""]
    assert counts_by_criterion(case_id, person("kiemtra")) == {None: 1}
    assert list(check_everything()) == []


def test_only_the_people_of_the_case_speak_and_only_sense_is_taken(core: Flask) -> None:
    case_id = an_open_case()

    for reader in ("kiemtra",):
        with pytest.raises(NotAllowed, match="chỉ xem"):
            say(case_id, reader, "Kiểm tra hỏi.")
    for stranger in ("xa-minhhoa-chuyenvien", "thanhvien-thuongxuan", "quantri", "quytrinh-so-tttt"):
        with pytest.raises(NotFound):
            say(case_id, stranger, "Người ngoài hỏi.")
    for body, more, field in (
        (" \r\n ", {}, "body"),
        ("a" * 2001, {}, "body"),
        ("Ai đọc?", {"audience": "world"}, "audience"),
        ("Chỉ tiêu nào?", {"criterion": "9.9"}, "criterion"),
    ):
        with pytest.raises(BadInput) as refused:
            say(case_id, "xa-thidu-chuyenvien", body, **more)
        assert list(refused.value.fields) == [field]

    for speaker in ("huyen-bimson-chuyenvien", "thanhvien-bimson", "so-tttt-giamdoc", "tinh-chutich"):
        say(case_id, speaker, "a" * 2000)
    assert len(heard(case_id, "kiemtra")) == 4


def test_the_log_keeps_the_fact_and_only_a_salted_digest_of_the_words(core: Flask) -> None:
    case_id = an_open_case()
    comment_id = say(case_id, "xa-thidu-chuyenvien", "Lời riêng của người viết.")
    withdraw_comment(case_id=case_id, comment_id=comment_id, by=person("xa-thidu-chuyenvien"), now=LATER)

    events = db.session.scalars(
        select(Event).where(Event.stream == "access", Event.stream_id == str(case_id)).order_by(Event.seq)
    ).all()
    assert [event.type for event in events] == ["comment_added", "comment_withdrawn"]
    assert all(b"ng c" not in event.body and str(comment_id).encode() in event.body for event in events)
    kept = db.session.scalars(select(EventPrivatePart).where(EventPrivatePart.position == events[0].position))
    assert [(part.name, part.content.decode()) for part in kept] == [("text", "Lời riêng của người viết.")]


def test_those_concerned_are_told_once_and_never_the_text(core: Flask) -> None:
    case_id = a_case_at("district_appraise")
    drain(NOON)
    first = say(case_id, "xa-thidu-chuyenvien", "Nội dung kín đáo.", criterion="2.6")

    assert told() == {
        "huyen-bimson-chuyenvien": (
            "Trao đổi mới về chỉ tiêu 2.6 – UBND xã Thí Dụ",
            f"/ho-so/{case_id}?tab=trao-doi#trao-doi-{first}",
        )
    }
    bodies = db.session.scalars(select(Notification.body).where(Notification.kind == "comment_added")).all()
    assert not any("kín đáo" in body for body in bodies)

    say(case_id, "huyen-bimson-chuyenvien", "Chỉ trong huyện.", audience="unit")
    assert set(told()) == {"huyen-bimson-chuyenvien"}  # the commune is not told of what it does not hear
    say(case_id, "huyen-bimson-chuyenvien", "Huyện trả lời.")
    assert set(told()) == {"huyen-bimson-chuyenvien", "xa-thidu-chuyenvien"}


def test_the_department_does_not_hear_the_member_before_it_has_recorded_its_own_results(core: Flask) -> None:
    case_id = a_case_at("member_opinion")
    say(case_id, "so-tttt-chuyenvien", "Sở theo dõi.")
    drain(NOON)
    theirs = say(case_id, "thanhvien-bimson", "Theo tôi 2.6 chưa đạt.", criterion="2.6")

    def silence() -> bool:
        withheld = all(
            "Theo tôi 2.6 chưa đạt." not in heard(case_id, who)
            and counts_by_criterion(case_id, person(who)) == {None: 1}
            for who in ("so-tttt-chuyenvien", "so-tttt-giamdoc")
        )
        with pytest.raises(NotFound):
            withdraw_comment(case_id=case_id, comment_id=theirs, by=person("so-tttt-giamdoc"), now=LATER)
        return withheld and "so-tttt-chuyenvien" not in told()

    assert silence()  # before there is any opinion, too
    do_step(case_id, "member_opinion")
    assert silence()
    do_step(case_id, "district_consolidate")
    assert silence()
    for who in ("xa-thidu-lanhdao", "huyen-bimson-vanthu", "tinh-chutich", "thanhvien-bimson"):
        assert "Theo tôi 2.6 chưa đạt." in heard(case_id, who)

    do_step(case_id, "department_verify")
    assert "Theo tôi 2.6 chưa đạt." in heard(case_id, "so-tttt-chuyenvien")
