"""What the forms accept and refuse: the sentences name the field."""

import pytest
from marshmallow import ValidationError

from forms import load_form

IDS = ("1.1", "1.2", "1.10", "2.6", "3.2")
FILE = "0b9f2c1e-8f6a-4d53-9a53-7a3f1f0d2c11"


def load(key, action, answers, partial=False, ids=IDS):
    return load_form(key).schema(action, ids, partial=partial).load({"action": action, **answers})


def refused(key, action, answers, partial=False):
    with pytest.raises(ValidationError) as error:
        load(key, action, answers, partial)
    return error.value.messages


def an_appraisal(**changes):
    return {
        "criteria": {"1.1": {"raw": "Có"}},
        "minutes_date": "2023-11-28",
        "appraisal_summary": "Xã đạt các chỉ tiêu.",
        **changes,
    }


def test_a_self_assessment_is_brought_to_its_normal_form():
    answers = load(
        "self_assess",
        "complete",
        {
            "criteria": {
                "2.6": {"raw": " 54,4% ", "difficulty": "Ít doanh nghiệp", "evidence": [FILE.upper(), FILE]},
                "1.10.": {"raw": "100%"},
                "1.1": {"raw": "", "evidence": []},
            },
            "report_summary": "Tóm tắt\r\nhai dòng ",
            "request_number": "",
            "request_date": None,
            "report_files": [],
        },
    )

    assert answers == {
        "action": "complete",
        "criteria": {
            "1.10": {"raw": "100%", "decision": None, "reason": "", "difficulty": "", "evidence": []},
            "2.6": {
                "raw": "54,4%",
                "decision": None,
                "reason": "",
                "difficulty": "Ít doanh nghiệp",
                "evidence": [FILE],
            },
        },
        "report_summary": "Tóm tắt\nhai dòng",
    }
    assert list(answers["criteria"]) == ["1.10", "2.6"]


def test_missing_required_fields_are_named_by_their_label():
    assert refused("district_appraise", "complete", {}) == {
        "criteria": ["“Kết quả thẩm định từng chỉ tiêu”: bắt buộc nhập."],
        "minutes_date": ["“Ngày lập biên bản”: bắt buộc nhập."],
        "appraisal_summary": ["“Nhận xét, kết luận thẩm định”: bắt buộc nhập."],
    }


def test_a_field_that_the_form_does_not_have_is_refused():
    assert refused("district_appraise", "complete", an_appraisal(verdict="met")) == {
        "verdict": ["Biểu mẫu không có trường này."]
    }


def test_the_action_must_be_the_one_the_schema_is_for():
    schema = load_form("district_appraise").schema("complete", IDS)

    for sent in ("return", "recognise", None, ["complete"]):
        with pytest.raises(ValidationError) as error:
            schema.load({**an_appraisal(), "action": sent})
        assert "action" in error.value.messages
    with pytest.raises(ValidationError) as error:
        schema.load(an_appraisal())
    assert error.value.messages == {"action": ["Thiếu hành động."]}


def test_an_action_of_another_step_has_no_schema():
    with pytest.raises(ValueError, match="recognise"):
        load_form("district_appraise").schema("recognise", IDS)


@pytest.mark.parametrize("sent", [None, [], "x", 5])
def test_answers_that_are_no_object_are_refused(sent):
    with pytest.raises(ValidationError, match="phải là một đối tượng"):
        load_form("self_assess").schema("complete", IDS).load(sent)


