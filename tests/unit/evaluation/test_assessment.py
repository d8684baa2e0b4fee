"""Verdicts of one level: thresholds, a person's decisions, and Bỉm Sơn's year 2023."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.assessment import Entry, Verdict, assess, assess_all, check_entry
from evaluation.catalogue import Criterion, Target, TargetKind, load_catalogue
from evaluation.errors import DecisionRefused, DuplicateCriterion, TypingError, UnknownCriterion, UnknownYear
from evaluation.numbers import format_percent

CATALOGUE = load_catalogue()

# Report of Bỉm Sơn town for 2023, its annex on communes, rows mapped by name to the numbers of QĐ 1829.
BIM_SON_2023 = {
    "1.2": "100%",
    "1.3": "100%",
    "1.4": "100%",
    "1.5": "100%",
    "1.6": "> 90%",
    "1.7": "Có",
    "1.8": "Có",
    "1.9": "Đảm bảo",
    "1.10": "100%",
    "1.11": "Triển khai sử dụng",
    "2.1": "Thực hiện tuyên truyền trên Cổng TTĐT Bỉm Sơn, trên hên thống loa truyền thanh và phối hợp "
    "tổ chức tập huấn",
    "2.2": "48/48 sản phẩm lợi thế của địa phương (trong đó có 03 sản phẩm OCCOP) được quảng bá trên sàn "
    "TMĐT và trang nông sản Thanh Hóa",
    "2.3": "48/48 sản phẩm lợi thế của địa phương (trong đó có 03 sản phẩm OCCOP) được quảng bá trên sàn "
    "TMĐT và trang nông sản Thanh Hóa",
    "2.4": "75%",
    "2.5": "55%",
    "2.6": "54,4%",
    "3.1.": "60%",
    "3.2": "66,1%",
    "3.4": "82,32%",
    "3.5": "95%",
    "4.1": "Đảm bảo",
    "4.3": "100%",
    "4.4": "Có",
    "4.5": "68/68 (Trong đó 58/58 thôn khu phố; 7/7 xã phường và 03 điểm du lịch của Thị xã)",
    "4.6": "Có",
    "4.7": "Đang triển khai",
    "4.8": "Có",
}


def entries(results):
    return {criterion: Entry(raw) for criterion, raw in results.items()}


def verdict(criterion: str, raw: str, year: int = 2023, decision=None, reason: str = "") -> Verdict:
    return assess(CATALOGUE.criterion(criterion), Entry(raw, decision, reason), year).verdict


def test_bim_son_2023_is_judged_as_by_hand():
    results = assess_all(entries(BIM_SON_2023), 2023, CATALOGUE)

    by_verdict = {v: [id_ for id_, result in results.items() if result.verdict is v] for v in Verdict}

    assert by_verdict[Verdict.NOT_MET] == ["2.6", "3.2", "4.7"]
    assert by_verdict[Verdict.UNDECIDED] == ["1.8", "1.9", "2.1", "4.1"]
    assert by_verdict[Verdict.MISSING] == [
        "1.1", "3.3", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "4.2",
    ]  # fmt: skip
    assert by_verdict[Verdict.NOT_ASSESSED] == ["1.11", "4.8"]
    assert by_verdict[Verdict.NOT_APPLICABLE] == []
    assert len(by_verdict[Verdict.MET]) == 18


def test_results_come_in_the_order_of_the_annex_and_keep_the_raw_text():
    results = assess_all(entries(BIM_SON_2023), 2023, CATALOGUE)

    assert list(results) == [criterion.id for criterion in CATALOGUE.criteria]
    assert results["1.6"].raw == "> 90%"


@pytest.mark.parametrize(
    ("criterion", "raw", "why"),
    [
        ("3.2", "66,1%", "66,1% < 75%: chưa đạt"),
        ("2.6", "54,4%", "54,4% < 55%: chưa đạt"),
        ("3.1", "60%", "60% ≥ 60%: đạt"),
        ("2.2", "48/48 sản phẩm", "48/48 = 100% ≥ 100%: đạt"),
        ("2.2", "2/3", "2/3 = 66,6666…% < 100%: chưa đạt"),
        ("1.6", "> 90%", "“> 90%” (trên 90%) luôn ≥ 70%: đạt"),
        ("3.5", "> 90%", "“> 90%” có thể trên hoặc dưới 95%: chưa kết luận"),
        ("3.5", "gần 95%", "“gần 95%” (dưới 95%) luôn < 95%: chưa đạt"),
        ("1.7", "Có", "“Có” đúng mức “Có”: đạt"),
        ("4.7", "Đang triển khai", "“Đang triển khai” chưa phải “Có”: chưa đạt"),
        ("4.5", "0", "“0” là số lượng bằng 0, chưa phải “Có”: chưa đạt"),
        ("1.1", "", "Chưa có kết quả, mức phải đạt là Có"),
        ("4.8", "Có", "Năm 2023 không đánh giá tiêu chí này (dấu *)"),
    ],
)
def test_the_sentence_explains_the_verdict(criterion, raw, why):
    assert assess(CATALOGUE.criterion(criterion), Entry(raw), 2023).why == why


@pytest.mark.parametrize(
    ("criterion", "raw", "year", "expected"),
    [
        ("2.6", "55%", 2023, "met"),
        ("2.6", "54,99999%", 2023, "not_met"),
        ("2.6", "54,4%", 2022, "met"),
        ("2.6", "69,96%", 2025, "not_met"),
        ("2.6", "70%", 2025, "met"),
        ("1.6", "65", 2022, "met"),
        ("1.6", "69,96", 2023, "not_met"),
        ("3.5", "gần 95%", 2022, "undecided"),
        ("3.5", "trên 95%", 2023, "met"),
        ("3.5", "≥ 95%", 2023, "met"),
        ("2.5", "10%", 2022, "not_assessed"),
        ("1.11", "Triển khai sử dụng", 2022, "met"),
        ("1.11", "Chưa triển khai", 2022, "not_met"),
        ("4.2", "Đáp ứng", 2024, "met"),
        ("4.8", "Có", 2022, "met"),
        ("4.8", "Có", 2025, "not_assessed"),
        ("4.4", "gần 3 hệ thống", 2023, "undecided"),
    ],
)
def test_the_target_of_the_year_decides(criterion, raw, year, expected):
    assert verdict(criterion, raw, year) == expected


@given(
    st.decimals(min_value=0, max_value=100, places=3),
    st.decimals(min_value=0, max_value=100, places=3),
    st.decimals(min_value=0, max_value=100, places=3),
)
def test_a_higher_result_is_never_worse_and_a_higher_threshold_never_better(value, other, threshold):
    def met(result: Decimal, wanted: Decimal) -> bool:
        target = Target(TargetKind.PERCENT_MIN, format_percent(wanted), wanted, "%")
        base = CATALOGUE.criterion("2.6")
        criterion = Criterion(
            base.id, base.group, base.name, "%", base.kind, {2023: target}, base.agencies, "", ""
        )
        return assess(criterion, Entry(format_percent(result)), 2023).verdict is Verdict.MET

    low, high = sorted((value, other))

    assert met(low, threshold) <= met(high, threshold)
    assert met(threshold, high) <= met(threshold, low)
    assert met(value, threshold) == (Fraction(value) >= Fraction(threshold))


UNCLEAR = {"1.9": "Đảm bảo", "2.1": "Đã tuyên truyền", "3.5": "> 90%", "2.2": "0/0", "4.4": "Đảm bảo"}


@pytest.mark.parametrize(("criterion", "raw"), UNCLEAR.items())
@pytest.mark.parametrize("decision", ["met", "not_met", "not_applicable"])
def test_a_person_decides_an_unclear_value_with_a_reason(criterion, raw, decision):
    entry = Entry(raw, Verdict(decision), "Biên bản kiểm tra ngày 05/12/2023")

    check_entry(CATALOGUE.criterion(criterion), entry, 2023)
    result = assess(CATALOGUE.criterion(criterion), entry, 2023)

    assert (result.verdict, result.decided) == (decision, True)
    assert "Biên bản kiểm tra ngày 05/12/2023" in result.why


@pytest.mark.parametrize(
    ("criterion", "raw", "decision", "reason", "remains"),
    [
        ("2.6", "54,4%", "met", "châm chước", "not_met"),
        ("2.6", "54,4%", "not_applicable", "không có doanh nghiệp", "not_met"),
        ("2.6", "60%", "not_met", "không tin", "met"),
        ("1.7", "Không", "met", "sắp có", "not_met"),
        ("1.9", "Đảm bảo", "met", "", "undecided"),
        ("1.9", "Đảm bảo", "met", " \n", "undecided"),
        ("1.9", "", "met", "đã xem", "missing"),
        ("1.9", "", "not_met", "đã xem", "missing"),
        ("1.9", "", "not_applicable", "", "missing"),
        ("1.9", "Đảm bảo", "missing", "lý do", "undecided"),
    ],
)
def test_a_decision_against_the_value_or_without_reason_is_refused_and_decides_nothing(
    criterion, raw, decision, reason, remains
):
    entry = Entry(raw, Verdict(decision), reason)

    with pytest.raises(DecisionRefused):
        check_entry(CATALOGUE.criterion(criterion), entry, 2023)
    result = assess(CATALOGUE.criterion(criterion), entry, 2023)

    assert (result.verdict, result.decided) == (remains, False)
    assert "không dùng kết luận" in result.why


def test_not_applicable_may_be_said_where_nothing_can_be_counted():
    reason = "Xã không có sản phẩm OCOP"

    assert verdict("2.2", "", decision=Verdict.NOT_APPLICABLE, reason=reason) == "not_applicable"


def test_a_decision_that_repeats_the_value_changes_nothing():
    result = assess(CATALOGUE.criterion("2.6"), Entry("60%", Verdict.MET), 2023)

    assert (result.verdict, result.why, result.decided) == ("met", "60% ≥ 55%: đạt", False)


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_decision_is_no_decision(nothing):
    entry = Entry("Đảm bảo", nothing)

    check_entry(CATALOGUE.criterion("1.9"), entry, 2023)

    assert "không dùng" not in assess(CATALOGUE.criterion("1.9"), entry, 2023).why


def test_a_decision_on_a_criterion_not_assessed_changes_nothing():
    entry = Entry("Có", Verdict.NOT_MET, "lý do")

    assert assess(CATALOGUE.criterion("4.8"), entry, 2023).verdict is Verdict.NOT_ASSESSED
    with pytest.raises(DecisionRefused):
        check_entry(CATALOGUE.criterion("4.8"), entry, 2023)


def test_a_stored_typing_error_decides_nothing_and_a_door_refuses_it():
    entry = Entry("154,4%", Verdict.MET, "gõ nhầm")

    result = assess(CATALOGUE.criterion("2.6"), entry, 2023)

    assert result.verdict is Verdict.UNDECIDED
    assert "Lỗi nhập liệu" in result.why
    with pytest.raises(TypingError):
        check_entry(CATALOGUE.criterion("2.6"), entry, 2023)


@pytest.mark.parametrize(("year", "assessed"), [(2022, 26), (2023, 35), (2024, 35), (2025, 35)])
def test_nothing_given_is_missing_for_every_criterion_assessed(year, assessed):
    counts = Counter(result.verdict for result in assess_all({}, year, CATALOGUE).values())

    assert counts == {Verdict.MISSING: assessed, Verdict.NOT_ASSESSED: 37 - assessed}


def test_unknown_and_repeated_criteria_and_years_are_refused():
    with pytest.raises(UnknownCriterion):
        assess_all({"5.1": Entry("Có")}, 2023, CATALOGUE)
    with pytest.raises(DuplicateCriterion):
        assess_all({"3.1": Entry("60%"), "3.1.": Entry("60%")}, 2023, CATALOGUE)
    with pytest.raises(UnknownYear):
        assess_all({}, 2026, CATALOGUE)


@given(st.dictionaries(st.sampled_from([c.id for c in CATALOGUE.criteria]), st.text(max_size=20)), st.data())
def test_assessing_is_total_and_each_verdict_depends_on_its_own_entry(raws, data):
    year = data.draw(st.sampled_from(CATALOGUE.years))

    results = assess_all(entries(raws), year, CATALOGUE)

    for criterion in CATALOGUE.criteria:
        entry = Entry(raws[criterion.id]) if criterion.id in raws else None
        assert results[criterion.id] == assess(criterion, entry, year)
