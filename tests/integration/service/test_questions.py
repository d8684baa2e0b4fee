"""What auditors ask about many cases: answers derived by hand from what was acted, and what each may see."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from service.audit.operations import Actor, append, event_row, insert_event
from service.database import db, transaction
from service.errors import BadInput, NotAllowed, NotFound
from service.models import Appointment, Case, Event, Submission, Task
from service.processes.independence import MEMBER, hidden_steps, readable_submissions
from service.questions.answers import Answer
from service.questions.asked import Asked
from service.questions.ready import QUESTIONS
from service.questions.saved import delete_question, rename_question, save_question, saved_questions
from service.tasks.completion import Signature
from service.tasks.operations import return_case, sign_task
from tests.builders import (
    NOON,
    SIGNERS,
    a_case_at,
    an_open_case,
    case_of,
    do_step,
    hand_up,
    open_task,
    person,
    story_answers,
    unit_id,
)
from tests.integration.service.scenes import statements
from tests.integration.service.test_substitutions import OTHER, PAPER, arranged

SAID = {"2.6": "54,4%"}


def ask(key: str, by: str = "kiemtra", now: datetime = NOON, **asked: Any) -> Answer:
    db.session.rollback()
    return QUESTIONS[key].ask(person(by, now), Asked(**asked), now=now)


def cells(answer: Answer, column: str) -> list[str]:
    place = answer.columns.index(column)
    return [line.cells[place] for line in answer.lines]


def sent_back(case_id: uuid.UUID, times: int) -> None:
    """The district's leader returns the dossier that often; the commune hands it in again each time."""
    for number in range(times):
        return_case(
            task_id=open_task(case_id, "district_appraise"),
            answers={"reason": f"Thiếu minh chứng lần {number + 1}", "criteria_reasons": {}, "due_on": None},
            signature=Signature(),
            by=person("huyen-bimson-lanhdao"),
            now=NOON,
        )
        do_step(case_id, "self_assess")


def test_who_decided_a_criterion_against_whom_and_how_it_was_settled(core: Flask):
    case = case_of(a_case_at("department_submit"))

    told = ask("ai-quyet-dinh", case=case.code, criterion="2.6")

    assert told.summary == "Chỉ tiêu 2.6 của UBND xã Thí Dụ: giá trị được tính là “54,4%”, chưa đạt."
    assert cells(told, "Giá trị") == ["54,4%", "54,4%", "56,3%", "54,4%", "54,4%"]
    assert cells(told, "Kết luận") == ["chưa đạt", "chưa đạt", "đạt", "chưa đạt", "chưa đạt"]
    assert cells(told, "Người soạn") == [
        "Chuyên viên – UBND xã Thí Dụ",
        "Chuyên viên phòng VH&TT – UBND thị xã Bỉm Sơn",
        "",
        "Chuyên viên – Sở TTTT",
        "Chuyên viên – Sở TTTT",
    ]
    assert cells(told, "Còn hiệu lực") == ["có"] * 5
    differing, resolved, rule = told.notes
    assert "Thành viên BCĐ tỉnh phụ trách thị xã Bỉm Sơn ký) ghi “56,3%”: đạt" in differing
    assert resolved.startswith("Hội nghị trao đổi, làm rõ thống nhất giá trị “54,4%”. Biên bản số 07/BB-HN")
    assert rule.startswith("Giá trị Hội nghị thống nhất thay kết quả thẩm tra của Sở")


def test_both_views_are_kept_where_the_meeting_left_it_open_and_the_departments_value_counts(core: Flask):
    case_id = a_case_at("reconciliation_meeting")
    minutes = story_answers("reconciliation_meeting")["criteria"]
    left = {"2.6": {**minutes["2.6"], "raw": "", "agreed": False, "reason": "Hai bên giữ ý kiến"}}
    do_step(case_id, "reconciliation_meeting", criteria=left, outcome="differs")

    told = ask("ai-quyet-dinh", case=case_of(case_id).code, criterion="2.6")

    assert "Hội nghị ghi cả hai ý kiến, còn ý kiến khác nhau" in told.notes[1]
    assert told.notes[2].startswith("Kết quả thẩm tra độc lập của Sở được tính")
    assert cells(told, "Kết luận")[-1] == "còn ý kiến khác nhau"
    [line] = ask("bat-dong", criterion="2.6").lines
    assert "Chủ tịch UBND tỉnh quyết định: Hai bên giữ ý kiến" in line.cells[-1]