# -- the criteria table ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        ({"raw": "x", "decision": "met"}, "reason", "quyết định “đạt” phải ghi lý do"),
        ({"raw": "x", "decision": "undecided", "reason": "r"}, "decision", "đạt, chưa đạt, không áp dụng"),
        ({"raw": "x", "decision": ["met"], "reason": "r"}, "decision", "chỉ được quyết định"),
        ({"raw": 54.4}, "raw", "phải là chữ"),
        ({"raw": "x" * 2_001}, "raw", "tối đa 2000"),
        ({"raw": "x" * 9_999}, "raw", "dài quá 2000"),
        ({"raw": "a\u0007b"}, "raw", "ký tự điều khiển"),
        ({"raw": "a\u202eb"}, "raw", "ký tự điều khiển"),
        ({"raw": "x", "evidence": ["../../etc/passwd"]}, "evidence", "mã tệp không hợp lệ"),
        ({"raw": "x", "evidence": FILE}, "evidence", "danh sách không quá 50 tệp"),
        ({"raw": "x", "evidence": [FILE] * 51}, "evidence", "danh sách không quá 50 tệp"),
        ({"raw": "x", "difficulty": "khó"}, "difficulty", "không có cột đó"),
        ({"raw": "x", "agreed": True}, "agreed", "không có cột “agreed”"),
        ({"raw": "x", "verdict": "met"}, "verdict", "không có cột “verdict”"),
    ],
)
def test_an_entry_outside_the_rules_is_refused_at_its_place(entry, place, words):
    messages = refused("district_appraise", "complete", an_appraisal(criteria={"2.6": entry}))

    (sentence,) = messages["criteria"]["2.6"][place]
    assert words in sentence
    assert "2.6" in sentence


@pytest.mark.parametrize("criterion", ["9.9", "1.3", "1.1 0", "", "x" * 5_000])
def test_a_criterion_not_assessed_that_year_is_refused(criterion):
    messages = refused("district_appraise", "complete", an_appraisal(criteria={criterion: {"raw": "Có"}}))

    assert "không có tiêu chí" in next(iter(messages["criteria"].values()))[0]


def test_one_criterion_written_in_two_ways_is_refused():
    messages = refused(
        "district_appraise",
        "complete",
        an_appraisal(criteria={"1.1": {"raw": "Có"}, "1.1.": {"raw": "Không"}}),
    )

    assert messages["criteria"]["1.1"] == ["Chỉ tiêu 1.1 được nhập hai lần."]


def test_a_commune_reports_results_and_decides_nothing():
    messages = refused(
        "self_assess",
        "complete",
        {
            "criteria": {"4.7": {}, "2.6": {"raw": "x", "decision": "met", "reason": "r"}},
            "report_summary": "x",
        },
    )

    assert messages["criteria"]["2.6"]["decision"] == [
        "Chỉ tiêu 2.6: cấp này không tự quyết định, chỉ ghi kết quả."
    ]


def test_a_table_full_of_unknown_criteria_is_refused_without_listing_them_all():
    sent = {f"9.{n}": {"raw": "x"} for n in range(50_000)}

    messages = refused("district_appraise", "complete", an_appraisal(criteria=sent))

    assert len(messages["criteria"]) <= len(IDS) + 1


def test_a_meeting_records_the_agreed_value_or_that_views_still_differ():
    minutes = {
        "held_on": "2023-12-18",
        "held_at": "08:30",
        "chair": "Giám đốc Sở",
        "secretary": "Chuyên viên",
        "attendance": "Thành viên phụ trách",
        "outcome": "differs",
        "conclusion": "Chỉ tiêu 3.2 còn ý kiến khác nhau.",
    }
    criteria = {"2.6": {"agreed": True, "raw": "54,4%"}, "3.2": {"agreed": False}}

    answers = load("reconciliation_meeting", "complete", {**minutes, "criteria": criteria})

    assert answers["criteria"]["2.6"]["agreed"] is True
    assert answers["criteria"]["3.2"] == {
        "raw": "", "decision": None, "reason": "", "difficulty": "", "evidence": [], "agreed": False,
    }  # fmt: skip
    for entry, words in [
        ({"agreed": True}, "phải ghi kết quả thống nhất"),
        ({"agreed": False, "raw": "54"}, "không ghi kết quả thống nhất"),
        ({"raw": "54"}, "chọn “thống nhất” hoặc “còn ý kiến khác nhau”"),
        ({"agreed": "yes"}, "chọn “thống nhất”"),
    ]:
        messages = refused("reconciliation_meeting", "complete", {**minutes, "criteria": {"2.6": entry}})
        assert words in str(messages["criteria"]["2.6"])


# -- returns --------------------------------------------------------------------------------------


