"""The two illustrative cases: every figure accounted for, and the outcome worked out by hand."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from evaluation.assessment import Entry, Result, Verdict, assess_all, check_entry
from evaluation.catalogue import load_catalogue
from evaluation.comparison import compare, final_results
from evaluation.recognition import Eligible, conclude, parse_index
from forms.schema import load_form
from tests.unit.demo.data import DATA, MINH_HOA, THI_DU, answers, case, entries, read

BOTH = pytest.mark.parametrize("name", [MINH_HOA, THI_DU])
YEAR = 2023
FULL = ("self_assess", "district_appraise", "member_opinion", "department_verify")
# Figures of the town's table, typed from its report: criterion of QĐ 1829 → text.
TOWN = {
    "1.2": "100%", "1.3": "100%", "1.4": "100%", "1.5": "100%", "1.6": "> 90%", "1.7": "Có", "1.8": "Có",
    "1.9": "Đảm bảo", "1.10": "100%", "2.4": "75%", "2.5": "55%", "2.6": "54,4%", "3.1": "60%",
    "3.2": "66,1%", "3.4": "82,32%", "3.5": "95%", "4.1": "Đảm bảo", "4.3": "100%", "4.4": "Có", "4.6": "Có",
    "4.7": "Đang triển khai",
}  # fmt: skip
WITHOUT_ROW = {"1.1", "3.3", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "4.2"}
BY_PERSON = {"1.8", "1.9", "2.1", "4.1"}


def results(of: dict, task: str) -> dict[str, Result]:
    read_ = {
        criterion: Entry(entry["raw"], entry["decision"], entry["reason"])
        for criterion, entry in answers(of, task)["criteria"].items()
    }
    return assess_all(read_, YEAR, load_catalogue())


def having(found: dict[str, Result], *verdicts: Verdict) -> set[str]:
    return {criterion for criterion, result in found.items() if result.verdict in verdicts}


def index(of: dict):
    appraisal = answers(of, "district_appraise")
    return parse_index(
        f"{appraisal['index_score']}/{appraisal['index_maximum']}", appraisal["ranking_decision_number"]
    )


def test_the_town_table_is_kept_word_for_word():
    rows = {row["criterion"]: row for row in read("bim-son-2023")["rows"] if row["criterion"]}

    assert len(read("bim-son-2023")["rows"]) == 30
    assert {criterion: rows[criterion]["result"] for criterion in TOWN} == TOWN
    assert rows["4.5"]["result"].startswith("68/68 (Trong đó 58/58")
    assert rows["2.2"]["result"] == rows["2.3"]["result"]
    assert rows["2.2"]["result"].startswith("48/48 sản phẩm lợi thế của địa phương")


def test_the_town_numbers_six_rows_otherwise_than_the_law():
    renumbered = {
        row["row"]: row["criterion"]
        for row in read("bim-son-2023")["rows"]
        if row["criterion"] and row["row"] != row["criterion"]
    }

    assert renumbered == {"1.1": "1.4", "1.4": "1.5", "1.5": "1.6", "1.6": "1.7", "1.7": "1.8", "1.8": "1.11"}


def test_two_rows_of_the_town_answer_no_criterion_of_the_law():
    assert [row["row"] for row in read("bim-son-2023")["rows"] if row["criterion"] is None] == ["3.3", "4.2"]


@BOTH
def test_every_result_is_the_towns_own_or_marked_as_illustration(name):
    town = {row["row"]: row for row in read("bim-son-2023")["rows"]}
    values = case(name)["values"]

    for _, criterion, entry in entries(case(name)):
        (origin,) = [value for value in values[criterion] if value["raw"] == entry["raw"]]
        if "town_row" in origin:
            assert "illustrative" not in origin
            assert town[origin["town_row"]]["result"] == entry["raw"]
            assert town[origin["town_row"]]["criterion"] == criterion
        else:
            assert origin["illustrative"] is True
            assert origin["note"]


@BOTH
def test_no_value_is_listed_that_no_step_uses(name):
    used = {(criterion, entry["raw"]) for _, criterion, entry in entries(case(name))}
    listed = {(c, value["raw"]) for c, values in case(name)["values"].items() for value in values}

    assert listed == used


@BOTH
def test_rows_that_the_town_does_not_have_are_all_marked(name):
    marked = {c for c, values in case(name)["values"].items() if all(v.get("illustrative") for v in values)}
    replaced = {"2.6", "3.2", "4.7"} if name == MINH_HOA else set()

    assert marked == WITHOUT_ROW | replaced


@BOTH
def test_each_level_assesses_exactly_what_the_year_assesses(name):
    assessed = {criterion.id for criterion in load_catalogue().year(YEAR).assessed}

    assert len(assessed) == 35
    for task in FULL:
        assert set(answers(case(name), task)["criteria"]) == assessed


@BOTH
def test_every_entry_is_one_that_a_door_would_accept(name):
    catalogue = load_catalogue()

    for step, criterion, entry in entries(case(name)):
        meeting = {"agreed"} if step["task"] == "reconciliation_meeting" else set()
        assert set(entry) == {"raw", "decision", "reason", "difficulty", "evidence"} | meeting
        decision = Verdict(entry["decision"]) if entry["decision"] else None
        check_entry(catalogue.criterion(criterion), Entry(entry["raw"], decision, entry["reason"]), YEAR)


@BOTH
def test_four_results_decide_nothing_until_district_member_and_department_decide(name):
    found = case(name)

    assert having(results(found, "self_assess"), Verdict.UNDECIDED) == BY_PERSON
    for task in ("district_appraise", "member_opinion", "department_verify"):
        given = answers(found, task)["criteria"]
        assert {c for c, entry in given.items() if entry["decision"]} == BY_PERSON
        assert all(given[c]["reason"] for c in BY_PERSON)
        assert having(results(found, task), Verdict.UNDECIDED, Verdict.MISSING) == set()


def test_minh_hoa_meets_all_35_criteria_at_the_department():
    verified = results(case(MINH_HOA), "department_verify")

    assert len(having(verified, Verdict.MET)) == 35
    assert having(verified, Verdict.NOT_MET, Verdict.UNDECIDED, Verdict.MISSING) == set()


def test_thi_du_misses_exactly_2_6_and_3_2_and_4_7_at_the_department():
    verified = results(case(THI_DU), "department_verify")

    assert having(verified, Verdict.NOT_MET) == {"2.6", "3.2", "4.7"}
    assert len(having(verified, Verdict.MET)) == 32


def test_the_ranking_index_is_812_5_and_716_of_1000():
    assert str(index(case(MINH_HOA)).percent_text) == "81.25"
    assert str(index(case(THI_DU)).percent_text) == "71.6"
    assert index(case(MINH_HOA)).met
    assert index(case(THI_DU)).met


def test_minh_hoas_member_and_the_department_agree_and_it_is_eligible():
    found = case(MINH_HOA)
    verified = results(found, "department_verify")
    conclusion = conclude(verified, index(found), YEAR)

    compared = compare(verified, results(found, "member_opinion"), conclusion)

    assert compared.agree
    assert conclusion.eligible == Eligible.YES


def test_thi_dus_member_differs_from_the_department_on_2_6_alone():
    found = case(THI_DU)
    verified, opinion = results(found, "department_verify"), results(found, "member_opinion")

    compared = compare(verified, opinion, conclude(verified, index(found), YEAR))

    assert not compared.agree
    assert [d.criterion for d in compared.differences] == ["2.6"]
    assert opinion["2.6"].verdict == Verdict.MET
    assert having(opinion, Verdict.NOT_MET) == {"3.2", "4.7"}


def test_thi_dus_meeting_settles_2_6_and_it_is_still_not_eligible():
    found = case(THI_DU)
    (agreed,) = answers(found, "reconciliation_meeting")["criteria"].items()
    meeting = {c: r for c, r in results(found, "reconciliation_meeting").items() if c == agreed[0]}

    final = final_results(results(found, "department_verify"), meeting)

    assert agreed[0] == "2.6"
    assert (agreed[1]["raw"], agreed[1]["agreed"]) == ("54,4%", True)
    assert having(final, Verdict.NOT_MET) == {"2.6", "3.2", "4.7"}
    assert conclude(final, index(found), YEAR).eligible == Eligible.NO


def test_the_members_overall_word_fits_the_opinion_per_criterion():
    assert answers(case(MINH_HOA), "member_opinion")["overall"] == "yes"
    assert answers(case(THI_DU), "member_opinion")["overall"] == "no"


def test_minh_hoa_is_returned_once_for_what_its_first_dossier_lacks():
    first, returned, second = case(MINH_HOA)["steps"][:3]

    lacking = {c for c, entry in first["answers"]["criteria"].items() if not entry["evidence"]}
    assert lacking == {"2.1", "4.1"} == set(returned["answers"]["criteria_reasons"])
    assert (returned["task"], returned["answers"]["action"]) == ("district_appraise", "return")
    assert returned["answers"]["reason"]
    assert all(entry["evidence"] for entry in second["answers"]["criteria"].values())
    due = date.fromisoformat(returned["answers"]["due_on"])
    assert datetime.fromisoformat(second["signed_at"]).date() <= due <= date(2023, 12, 31)


def test_no_other_step_returns():
    returns = Counter(
        (name, step["task"])
        for name in (MINH_HOA, THI_DU)
        for step in case(name)["steps"]
        if step["answers"]["action"] != "complete"
    )

    assert returns == {(MINH_HOA, "district_appraise"): 1}


def test_the_steps_follow_the_path_of_the_diagram():
    start = ["self_assess", "district_appraise"]
    rest = ["member_opinion", "district_consolidate", "department_verify"]

    assert [s["task"] for s in case(MINH_HOA)["steps"]] == [*start, *start, *rest]
    assert [s["task"] for s in case(THI_DU)["steps"]] == [*start, *rest, "reconciliation_meeting"]


@BOTH
def test_acts_are_in_order_and_between_20_11_and_31_12_2023(name):
    found = case(name)
    times = [found["opened"]["at"]]
    times += [step[key] for step in found["steps"] for key in ("prepared_at", "signed_at") if key in step]
    moments = [datetime.fromisoformat(time) for time in times]

    assert moments == sorted(moments)
    assert all(moment.utcoffset() == timedelta(hours=7) for moment in moments)
    assert all(date(2023, 11, 20) <= moment.date() <= date(2023, 12, 31) for moment in moments)
    for step in found["steps"]:
        assert step["document"]["date"] == step["signed_at"][:10]


@BOTH
def test_every_document_number_says_that_it_is_an_illustration(name):
    documents = [step["document"] for step in case(name)["steps"]]
    documents += [read("round")["round"][act]["document"] for act in ("submission", "decision")]

    assert all(d["illustrative"] and "minh họa" in d["number"] for d in documents)
    assert "minh họa" in answers(case(name), "district_appraise")["ranking_decision_number"]


@BOTH
def test_officers_prepare_and_another_person_of_the_same_unit_signs(name):
    accounts = {a["username"]: a for a in read("accounts")["accounts"]}

    for step in case(name)["steps"]:
        signer = accounts[step["signed_by"]]
        if step["task"] == "member_opinion":
            assert (signer["role"], "prepared_by" in step) == ("member", False)
        else:
            officer = accounts[step["prepared_by"]]
            assert (officer["role"], signer["role"]) == ("officer", "leader")
            assert officer["unit"] == signer["unit"]


@BOTH
def test_evidence_names_files_of_the_case_and_only_the_commune_attaches_it(name):
    found = case(name)

    for step, _, entry in entries(found):
        assert set(entry["evidence"]) <= set(found["files"])
        assert not entry["evidence"] or step["task"] == "self_assess"
    assert (DATA / "minh-chung.pdf").read_bytes().startswith(b"%PDF-1.4")


def test_one_round_takes_both_cases_to_the_outcomes_that_they_expect():
    round_ = read("round")["round"]
    items = {item["commune"]: item for item in round_["items"]}

    assert {c: item["action"] for c, item in items.items()} == {
        "phuong-minh-hoa": "recognise",
        "xa-thi-du": "refuse",
    }
    assert {c: item["list"] for c, item in items.items()} == {
        "phuong-minh-hoa": "assigned",
        "xa-thi-du": "not_proposed",
    }
    assert items["xa-thi-du"]["reason"]
    assert case(MINH_HOA)["expect"]["outcome"] == "commune_recognised"
    assert case(THI_DU)["expect"]["outcome"] == "commune_not_recognised"


def test_the_round_is_submitted_after_the_last_case_arrives_and_decided_after_that():
    round_ = read("round")["round"]
    last_act = max(step["signed_at"] for name in (MINH_HOA, THI_DU) for step in case(name)["steps"])
    accounts = {a["username"]: a["role"] for a in read("accounts")["accounts"]}

    acts = [round_["opened"]["at"], round_["submission"]["signed_at"], round_["decision"]["signed_at"]]

    assert last_act < acts[0] < acts[1] < acts[2] < "2024"
    assert accounts[round_["submission"]["signed_by"]] == "leader"
    assert accounts[round_["decision"]["signed_by"]] == "chairman"


@BOTH
def test_every_answer_fits_the_form_of_its_step(name):
    found = case(name)
    assessed = [criterion.id for criterion in load_catalogue().year(YEAR).assessed]
    uploaded = {key: f"00000000-0000-4000-8000-{n:012d}" for n, key in enumerate(found["files"])}

    for step in found["steps"]:
        given = copy.deepcopy(step["answers"])
        for entry in given.get("criteria", {}).values():
            entry["evidence"] = [uploaded[key] for key in entry["evidence"]]
        loaded = load_form(step["task"]).schema(given["action"], assessed).load(given)
        assert loaded["action"] == step["answers"]["action"]