def test_an_unknown_or_foreign_case_is_the_same_and_a_criterion_must_be_there(core: Flask):
    code = case_of(an_open_case("xa-tan-thanh")).code

    with pytest.raises(BadInput) as foreign:
        ask("ai-quyet-dinh", by="xa-thidu-lanhdao", case=code, criterion="2.6")
    with pytest.raises(BadInput) as unknown:
        ask("ai-quyet-dinh", by="xa-thidu-lanhdao", case="CN-1999-000009", criterion="2.6")
    assert str(foreign.value) == str(unknown.value).replace("CN-1999-000009", code)
    with pytest.raises(BadInput):
        ask("ai-quyet-dinh", case=code, criterion="9.9")


def test_disagreements_and_how_they_were_settled(core: Flask):
    case_id = a_case_at("reconciliation_meeting")
    before = ask("bat-dong", criterion="2.6", year=2023)

    do_step(case_id, "reconciliation_meeting")
    after = ask("bat-dong", criterion="2.6", year=2023)

    assert before.lines[0].cells[2:] == (
        "chưa đạt",
        "chưa đạt",
        "đạt",
        "chưa đạt",
        "",
        "Chưa: chờ Hội nghị trao đổi, làm rõ",
    )
    assert after.lines[0].cells[6] == "thống nhất 54,4% (chưa đạt)"
    assert after.lines[0].cells[7].startswith("Hội nghị thống nhất; giá trị của Hội nghị được tính")
    assert ask("bat-dong", year=2024).total == 0


@pytest.mark.parametrize("asks", ["so-tttt-chuyenvien", "so-tttt-giamdoc", "thanhvien-bimson", "kiemtra"])
def test_the_rule_of_independence_hides_the_same_in_many_cases_as_in_one(core: Flask, asks: str):
    case_id = a_case_at("member_opinion")
    viewer = person(asks)
    steps = ["member_opinion", "district_consolidate", "department_verify", "reconciliation_meeting"]
    for step in steps:
        do_step(case_id, step)
        db.session.rollback()
        read = set(
            db.session.scalars(
                select(Submission.element).where(Submission.case_id == case_id, readable_submissions(viewer))
            )
        )
        assert (MEMBER in read) == (MEMBER not in hidden_steps(case_id, viewer)), step
    assert MEMBER in read


def test_the_department_learns_nothing_of_the_member_before_its_own_results(core: Flask):
    case = case_of(a_case_at("department_verify"))
    hidden = {"criterion": "2.6", "level": "member_opinion"}

    def everything(by: str) -> str:
        answers = [
            ask("bat-dong", by=by),
            ask("tim", by=by, **hidden),
            ask("tim", by=by, criterion="2.6", verdict="met"),
            ask("ai-quyet-dinh", by=by, case=case.code, criterion="2.6"),
        ]
        return repr(answers)

    assert "56,3" not in everything("so-tttt-giamdoc")
    assert ask("tim", by="so-tttt-giamdoc", **hidden).total == 0
    assert ask("bat-dong", by="so-tttt-giamdoc", criterion="2.6").total == 0
    assert "56,3" in everything("kiemtra")
    assert ask("tim", by="kiemtra", **hidden).total == 1
    do_step(case.id, "department_verify")
    assert "56,3" in everything("so-tttt-giamdoc")


def test_what_the_member_wrote_when_sending_back_is_kept_from_the_department_too(core: Flask):
    case_id = a_case_at("member_opinion")
    return_case(
        task_id=open_task(case_id, "member_opinion"),
        answers={"reason": "Số liệu riêng 56,3%", "criteria_reasons": {}, "due_on": None},
        by=person("thanhvien-bimson"),
        now=NOON,
    )

    assert cells(ask("tra-lai", returns=0), "Lý do") == ["Số liệu riêng 56,3%"]
    assert "56,3" not in repr(ask("tra-lai", by="so-tttt-giamdoc", returns=0))


