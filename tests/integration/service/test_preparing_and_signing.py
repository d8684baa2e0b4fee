"""Officers prepare, leaders sign, clerks number; who typed what, and what a signature keeps."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import db
from service.documents.operations import number_document
from service.errors import (
    BadInput,
    DraftChanged,
    NotAllowed,
    NotFound,
    TaskTaken,
    WrongState,
)
from service.models import Document, Draft, Submission, Task
from service.tasks.completion import Signature
from service.tasks.operations import (
    claim_task,
    complete_task,
    release_task,
    return_case,
    save_draft,
    send_back_to_officer,
    sign_task,
    submit_for_signature,
)
from service.tasks.queries import read_draft, submission_of
from tests.builders import NOON, a_case_at, an_open_case, hand_up, open_task, person, story_answers
from tests.integration.service.scenes import at_once, give_seat, open_tasks, position_of

OFFICER, LEADER = "xa-thidu-chuyenvien", "xa-thidu-lanhdao"


def a_task_to_sign(**changes: Any) -> Any:
    """What the officer hands up has no number yet, but where `changes` give it one."""
    answers = story_answers("self_assess", request_number="", request_date=None)
    return hand_up(an_open_case(), "self_assess", OFFICER, answers | changes)


def the_task(task_id: Any) -> Task:
    db.session.rollback()
    return db.session.get_one(Task, task_id, populate_existing=True)


def the_document(task_id: Any) -> Document:
    db.session.rollback()
    return db.session.scalars(
        select(Document)
        .join(Submission, Submission.id == Document.submission_id)
        .where(Submission.task_id == task_id)
        .execution_options(populate_existing=True)
    ).one()


def with_raw(criterion: str, raw: str) -> dict[str, Any]:
    answers = story_answers("self_assess")
    answers["criteria"] = {
        **answers["criteria"],
        criterion: {**answers["criteria"][criterion], "raw": raw},
    }
    return answers


def test_an_officer_cannot_sign(core: Flask):
    task_id = a_task_to_sign()

    with pytest.raises(NotAllowed):
        sign_task(task_id=task_id, by=person(OFFICER), now=NOON)


def test_an_officer_cannot_complete_past_the_leader(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")

    with pytest.raises(WrongState):
        complete_task(task_id=task_id, answers=story_answers("self_assess"), by=person(OFFICER), now=NOON)


def test_a_leader_cannot_prepare(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")

    with pytest.raises(NotAllowed):
        save_draft(task_id=task_id, answers={}, seen_rev=0, by=person(LEADER), now=NOON)


def test_a_leader_cannot_sign_what_has_not_been_handed_up(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")

    with pytest.raises(WrongState):
        sign_task(task_id=task_id, by=person(LEADER), now=NOON)


def test_somebody_who_is_officer_and_leader_cannot_sign_what_he_prepared(core: Flask):
    give_seat(OFFICER, position_of(LEADER))
    task_id = a_task_to_sign()

    with pytest.raises(NotAllowed):
        sign_task(task_id=task_id, by=person(OFFICER), now=NOON)


def test_a_leader_of_another_commune_does_not_find_the_task(core: Flask):
    task_id = a_task_to_sign()

    with pytest.raises(NotFound):
        sign_task(task_id=task_id, by=person("xa-minhhoa-lanhdao"), now=NOON)


def test_a_draft_sent_back_is_the_officers_again_with_the_reason(core: Flask):
    task_id = a_task_to_sign()

    send_back_to_officer(task_id=task_id, reason=" Bổ sung số liệu 2.6 ", by=person(LEADER), now=NOON)

    task = the_task(task_id)
    assert (task.stage, task.owner_id, task.note) == ("preparing", person(OFFICER).id, "Bổ sung số liệu 2.6")
    assert save_draft(task_id=task_id, answers={}, seen_rev=1, by=person(OFFICER), now=NOON) == 2


def test_sending_back_asks_for_a_reason(core: Flask):
    task_id = a_task_to_sign()

    with pytest.raises(BadInput) as refused:
        send_back_to_officer(task_id=task_id, reason="  ", by=person(LEADER), now=NOON)

    assert list(refused.value.fields) == ["reason"]


def test_nothing_can_be_edited_while_it_waits_for_the_signature(core: Flask):
    task_id = a_task_to_sign()

    with pytest.raises(WrongState):
        save_draft(task_id=task_id, answers={}, seen_rev=1, by=person(OFFICER), now=NOON)

    with pytest.raises(WrongState):
        submit_for_signature(task_id=task_id, by=person(OFFICER), now=NOON)


def test_a_task_can_be_filled_in_and_handed_up_in_one_go(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")

    submit_for_signature(
        task_id=task_id, answers=story_answers("self_assess"), seen_rev=0, by=person(OFFICER), now=NOON
    )

    assert (the_task(task_id).stage, the_task(task_id).prepared_by) == ("signing", person(OFFICER).id)


def test_a_signature_keeps_number_date_signer_and_capacity(either_core: Flask):
    task_id = a_task_to_sign()

    sign_task(
        task_id=task_id,
        signature=Signature(number="15/BC-UBND", issued_on=date(2023, 11, 20)),
        by=person(LEADER),
        now=NOON,
    )

    document = the_document(task_id)
    assert (document.number, document.issued_on) == ("15/BC-UBND", date(2023, 11, 20))
    assert (document.signer_id, document.capacity) == (person(LEADER).id, "KT.")
    assert document.signer_title == "Phó Chủ tịch UBND xã"


def test_what_the_officer_wrote_is_the_documents_number_unless_the_signer_says_otherwise(core: Flask):
    leader, typed = person(LEADER), {"request_number": "7/TTr-UBND", "request_date": "2023-11-17"}
    other = hand_up(
        an_open_case("phuong-minh-hoa"),
        "self_assess",
        "xa-minhhoa-chuyenvien",
        story_answers("self_assess") | typed,
    )
    task_id = a_task_to_sign(**typed)

    sign_task(task_id=task_id, signature=Signature(capacity="TM."), by=leader, now=NOON)
    with pytest.raises(BadInput) as refused:
        sign_task(
            task_id=other,
            signature=Signature(number="8/TTr", issued_on=date(2023, 11, 21)),
            by=person("xa-minhhoa-lanhdao"),
            now=NOON,
        )
    sign_task(task_id=other, signature=Signature(number=""), by=person("xa-minhhoa-lanhdao"), now=NOON)

    document = the_document(task_id)
    assert (document.number, document.issued_on) == ("7/TTr-UBND", date(2023, 11, 17))
    assert list(refused.value.fields) == ["issued_on"]
    # One number: where the signer struck it out, what was signed does not say it either.
    assert (the_document(other).number, the_document(other).issued_on) == ("", None)
    sent = submission_of(db.session.get_one(Task, other))
    assert sent is not None
    assert not {"request_number", "request_date"} & sent[0]["answers"].keys()


def test_all_that_is_wrong_with_a_form_is_told_at_once(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")
    answers = with_raw("3.2", "661%") | {"report_summary": " ", "request_date": "2023-12-31"}
    answers["criteria"]["1.1"] |= {"raw": "x" * 2_001}

    with pytest.raises(BadInput) as refused:
        submit_for_signature(task_id=task_id, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON)
    # A draft may hold what is not finished; only words that nobody could store are refused.
    answers["criteria"]["1.1"]["raw"] = "Có"
    save_draft(task_id=task_id, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON)

    said = {field: sentences[0] for field, sentences in refused.value.fields.items()}
    assert set(said) == {"criteria.1.1.raw", "criteria.3.2.raw", "report_summary", "request_date"}
    assert said["request_date"] == "“Ngày ban hành”: 31/12/2023 là ngày chưa đến (hôm nay 20/11/2023)."
    assert said["criteria.1.1.raw"].startswith("Chỉ tiêu 1.1: kết quả")
    assert said["criteria.3.2.raw"].startswith("Chỉ tiêu 3.2: ")
    assert str(refused.value) == "Còn 4 chỗ phải sửa, trong đó 1 nội dung bắt buộc đang để trống."


def test_the_clerk_numbers_a_signed_document_once(either_core: Flask):
    case_id = a_case_at("district_appraise")
    task_id = hand_up(
        case_id, "district_appraise", "huyen-bimson-chuyenvien", story_answers("district_appraise")
    )
    sign_task(task_id=task_id, by=person("huyen-bimson-lanhdao"), now=NOON)
    document, clerk = the_document(task_id), person("huyen-bimson-vanthu")
    number = partial(
        number_document, document_id=document.id, issued_on=date(2023, 11, 20), by=clerk, now=NOON
    )

    number(number="77/BC-UBND")

    with pytest.raises(WrongState):
        number(number="78/BC-UBND")
    assert (the_document(task_id).number, the_document(task_id).numbered_by) == ("77/BC-UBND", clerk.id)


def test_two_clerks_who_number_at_once_give_one_number(either_core: Flask):
    task_id = a_task_to_sign()
    sign_task(task_id=task_id, by=person(LEADER), now=NOON)
    document = the_document(task_id).id
    works = [
        partial(
            number_document,
            document_id=document,
            number=f"{number}/BC",
            issued_on=date(2023, 11, 20),
            by=person(OFFICER),
            now=NOON,
        )
        for number in (1, 2)
    ]

    answers = at_once(either_core, works)

    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "WrongState"]


def test_only_the_issuing_units_clerk_numbers_a_document(core: Flask):
    task_id = a_task_to_sign()
    sign_task(task_id=task_id, by=person(LEADER), now=NOON)
    number = partial(
        number_document,
        document_id=the_document(task_id).id,
        number="1/BC",
        issued_on=date(2023, 11, 20),
        now=NOON,
    )

    with pytest.raises(NotAllowed):
        number(by=person("huyen-bimson-vanthu"))
    with pytest.raises(NotFound):
        number(by=person("xa-minhhoa-chuyenvien"))


def test_of_two_who_start_from_the_same_draft_the_second_is_told(either_core: Flask):
    give_seat("xa-ngoctrao-lanhdao", position_of(OFFICER))
    task_id = open_task(an_open_case(), "self_assess")
    save_draft(task_id=task_id, answers=with_raw("2.6", "54%"), seen_rev=0, by=person(OFFICER), now=NOON)

    with pytest.raises(DraftChanged):
        save_draft(task_id=task_id, answers=with_raw("2.6", "1%"), seen_rev=0, by=person(OFFICER), now=NOON)

    kept = db.session.get_one(Draft, task_id, populate_existing=True)
    assert (kept.rev, kept.answers["criteria"]["2.6"]["raw"]) == (1, "54%")


def test_two_who_save_at_once_do_not_overwrite_each_other(either_core: Flask):
    task_id = open_task(an_open_case(), "self_assess")
    save_draft(task_id=task_id, answers=with_raw("2.6", "54%"), seen_rev=0, by=person(OFFICER), now=NOON)
    save = partial(save_draft, task_id=task_id, seen_rev=1, by=person(OFFICER), now=NOON)

    answers = at_once(
        either_core,
        [partial(save, answers=with_raw("2.6", "50%")), partial(save, answers=with_raw("2.6", "51%"))],
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["FieldsChanged", "int"]


@pytest.mark.parametrize(
    ("reader", "may_read"),
    [
        (OFFICER, True),
        (LEADER, True),
        ("huyen-bimson-chuyenvien", False),
        ("thanhvien-bimson", False),
        ("so-tttt-giamdoc", False),
        ("tinh-chutich", False),
        ("kiemtra", False),
    ],
)
def test_a_draft_is_read_only_where_it_is_prepared_and_signed(core: Flask, reader: str, may_read: bool):
    task_id = open_task(an_open_case(), "self_assess")
    save_draft(task_id=task_id, answers=with_raw("2.6", "54%"), seen_rev=0, by=person(OFFICER), now=NOON)

    draft = read_draft(the_task(task_id), person(reader))

    assert (draft is not None) == may_read


def test_a_refused_form_names_its_fields(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")
    answers = {**story_answers("self_assess"), "unheard_of": "x"}
    answers["criteria"] = {**answers["criteria"], "1.2": "100%", "9.9": {"raw": "Có"}}

    with pytest.raises(BadInput) as refused:
        submit_for_signature(task_id=task_id, answers=answers, seen_rev=0, by=person(OFFICER), now=NOON)

    assert {".".join(field.split(".")[:3]) for field in refused.value.fields} == {
        "unheard_of",
        "criteria.1.2",
        "criteria.9.9",
    }


def test_more_than_a_hundred_percent_stays_in_the_draft_and_is_refused_at_the_signature(core: Flask):
    task_id = open_task(an_open_case(), "self_assess")
    save_draft(task_id=task_id, answers=with_raw("3.2", "661%"), seen_rev=0, by=person(OFFICER), now=NOON)

    with pytest.raises(BadInput) as refused:
        submit_for_signature(task_id=task_id, by=person(OFFICER), now=NOON)

    assert list(refused.value.fields) == ["criteria.3.2.raw"]
    kept = db.session.get_one(Draft, task_id, populate_existing=True)
    assert kept.answers["criteria"]["3.2"]["raw"] == "661%"


def test_a_task_that_a_colleague_has_taken_is_refused_until_released(core: Flask):
    give_seat("xa-ngoctrao-chuyenvien", position_of(OFFICER))
    task_id = open_task(an_open_case(), "self_assess")
    colleague = person("xa-ngoctrao-chuyenvien")
    claim_task(task_id=task_id, by=person(OFFICER), now=NOON)

    for act in (
        partial(claim_task, task_id=task_id),
        partial(release_task, task_id=task_id),
        partial(save_draft, task_id=task_id, answers={}, seen_rev=0),
    ):
        with pytest.raises(TaskTaken):
            act(by=colleague, now=NOON)

    release_task(task_id=task_id, by=person(OFFICER), now=NOON)
    claim_task(task_id=task_id, by=colleague, now=NOON)
    assert the_task(task_id).owner_id == colleague.id


def test_of_two_officers_who_claim_at_once_one_has_the_task(either_core: Flask):
    give_seat("xa-ngoctrao-chuyenvien", position_of(OFFICER))
    task_id = open_task(an_open_case(), "self_assess")
    works = [
        partial(claim_task, task_id=task_id, by=person(name), now=NOON)
        for name in (OFFICER, "xa-ngoctrao-chuyenvien")
    ]

    answers = at_once(either_core, works)

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], WrongState), repr(refused[0])


def test_the_member_completes_what_he_fills_in_himself(core: Flask):
    case_id = a_case_at("member_opinion")
    task_id, member = open_task(case_id, "member_opinion"), person("thanhvien-bimson")

    with pytest.raises(WrongState):
        submit_for_signature(
            task_id=task_id, answers=story_answers("member_opinion"), seen_rev=0, by=member, now=NOON
        )
    complete_task(task_id=task_id, answers=story_answers("member_opinion"), by=member, now=NOON)

    assert list(open_tasks(case_id)) == ["district_consolidate"]
    assert the_document(task_id).signer_id == member.id


def test_a_member_numbers_his_own_opinion_but_not_anothers(core: Flask):
    case_id = a_case_at("member_opinion")
    task_id, member = open_task(case_id, "member_opinion"), person("thanhvien-bimson")
    answers = story_answers("member_opinion", document_number="")
    complete_task(task_id=task_id, answers=answers, by=member, now=NOON)
    number = partial(
        number_document,
        document_id=the_document(task_id).id,
        number="16/YK",
        issued_on=date(2023, 11, 20),
        now=NOON,
    )

    with pytest.raises(NotAllowed):
        number(by=person("tinh-chutich"))
    number(by=member)

    assert the_document(task_id).number == "16/YK"


@pytest.mark.parametrize("due_on", ["yesterday", "2023-02-30", "05/12/2023"])
def test_a_return_with_a_date_that_is_none_names_the_field(core: Flask, due_on: str):
    task_id = open_task(a_case_at("district_appraise"), "district_appraise")

    with pytest.raises(BadInput) as refused:
        return_case(
            task_id=task_id,
            answers={"reason": "Thiếu", "due_on": due_on},
            by=person("huyen-bimson-lanhdao"),
            now=NOON,
        )

    assert list(refused.value.fields) == ["due_on"]


def test_words_with_a_null_character_are_refused_or_cleaned_on_both_databases(either_core: Flask):
    task_id = open_task(a_case_at("district_appraise"), "district_appraise")
    leader = person("huyen-bimson-lanhdao")

    try:
        return_case(task_id=task_id, answers={"reason": "Thiếu\x00 số liệu"}, by=leader, now=NOON)
    except BadInput as refused:
        assert list(refused.fields) == ["reason"]  # noqa: PT017 refusing is one of two right answers
    else:
        assert "\x00" not in the_task(task_id).note