def test_a_return_needs_a_reason_in_general_or_for_a_criterion():
    sentence = "Phải nhập “Lý do trả lại” hoặc “Nội dung cần bổ sung theo từng chỉ tiêu”."

    assert refused("district_appraise", "return", {}) == {"reason": [sentence]}
    assert refused("district_appraise", "return", {"reason": " ", "criteria_reasons": {"2.6": " "}}) == {
        "reason": [sentence]
    }
    assert load("district_appraise", "return", {"reason": "Thiếu"})["reason"] == "Thiếu"
    assert load("district_appraise", "return", {"criteria_reasons": {"2.6": "Thiếu minh chứng"}}) == {
        "action": "return",
        "criteria_reasons": {"2.6": "Thiếu minh chứng"},
    }


def test_a_return_may_carry_the_unfinished_work():
    answers = load(
        "district_appraise",
        "return",
        {
            "reason": "Thiếu",
            "due_on": "2023-12-05",
            "criteria": {"2.6": {"raw": "54,4", "decision": "not_met"}},
        },
    )

    assert answers["criteria"]["2.6"]["decision"] == "not_met"


def test_the_reasons_of_a_return_are_dropped_when_the_step_is_completed():
    answers = load("district_appraise", "complete", an_appraisal(reason="quên xóa", due_on="2023-12-05"))

    assert "reason" not in answers
    assert load_form("district_appraise").routing(answers) == {"action": "complete", "due_on": None}


@pytest.mark.parametrize(
    "due_on", ["5/12/2023", "2023-13-01", "2023-02-30", "2023-W01-1", "20231205", "٢٠٢٣-12-05", 5]
)
def test_a_due_date_is_an_iso_date(due_on):
    assert list(refused("district_appraise", "return", {"reason": "x", "due_on": due_on})) == ["due_on"]


def test_a_return_routes_its_due_date():
    answers = load("district_appraise", "return", {"reason": "x", "due_on": "2023-12-05"})

    assert load_form("district_appraise").routing(answers) == {"action": "return", "due_on": "2023-12-05"}


# -- the other steps ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("712,5", "712.5"),
        ("712.5", "712.5"),
        (712, "712"),
        ("0712,50", "712.5"),
        ("1.234,5", "1234.5"),
        ("712,125", "712.1250"),
        ("0,125", "0.125"),
    ],
)
def test_a_score_is_kept_as_decimal_text(sent, kept):
    ranking = {
        "index_score": sent,
        "index_maximum": "2000",
        "ranking_decision_number": "2017/QĐ-UBND",
        "ranking_decision_date": "2023-10-03",
    }

    answers = load("district_appraise", "complete", an_appraisal(**ranking))

    assert answers["index_score"] == kept
    assert load("district_appraise", "complete", answers) == answers


@pytest.mark.parametrize("sent", ["1.000", "712.125"])
def test_a_number_that_reads_in_two_ways_is_refused(sent):
    messages = refused("district_appraise", "complete", an_appraisal(index_score=sent))

    assert "có thể hiểu hai cách" in messages["index_score"][0]


@pytest.mark.parametrize(
    "sent", ["abc", "1e5", "NaN", "Infinity", "--1", "1,2,3", "٣", 1.5, True, [1], "9" * 16, 10**15]
)
def test_what_is_no_number_is_refused(sent):
    assert "index_score" in refused("district_appraise", "complete", an_appraisal(index_score=sent))


def test_an_index_score_needs_its_maximum_and_the_decision_it_comes_from():
    messages = refused("district_appraise", "complete", an_appraisal(index_score="712,5"))

    assert set(messages) == {"index_maximum", "ranking_decision_number", "ranking_decision_date"}
    messages = refused(
        "district_appraise",
        "complete",
        an_appraisal(
            index_score="712,5",
            index_maximum="700",
            ranking_decision_number="2017/QĐ-UBND",
            ranking_decision_date="2023-10-03",
        ),
    )
    assert messages == {
        "index_maximum": ["Tổng điểm của bộ chỉ số phải lớn hơn 0 và không nhỏ hơn điểm đạt được."]
    }