def test_everybody_is_answered_about_their_own_cases_only(core: Flask):
    a_case_at("district_appraise")
    an_open_case("xa-tan-thanh")

    def seen(by: str) -> set[str]:
        return {line.cells[0].split(",")[0] for line in ask("tim", by=by).lines}

    both = {"UBND xã Thí Dụ", "UBND xã Tân Thành"}
    assert seen("kiemtra") == seen("tinh-chutich") == seen("so-tttt-chuyenvien") == both
    own = {"UBND xã Thí Dụ"}
    assert seen("xa-thidu-chuyenvien") == seen("huyen-bimson-lanhdao") == seen("thanhvien-bimson") == own
    assert seen("xa-minhhoa-lanhdao") == set()
    for nobody in ("quantri", "quytrinh-so-tttt"):
        with pytest.raises(NotAllowed):
            ask("tim", by=nobody)


def test_some_questions_are_for_those_who_oversee(core: Flask):
    allowed = {
        key: sorted(
            by
            for by in ("kiemtra", "quantri", "tinh-chutich", "so-tttt-giamdoc", "xa-thidu-lanhdao")
            if QUESTIONS[key].may_ask(person(by))
        )
        for key in ("quan-tri", "truy-cap", "quyen-truoc-viec", "tach-bach")
    }

    assert allowed == {
        "quan-tri": ["kiemtra", "quantri"],
        "truy-cap": ["kiemtra", "tinh-chutich"],
        "quyen-truoc-viec": ["kiemtra"],
        "tach-bach": ["kiemtra", "so-tttt-giamdoc", "tinh-chutich", "xa-thidu-lanhdao"],
    }


def test_events_are_found_by_person_part_step_kind_unit_and_day_without_diacritics(either_core: Flask):
    a_case_at("district_appraise")
    an_open_case("xa-tan-thanh")

    # opened by Sở (2 cases); at one commune claimed by writing, handed up, signed
    assert ask("tim").total == 5
    assert ask("tim", person="chuyen vien - so tttt").total == 0  # the name has a dash of its own
    assert ask("tim", person="so-tttt-chuyenvien").total == 2
    assert ask("tim", person="pho chu tich", part="signed").total == 1
    assert ask("tim", person="xa-thidu-chuyenvien", part="prepared").total == 1
    assert ask("tim", person="xa-thidu-chuyenvien", part="acted").total == 2
    assert ask("tim", person="xa-thidu-chuyenvien").total == 3
    assert ask("tim", person="xa-thidu-chuyenvien", part="helped").total == 0
    assert ask("tim", step="self_assess").total == 3
    assert ask("tim", kind="task_completed").total == 1
    assert ask("tim", kind="case_returned").total == 0
    assert ask("tim", unit="tan thanh").total == 1
    assert ask("tim", unit="so thong tin").total == 2
    assert ask("tim", until=NOON.date() - timedelta(days=1)).total == 0
    assert ask("tim", since=NOON.date(), until=NOON.date()).total == 5
    assert ask("tim", version="recognition:1", status="open").total == 5
    assert ask("tim", status="finished").total == 0
    assert ask("tim", criterion="2.6", level="self_assess", verdict="not_met").total == 1
    assert ask("tim", criterion="2.6", verdict="met").total == 0
    [line] = ask("tim", kind="task_completed", criterion="2.6").lines
    assert line.cells[4] == "2.6: 54,4% (chưa đạt)"
    assert (line.seq, db.session.get_one(Case, line.case_id).code) == (4, line.cells[0].split(", ")[1])


def test_pages_follow_each_other_without_gap_or_repetition(core: Flask):
    a_case_at("department_submit")
    for key in ("tim", "bat-dong", "tach-bach"):
        whole = QUESTIONS[key].ask(person("kiemtra"), Asked(), now=NOON, size=None)
        walked, cursor = [], None
        while True:
            page = QUESTIONS[key].ask(person("kiemtra"), Asked(), now=NOON, cursor=cursor, size=2)
            assert page.total == whole.total
            walked += list(page.lines)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert walked == list(whole.lines)


def test_a_late_step_is_counted_in_working_days(core: Flask):
    case_id = an_open_case()
    with transaction() as session:  # Thursday; until Monday noon a Friday and the Monday have gone by
        session.execute(update(Task).where(Task.case_id == case_id).values(due_on=date(2023, 11, 16)))

    still_open = ask("cham-han")
    do_step(case_id, "self_assess")
    done = ask("cham-han", now=NOON + timedelta(days=2))

    assert (cells(still_open, "Chậm (ngày làm việc)"), cells(still_open, "Xong lúc")) == (
        ["2"],
        ["chưa xong"],
    )
    assert cells(done, "Chậm (ngày làm việc)")[-1] == "2"
    assert cells(done, "Xong lúc")[-1] == "20/11/2023 12:00"


