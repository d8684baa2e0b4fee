"""The conclusion of Điều 2: its order, its laws, and the ranking index."""

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.assessment import Entry, Result, Verdict, assess_all
from evaluation.catalogue import load_catalogue
from evaluation.errors import IndexRefused, UnknownYear
from evaluation.recognition import Eligible, IndexScore, conclude, parse_index

CATALOGUE = load_catalogue()
SOURCE = "Quyết định 2017/QĐ-UBND ngày 03/10/2023"
ENOUGH = IndexScore(Decimal("712.5"), Decimal("1000"), SOURCE)
TOO_LITTLE = IndexScore(Decimal("699.9"), Decimal("1000"), SOURCE)


def results_of(verdicts, year=2023):
    """Results where every criterion is met except those named."""
    return {
        criterion.id: Result(
            criterion.id, Verdict(verdicts.get(criterion.id, "met")), "", "vì thế", criterion.target(year)
        )
        for criterion in CATALOGUE.criteria
    }


def eligible(verdicts, index=ENOUGH, year=2023) -> str:
    return conclude(results_of(verdicts, year), index, year).eligible.value


@pytest.mark.parametrize(
    ("verdicts", "index", "expected"),
    [
        ({}, ENOUGH, "yes"),
        ({"2.6": "not_met"}, ENOUGH, "no"),
        ({"2.6": "not_met", "1.9": "undecided", "3.6": "missing"}, None, "no"),
        ({}, TOO_LITTLE, "no"),
        ({"1.9": "undecided", "3.6": "missing"}, TOO_LITTLE, "no"),
        ({"1.9": "undecided"}, ENOUGH, "undecided"),
        ({"3.6": "missing"}, ENOUGH, "undecided"),
        ({}, None, "undecided"),
        ({"2.2": "not_applicable"}, ENOUGH, "yes"),
        ({"2.2": "not_applicable", "2.6": "not_met"}, ENOUGH, "no"),
        ({"4.8": "not_met", "1.11": "not_met"}, ENOUGH, "yes"),
        ({"4.8": "undecided", "1.11": "missing"}, ENOUGH, "yes"),
        ({"2.6": "not_assessed"}, ENOUGH, "undecided"),
    ],
)
def test_the_conclusion_follows_the_order_of_the_rule(verdicts, index, expected):
    assert eligible(verdicts, index) == expected


def test_a_criterion_starred_in_2022_is_ignored_in_2022_only():
    assert eligible({"4.7": "not_met"}, year=2022) == "yes"
    assert eligible({"4.7": "not_met"}, year=2023) == "no"


def test_a_criterion_without_a_result_is_missing():
    results = results_of({})
    del results["2.6"]

    conclusion = conclude(results, ENOUGH, 2023)

    assert conclusion.eligible is Eligible.UNDECIDED
    assert "Chỉ tiêu 2.6: chưa có kết quả." in conclusion.reasons


def test_the_reasons_say_what_stands_against_in_sentences():
    results = assess_all({"2.6": Entry("54,4%")}, 2023, CATALOGUE)

    conclusion = conclude(results, TOO_LITTLE, 2023)

    assert conclusion.reasons[0] == "Chỉ tiêu 2.6: 54,4% < 55%: chưa đạt."
    assert conclusion.reasons[1] == (
        "Chỉ số xếp hạng 699,9/1000 = 69,99% < 70%: chưa đạt "
        "(căn cứ: Quyết định 2017/QĐ-UBND ngày 03/10/2023)."
    )
    assert conclusion.reasons[-1] == "0/35 chỉ tiêu được đánh giá năm 2023 đạt."


def test_a_yes_counts_the_criteria_and_names_the_index_document():
    conclusion = conclude(results_of({}), ENOUGH, 2023)

    assert conclusion.reasons == (
        "35/35 chỉ tiêu được đánh giá năm 2023 đạt.",
        "Chỉ số xếp hạng 712,5/1000 = 71,25% ≥ 70%: đạt (căn cứ: Quyết định 2017/QĐ-UBND ngày 03/10/2023).",
    )


def test_a_criterion_still_in_dispute_is_counted_as_such_and_judged_by_its_value():
    whose = {"2.6": "Sở đạt, Thành viên chưa đạt"}

    met = conclude(results_of({}), ENOUGH, 2023, disputed=whose)
    short = conclude(results_of({"2.6": "not_met"}), ENOUGH, 2023, disputed=whose)

    assert (met.eligible, short.eligible) == (Eligible.YES, Eligible.NO)
    assert (
        met.reasons[0]
        == short.reasons[1]
        == "34/35 chỉ tiêu được đánh giá năm 2023 đạt; 1 chỉ tiêu còn ý kiến khác nhau "
        "(2.6: Sở đạt, Thành viên chưa đạt)."
    )