def test_a_member_gives_an_overall_opinion_or_one_per_criterion():
    overall, each = "“Ý kiến chung về kết quả chuyển đổi số của xã”", "“Ý kiến thẩm định theo từng chỉ tiêu”"
    assert refused("member_opinion", "complete", {}) == {"overall": [f"Phải nhập {overall} hoặc {each}."]}
    assert load("member_opinion", "complete", {"overall": "yes"}) == {"action": "complete", "overall": "yes"}
    assert "criteria" in load("member_opinion", "complete", {"criteria": {"2.6": {"raw": "56%"}}})
    assert "opinion" in refused("member_opinion", "complete", {"overall": "no"})
    assert "overall" in refused("member_opinion", "complete", {"overall": "maybe"})


def test_a_consolidated_dossier_without_the_opinion_says_why():
    assert "missing_reason" in refused("district_consolidate", "complete", {"components": ["a", "b", "c"]})
    assert refused("district_consolidate", "complete", {"components": ["c", "d"]}) == {
        "components": ["Hồ sơ gửi Sở phải có thành phần a) và b)."]
    }
    answers = load(
        "district_consolidate",
        "complete",
        {
            "components": ["d", "c", "b", "a", "a"],
            "missing_reason": "bị ẩn",
            "opinion_taken_up": [
                {"criterion": "2.6", "opinion": "Xem lại số liệu", "response": "Đã rà soát"},
                {"criterion": "", "opinion": None},
            ],
        },
    )
    assert answers["components"] == ["a", "b", "c", "d"]
    assert "missing_reason" not in answers
    assert answers["opinion_taken_up"] == [
        {"criterion": "2.6", "opinion": "Xem lại số liệu", "response": "Đã rà soát"}
    ]


def test_a_row_of_a_list_names_its_number():
    messages = refused(
        "district_consolidate",
        "complete",
        {"components": ["a", "b", "c", "d"], "opinion_taken_up": [{"opinion": "Xem lại"}]},
    )

    table, column = (
        "Bảng tiếp thu, giải trình ý kiến của Thành viên",
        "Tiếp thu, giải trình của UBND cấp huyện",
    )
    assert messages["opinion_taken_up"][0]["response"] == [f"“{table}”, dòng 1: thiếu “{column}”."]


def test_a_refusal_by_the_chairman_needs_its_reason_and_a_recognition_has_none():
    assert refused("chairman_decide", "refuse", {}) == {"reason": ["“Lý do”: bắt buộc nhập."]}
    assert refused("chairman_decide", "return", {}) == {"reason": ["“Lý do”: bắt buộc nhập."]}
    assert load("chairman_decide", "recognise", {"reason": "thừa", "document_date": "2023-12-29"}) == {
        "action": "recognise",
        "document_date": "2023-12-29",
    }


def test_a_draft_may_lack_anything_but_stays_within_the_form():
    form = load_form("district_appraise")
    draft = form.schema(None, IDS, partial=True)

    assert draft.load({}) == {}
    assert draft.load({"criteria": {"2.6": {"decision": "met"}}, "index_score": "7"})["index_score"] == "7"
    with pytest.raises(ValidationError):
        draft.load({"nope": 1})
    with pytest.raises(ValidationError):
        draft.load({"criteria": {"9.9": {"raw": "x"}}})


def test_evidence_is_found_wherever_the_answers_refer_to_it():
    other = FILE.replace("0b9f", "1c0a")
    answers = load(
        "self_assess",
        "complete",
        {"criteria": {"2.6": {"evidence": [FILE]}, "1.1": {"evidence": [FILE]}}, "report_summary": "x",
         "report_files": [other]},
    )  # fmt: skip

    assert load_form("self_assess").evidence_ids(answers) == (FILE, other)


def test_text_is_stored_in_nfc():
    answers = load("chairman_decide", "refuse", {"reason": "Ho\u0302\u0300 s\u01a1"})

    assert answers["reason"] == "Hồ sơ"


def test_hidden_answers_count_as_absent_for_the_conditions_below_them():
    form = load_form("district_consolidate")
    both = form.visible({"action": "complete", "components": ["a", "b", "c", "d"]})
    one = form.visible({"action": "complete", "components": ["a", "b"]})

    assert "missing_reason" not in both
    assert "missing_reason" in one
    assert "return_part" not in both