def test_a_step_done_on_its_last_day_is_not_late(core: Flask):
    case_id = an_open_case()
    with transaction() as session:
        session.execute(update(Task).where(Task.case_id == case_id).values(due_on=NOON.date()))
    do_step(case_id, "self_assess")

    assert ask("cham-han", step="self_assess").total == 0


def test_cases_sent_back_more_often_than_asked(core: Flask):
    case_id = a_case_at("district_appraise")
    sent_back(case_id, 3)

    often = ask("tra-lai", returns=2)

    assert cells(often, "Lần trả lại") == ["1/3", "2/3", "3/3"]
    assert cells(often, "Lý do")[1] == "Thiếu minh chứng lần 2"
    assert ask("tra-lai", returns=3).total == 0


def test_what_was_signed_within_minutes_of_being_handed_up(core: Flask):
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    sign_task(task_id=task_id, by=person("xa-thidu-lanhdao"), now=NOON + timedelta(minutes=4))

    assert cells(ask("ky-nhanh", minutes=4), "Số phút") == ["4"]
    assert cells(ask("ky-nhanh", minutes=4), "Tính từ") == ["khi trình ký"]
    assert ask("ky-nhanh", minutes=3).total == 0


def test_what_a_substitute_did_stands_with_its_paper_and_without_one_that_is_said(core: Flask):
    arranged()
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    sign_task(task_id=task_id, by=person(OTHER), now=NOON)

    told = ask("xu-ly-thay")

    assert cells(told, "Căn cứ") == [PAPER]
    assert cells(told, "Thay cho") == ["Phó Chủ tịch – UBND xã Thí Dụ"]
    assert ask("tim", person="xa-thidu-lanhdao", part="absent").total == 1
    with transaction() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.substitutes_id.is_not(None))
            .values(valid_to=NOON.date() - timedelta(days=1))
        )
    assert cells(ask("xu-ly-thay"), "Căn cứ") == ["KHÔNG CÓ ủy quyền nào còn hiệu lực ngày này"]


def test_separation_is_kept_by_what_is_acted_and_says_how_much_was_looked_at(core: Flask):
    a_case_at("department_submit")

    told = ask("tach-bach")

    # six steps: five signed by a leader with an officer before, and the member's own
    assert told.total == 0
    assert told.summary == "Không có trường hợp nào vi phạm tách bạch nhiệm vụ."
    assert len(SIGNERS) == 6
    assert "đã xem 11 lần ký, soạn, cùng ghi" in told.notes[0]
    assert "đã xem 6 lần ký trong nhật ký" in told.notes[1]


def test_a_forged_event_is_found_though_the_rows_say_nothing(core: Flask):
    case = case_of(a_case_at("district_appraise"))
    signer = person("xa-thidu-lanhdao")
    with transaction() as session:
        forged = event_row(
            stream="case",
            stream_id=str(case.id),
            seq=case.rev + 1,
            previous=case.last_hash,
            kind="task_completed",
            data={"task": "district_appraise:1", "element": "district_appraise", "prepared_by": None},
            actor=Actor(signer.id),
            at=NOON,
        )
        insert_event(session.connection(), forged)

    told = ask("tach-bach")

    assert cells(told, "Kiểm tra gì") == ["Một người ở hai cấp của một hồ sơ"]
    assert cells(told, "Ai") == ["Phó Chủ tịch – UBND xã Thí Dụ"]
    assert told.lines[0].seq == case.rev + 1


def test_a_planted_row_is_found_though_the_log_says_nothing(core: Flask):
    case_id = a_case_at("department_verify")
    officer, leader = person("huyen-bimson-chuyenvien"), person("xa-thidu-lanhdao")
    known = db.session.scalars(select(Submission).where(Submission.case_id == case_id).limit(1)).one()
    planted = {
        column.name: getattr(known, column.name)
        for column in Submission.__table__.columns
        if column.name not in ("id", "seq", "element", "prepared_by", "signed_by")
    }
    with transaction() as session:
        for seq, step, prepared_by, signed_by in (
            (900, "department_verify", None, leader.id),
            (901, "district_appraise", officer.id, officer.id),
        ):
            session.execute(
                insert(Submission).values(
                    **planted,
                    id=uuid.uuid4(),
                    seq=seq,
                    element=step,
                    prepared_by=prepared_by,
                    signed_by=signed_by,
                )
            )

    found = ask("tach-bach")

    assert sorted(cells(found, "Kiểm tra gì")) == [
        "Một người ở hai cấp của một hồ sơ",
        "Người soạn tự ký",
    ]
    assert sorted(line.seq or 0 for line in found.lines) == [900, 901]