def test_a_criterion_not_applicable_is_listed_with_its_reason():
    results = assess_all(
        {"2.2": Entry("0/0", Verdict.NOT_APPLICABLE, "Xã không có sản phẩm OCOP")}, 2023, CATALOGUE
    )

    conclusion = conclude(results, ENOUGH, 2023)

    assert any("2.2" in reason and "Xã không có sản phẩm OCOP" in reason for reason in conclusion.reasons)


def test_a_year_outside_the_catalogue_is_unknown():
    with pytest.raises(UnknownYear):
        conclude({}, None, 2021)


VERDICTS = st.dictionaries(
    st.sampled_from([criterion.id for criterion in CATALOGUE.criteria]),
    st.sampled_from([verdict.value for verdict in Verdict]),
)
YEARS = st.sampled_from(CATALOGUE.years)
INDEXES = st.sampled_from([None, ENOUGH, TOO_LITTLE])


@given(VERDICTS, YEARS, INDEXES, st.data())
def test_one_criterion_not_met_is_no_whatever_else_is_open(verdicts, year, index, data):
    failed = data.draw(st.sampled_from([criterion.id for criterion in CATALOGUE.year(year).assessed]))

    assert eligible({**verdicts, failed: "not_met"}, index, year) == "no"


@given(VERDICTS, YEARS)
def test_an_index_below_is_no_whatever_else_is_open(verdicts, year):
    assert eligible(verdicts, TOO_LITTLE, year) == "no"


@given(VERDICTS, YEARS, INDEXES, st.randoms())
def test_the_order_of_the_results_changes_nothing(verdicts, year, index, random):
    results = results_of(verdicts, year)
    shuffled = list(results.items())
    random.shuffle(shuffled)

    assert conclude(dict(shuffled), index, year) == conclude(results, index, year)


@given(VERDICTS, YEARS, INDEXES, st.data())
def test_not_applicable_counts_neither_way(verdicts, year, index, data):
    aside = data.draw(st.sampled_from([criterion.id for criterion in CATALOGUE.year(year).assessed]))

    assert eligible({**verdicts, aside: "not_applicable"}, index, year) == eligible(
        {**verdicts, aside: "met"}, index, year
    )


@given(VERDICTS, YEARS, INDEXES)
def test_yes_only_where_everything_assessed_is_met_or_not_applicable(verdicts, year, index):
    assessed = {verdicts.get(criterion.id, "met") for criterion in CATALOGUE.year(year).assessed}
    everything = assessed <= {"met", "not_applicable"} and index is ENOUGH

    assert (eligible(verdicts, index, year) == "yes") == everything


@pytest.mark.parametrize(
    ("text", "percent", "met"),
    [
        ("712,5/1000", "71.25", True),
        ("712.5/1000", "71.25", True),
        ("700/1000", "70", True),
        ("699,6/1000", "69.96", False),
        ("699,999999/1000", "69.9999999", False),
        ("0/1000", "0", False),
        ("1000/1.000", "100", True),
        (" 2 / 3 ", "66.6666666666", False),
        ("6,999999999999/10", "69.99999999999", False),
        ("20,999999999999/30", "69.9999999999", False),
        ("21/30", "70", True),
    ],
)
def test_the_index_is_compared_exactly_and_printed_never_above_its_value(text, percent, met):
    index = parse_index(text, SOURCE)

    assert (index.percent_text, index.met) == (percent, met)


@pytest.mark.parametrize(
    "text",
    ["", "7", "a/b", "1/0", "0/0", "-1/5", "6/5", "1/2/3", "1,2,3/5", "1e3/1e4", "0.5444/1", "9" * 300],
)
def test_an_index_that_cannot_be_right_is_refused(text):
    with pytest.raises(IndexRefused):
        parse_index(text, SOURCE)


@pytest.mark.parametrize(
    ("score", "maximum", "source"),
    [
        ("5", "10", ""),
        ("5", "10", " "),
        ("NaN", "10", SOURCE),
        ("5", "Infinity", SOURCE),
        ("1e99999", "1e99999", SOURCE),
        ("-0.1", "10", SOURCE),
        ("0", "0", SOURCE),
    ],
)
def test_a_score_is_finite_within_its_maximum_and_names_its_document(score, maximum, source):
    with pytest.raises(IndexRefused):
        IndexScore(Decimal(score), Decimal(maximum), source)


@given(st.decimals(min_value=0, max_value=1000, places=3), st.decimals(min_value=1, max_value=1000, places=3))
def test_the_threshold_is_exact_in_any_decimal_context(score, maximum):
    if score > maximum:
        return
    with decimal.localcontext() as context:
        context.prec = 50
        expected = score * 100 >= 70 * maximum

    with decimal.localcontext() as context:
        context.prec = 2
        assert IndexScore(score, maximum, SOURCE).met == expected
