"""When the meeting is held, what differs between levels, which value is final."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.assessment import Entry, Verdict, assess_all
from evaluation.catalogue import load_catalogue
from evaluation.comparison import Overall, applicable_results, compare, district_warnings, final_results
from evaluation.recognition import Conclusion, Eligible, conclude

CATALOGUE = load_catalogue()
YES = Conclusion(Eligible.YES, ())
NO = Conclusion(Eligible.NO, ())
OPEN = Conclusion(Eligible.UNDECIDED, ())
GOOD = {"percent_min": "100%", "yes_no": "Có"}


def results(year=2023, **changes):
    """Everything met, except the raw texts or entries given (`_2_6="54,4%"` for criterion 2.6)."""
    entries = {
        criterion.id: Entry(GOOD.get(criterion.kind, criterion.target(year).text))
        for criterion in CATALOGUE.criteria
    }
    for name, value in changes.items():
        entry = value if isinstance(value, Entry) else Entry(value)
        entries[name.strip("_").replace("_", ".")] = entry
    return assess_all(entries, year, CATALOGUE)


def test_the_same_verdict_everywhere_is_agreement():
    comparison = compare(results(), results(), YES)

    assert (comparison.agree, comparison.differences, comparison.notes) == (True, (), ())
    assert comparison.why == "Thống nhất ở mọi tiêu chí."


def test_another_verdict_on_one_criterion_holds_the_meeting():
    comparison = compare(results(_2_6="54,4%"), results(_2_6="56%"), NO)

    assert not comparison.agree
    [difference] = comparison.differences
    assert (difference.criterion, difference.department, difference.member) == ("2.6", "not_met", "met")
    assert comparison.why == "Chưa thống nhất: Chỉ tiêu 2.6: Sở chưa đạt, Thành viên đạt."


def test_another_number_with_the_same_verdict_is_a_note():
    comparison = compare(results(_3_2="66,1%"), results(_3_2="67%"), NO)

    assert comparison.agree
    assert comparison.notes == (
        "Chỉ tiêu 3.2: Sở ghi “66,1%”, Thành viên ghi “67%”, cùng kết luận chưa đạt.",
    )


def test_the_same_number_written_otherwise_is_not_even_a_note():
    assert compare(results(_2_2="48/48 sản phẩm"), results(_2_2="100 %"), YES).notes == ()


def test_undecided_against_met_is_a_difference():
    assert not compare(results(_1_9="Đảm bảo"), results(), OPEN).agree


def test_undecided_on_both_sides_is_the_same_verdict():
    assert compare(results(_1_9="Đảm bảo"), results(_1_9="Đảm bảo"), OPEN).agree


@pytest.mark.parametrize(
    ("overall", "conclusion", "agree"),
    [
        (Overall.YES, YES, True),
        (Overall.NO, NO, True),
        (Overall.YES, NO, False),
        (Overall.NO, YES, False),
        (Overall.YES, OPEN, False),
        (Overall.NO, OPEN, False),
    ],
)
def test_an_overall_opinion_is_compared_overall(overall, conclusion, agree):
    comparison = compare(results(_2_6="54,4%"), overall, conclusion)

    assert comparison.agree is agree
    assert [difference.criterion for difference in comparison.differences] == ([] if agree else [None])


def test_an_overall_no_beside_equal_criteria_is_a_difference():
    comparison = compare(results(), results(), YES, overall=Overall.NO)

    assert comparison.why == (
        "Chưa thống nhất: Kết luận chung: Sở đủ điều kiện công nhận, Thành viên không đủ điều kiện công nhận."
    )


@pytest.mark.parametrize(
    "opinion", [None, {}, assess_all({}, 2023, CATALOGUE)], ids=["none", "empty", "blank"]
)
@pytest.mark.parametrize("conclusion", [YES, NO, OPEN])
def test_no_opinion_is_never_agreed(opinion, conclusion):
    comparison = compare(results(), opinion, conclusion)

    assert not comparison.agree
    assert comparison.why == "Chưa có ý kiến của Thành viên: không coi là thống nhất."


def test_a_blank_table_with_an_overall_opinion_is_compared_overall():
    blank = assess_all({}, 2023, CATALOGUE)

    assert compare(results(), blank, YES, overall=Overall.YES).agree


def only(year=2023, **given):
    """Nothing but the results given, as of a member who speaks of a few criteria."""
    entries = {name.strip("_").replace("_", "."): Entry(raw) for name, raw in given.items()}
    return assess_all(entries, year, CATALOGUE)


def disputed(comparison):
    return [difference.criterion for difference in comparison.differences]


def test_what_the_member_left_blank_is_spoken_for_by_an_overall_opinion():
    """35 criteria of 2023, the member writes of 2.6 and 3.2 alone: 33 are left to its yes."""
    comparison = compare(results(), only(_2_6="56%", _3_2="80%"), YES, overall=Overall.YES)

    assert (comparison.agree, disputed(comparison)) == (True, [])
    assert comparison.why == "Thống nhất ở 2 chỉ tiêu Thành viên có ý kiến riêng và về kết luận chung."
    assert comparison.notes == (
        "Chỉ tiêu 2.6: Sở ghi “100%”, Thành viên ghi “56%”, cùng kết luận đạt.",
        "Chỉ tiêu 3.2: Sở ghi “100%”, Thành viên ghi “80%”, cùng kết luận đạt.",
        "Thành viên không có ý kiến riêng về 33 chỉ tiêu; so theo ý kiến chung.",
    )


def test_only_what_the_member_spoke_of_is_disputed_beside_an_overall_opinion():
    """In 2022 26 criteria are assessed; the member finds 2.6 otherwise and says nothing of 25."""
    comparison = compare(results(2022), only(2022, _2_6="10%"), YES, overall=Overall.YES)

    assert comparison.why == "Chưa thống nhất: Chỉ tiêu 2.6: Sở đạt, Thành viên chưa đạt."
    assert comparison.notes == ("Thành viên không có ý kiến riêng về 25 chỉ tiêu; so theo ý kiến chung.",)


def test_an_overall_opinion_that_speaks_for_blank_criteria_is_itself_compared():
    short = results(_3_2="66,1%")

    assert disputed(compare(short, only(_2_6="56%"), NO, overall=Overall.YES)) == [None]
    assert disputed(compare(short, only(_2_6="56%"), NO, overall=Overall.NO)) == []
    assert disputed(compare(short, only(_2_6="10%"), NO, overall=Overall.YES)) == ["2.6", None]


def test_without_an_overall_opinion_every_blank_criterion_is_disputed():
    comparison = compare(results(), only(_2_6="56%", _3_2="80%"), YES)

    assert len(disputed(comparison)) == 33
    assert not {"2.6", "3.2"} & set(disputed(comparison))
    assert comparison.notes[-1].startswith("Chỉ tiêu 3.2")


def test_a_criterion_the_department_left_without_result_is_disputed_where_the_member_spoke():
    assert disputed(compare(results(_3_6=""), results(), OPEN, overall=Overall.YES)) == ["3.6", None]
    assert disputed(compare(results(_3_6=""), results(), OPEN)) == ["3.6"]


def test_a_criterion_blank_on_both_sides_is_left_to_an_overall_opinion_and_disputed_without():
    left_to_it = compare(results(_3_6=""), results(_3_6=""), NO, overall=Overall.NO)

    assert left_to_it.why == "Thống nhất ở 34 chỉ tiêu Thành viên có ý kiến riêng và về kết luận chung."
    assert disputed(compare(results(_3_6=""), results(_3_6=""), OPEN)) == ["3.6"]


def test_criteria_not_assessed_that_year_are_not_compared():
    assert compare(results(_4_8="Không"), results(_4_8="Có"), YES).agree


@given(
    st.dictionaries(
        st.sampled_from(["_2_6", "_1_9", "_4_7", "_2_2"]), st.sampled_from(["", "0", "Có", "50%"])
    )
)
def test_comparing_with_oneself_agrees_unless_something_is_missing(changes):
    own = results(**changes)

    agree = compare(own, own, conclude(own, None, 2023)).agree

    assert agree == all(result.verdict is not Verdict.MISSING for result in own.values())


def test_the_final_value_is_the_meetings_where_agreed_else_the_departments():
    department = results(_2_6="54,4%", _3_2="66,1%")
    meeting = {"2.6": results(_2_6="56%")["2.6"], "3.2": results(_3_2="")["3.2"]}

    final = final_results(department, meeting)

    assert (final["2.6"].raw, final["3.2"].raw) == ("56%", "66,1%")
    assert list(final) == list(department)
    assert final_results(department, None) == department


ASIDE = Entry("0/0", Verdict.NOT_APPLICABLE, "Không có sản phẩm OCOP")


def test_not_applicable_stands_only_where_district_and_department_say_so():
    both = applicable_results(results(_2_2=ASIDE), results(_2_2=ASIDE))
    alone = applicable_results(results(_2_2=ASIDE), results())
    nobody = applicable_results(results(_2_2=ASIDE), {})

    assert both["2.2"].verdict is Verdict.NOT_APPLICABLE
    assert alone["2.2"].verdict is Verdict.UNDECIDED
    assert nobody["2.2"].verdict is Verdict.UNDECIDED
    assert "cấp huyện" in alone["2.2"].why


def test_the_districts_not_applicable_does_not_replace_the_departments_value():
    final = applicable_results(results(_2_2="50%"), results(_2_2=ASIDE))

    assert final["2.2"].verdict is Verdict.NOT_MET


def test_a_difference_between_department_and_district_is_a_warning():
    warnings = district_warnings(results(_2_6="54,4%", _3_10="10%"), results(_3_10="12%"))

    assert warnings == ("Chỉ tiêu 2.6: Sở chưa đạt, cấp huyện đạt.",)