def test_whoever_approves_their_own_drawing_is_found_in_the_log(core: Flask):
    owner = person("quytrinh-so-tttt")
    with transaction() as session:
        for kind in ("process_draft_created", "process_draft_approved"):
            append(
                session.connection(),
                kind,
                {"draft": str(uuid.UUID(int=7)), "key": "recognition"},
                stream="process",
                stream_id="recognition",
                by=Actor(owner.id),
                at=NOON,
            )

    told = ask("tach-bach")

    assert cells(told, "Kiểm tra gì") == ["Người vẽ hoặc trình quy trình tự phê duyệt"]
    assert "đã xem 1 lần phê duyệt quy trình" in told.notes[3]


def test_administration_is_told_with_before_and_after_and_who_had_given_which_right(core: Flask):
    arranged()
    case_id = an_open_case()
    task_id = hand_up(case_id, "self_assess", "xa-thidu-chuyenvien", story_answers("self_assess"))
    sign_task(task_id=task_id, by=person(OTHER), now=NOON)
    arranged(first=NOON.date() + timedelta(days=9), last=NOON.date() + timedelta(days=9))  # after the act

    acts = ask("quan-tri", since=NOON.date(), until=NOON.date())
    rights = ask("quyen-truoc-viec", case=case_of(case_id).code, event=4)

    assert (cells(acts, "Trước")[0], cells(acts, "Sau")[0]) == (
        "chưa có",
        "từ 29/11/2023, đến hết 29/11/2023",
    )
    # the account, its own seat, and the substitution that stood; not the one arranged afterwards
    assert rights.total == 3
    assert cells(rights, "Sau")[0] == "từ 20/11/2023, đến hết 24/11/2023"
    assert PAPER in cells(rights, "Căn cứ")[0]
    with pytest.raises(NotFound):
        ask("quyen-truoc-viec", case=case_of(case_id).code, event=99)


def test_questions_are_kept_for_oneself_or_shared_within_the_unit(core: Flask):
    officer, colleague = person("so-tttt-chuyenvien"), person("so-tttt-giamdoc")
    kept = {"key": "cham-han", "query": "nam=2023", "now": NOON}
    own = save_question(name="Của tôi", by=officer, **kept)
    save_question(name="Chậm hạn 2023", unit_id=unit_id("so-tttt"), by=officer, **kept)

    assert [one.name for one in saved_questions(officer)] == ["Chậm hạn 2023", "Của tôi"]
    assert [one.name for one in saved_questions(colleague)] == ["Chậm hạn 2023"]
    assert saved_questions(person("huyen-bimson-lanhdao")) == []
    with pytest.raises(NotFound):
        save_question(name="X", unit_id=unit_id("so-tttt"), by=person("huyen-bimson-lanhdao"), **kept)
    with pytest.raises(BadInput):
        save_question(name="Của tôi", by=officer, **kept)
    for act in (delete_question, lambda **told: rename_question(name="Y", **told)):
        with pytest.raises(NotFound):
            act(saved_id=own, by=colleague, now=NOON)
    rename_question(saved_id=own, name="Việc chậm", by=officer, now=NOON)
    delete_question(saved_id=own, by=officer, now=NOON)
    assert [one.name for one in saved_questions(officer)] == ["Chậm hạn 2023"]


def test_more_cases_ask_no_more_statements(core: Flask):
    asked = {
        key: {"returns": 0} if key == "tra-lai" else {} for key, one in QUESTIONS.items() if not one.needs
    }

    def counted() -> dict[str, int]:
        found = {}
        for key, given in asked.items():
            db.session.rollback()
            viewer = person("kiemtra")
            with statements() as sent:
                QUESTIONS[key].ask(viewer, Asked(**given), now=NOON)
            found[key] = len(sent)
        return found

    a_case_at("department_submit")
    one = counted()
    for commune in ("xa-tan-thanh", "phuong-minh-hoa"):
        an_open_case(commune)
    db.session.scalars(select(Event.position)).all()
    assert counted() == one
