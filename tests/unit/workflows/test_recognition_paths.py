"""One test per way through the diagram's gateways, on the engine, with rules that answer as the test says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from service.engine.check import check
from service.engine.definition import Definition, compile_definition
from service.engine.errors import MessageNotExpected, TaskNotOpen
from service.engine.runtime import catch_message, complete, start
from service.engine.step import RuleOutcome, Scalar, Step, StepContext
from tests.unit.workflows.drawing import RECOGNITION

CHAIRMAN = "chairman_decide"
TO_THE_DEPARTMENT = ("self_assess", "district_appraise", "member_opinion", "district_consolidate")
TO_THE_CHAIRMAN = (*TO_THE_DEPARTMENT, "department_verify", "department_submit")
WAITING_FOR_AN_INTERRUPTION = ("commune_dissolved", "withdrawal_requested")
STEPS = (
    "self_assess",
    "district_appraise",
    "member_opinion",
    "district_consolidate",
    "department_verify",
    "reconciliation_meeting",
    "department_submit",
    "chairman_decide",
)


class FirstOfDecember:
    """Every step is due on 01/12/2023."""

    def deadline(self, step: str) -> date | None:
        return date(2023, 12, 1) if step in STEPS else None

    def working_days_after(self, day: date, count: int) -> date:
        raise LookupError(f"{count} working days after {day}: not asked here")


class Walk:
    """A case on its way: it keeps the bytes between two steps, as the database does."""

    def __init__(self, *, agree: bool = True, eligible: str = "yes") -> None:
        self.definition: Definition = compile_definition(RECOGNITION.read_bytes())
        self.answers: dict[str, Scalar] = {"opinions_agree": agree, "eligible": eligible}
        self.steps: list[Step] = []
        self._keep(start(self.definition, self._context()))

    def does(self, *tasks: str, action: str = "complete", **more: Scalar) -> Walk:
        """Each task in turn, which must be the one that is open."""
        for task in tasks:
            given = {"action": action, **more}
            self._keep(complete(self.definition, self.last.state, self.open[task], given, self._context()))
        return self

    def hears(self, message: str) -> Walk:
        self._keep(catch_message(self.definition, self.last.state, message, {}, self._context()))
        return self

    def _keep(self, step: Step) -> None:
        self.steps.append(step)

    def _context(self) -> StepContext:
        def rule(variable: str):
            return lambda *_: RuleOutcome(self.answers[variable], "theo bài kiểm thử", {})

        rules = {
            "evaluation.compare_opinions": rule("opinions_agree"),
            "evaluation.check_conditions": rule("eligible"),
        }
        facts = dict.fromkeys(self.definition.tasks)
        return StepContext(datetime(2023, 11, 20, tzinfo=UTC), facts, rules, FirstOfDecember())

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def open(self) -> dict[str, str]:
        """Open tasks: element → ref."""
        opened = {task.element: task.ref for step in self.steps for task in step.opened}
        return {element: ref for element, ref in opened.items() if element in self.last.active}

    @property
    def due(self) -> dict[str, date | datetime | None]:
        return {task.element: task.due for task in self.last.opened}

    def chosen(self) -> dict[str, object]:
        """Flow taken at each question of the last step."""
        return {decision.element: decision.chosen for decision in self.last.decisions}


def test_the_engine_accepts_the_diagram_without_a_remark():
    assert check(RECOGNITION.read_bytes()) == []


def test_a_new_case_is_with_the_commune_and_may_be_interrupted():
    case = Walk()

    assert list(case.open) == ["self_assess"]
    assert sorted(case.last.messages_awaited) == sorted(WAITING_FOR_AN_INTERRUPTION)
    assert case.due == {"self_assess": date(2023, 12, 1)}


def test_everything_agreed_and_met_is_recognised():
    case = Walk().does(*TO_THE_CHAIRMAN).does(CHAIRMAN, action="recognise")

    assert (case.last.finished, case.last.outcome) == (True, "commune_recognised")
    assert (case.open, case.last.messages_awaited, case.last.stuck) == ({}, (), False)


def test_the_tasks_come_one_at_a_time_in_the_order_of_the_procedure():
    case = Walk(agree=False)
    seen = []

    for task in STEPS[:-1]:
        seen.append(list(case.open))
        case.does(task)

    assert seen == [[task] for task in STEPS[:-1]]
    assert list(case.open) == [CHAIRMAN]


def test_a_case_that_is_not_eligible_still_goes_to_the_chairman_who_refuses():
    case = Walk(eligible="no").does(*TO_THE_DEPARTMENT, "department_verify")

    assert case.chosen()["eligible_question"] == "eligible_question_no"
    case.does("department_submit").does(CHAIRMAN, action="refuse")
    assert case.last.outcome == "commune_not_recognised"


def test_an_undecided_case_goes_on_by_the_default_way():
    case = Walk(eligible="undecided").does(*TO_THE_DEPARTMENT, "department_verify")

    assert case.chosen()["eligible_question"] == "eligible_question_undecided"
    assert list(case.open) == ["department_submit"]


def test_an_eligible_case_goes_on_by_the_yes():
    case = Walk().does(*TO_THE_DEPARTMENT, "department_verify")

    assert case.chosen()["opinions_agree_question"] == "opinions_agree_question_yes"
    assert case.chosen()["eligible_question"] == "eligible_question_yes"


def test_the_meeting_is_held_where_the_results_do_not_agree():
    case = Walk(agree=False).does(*TO_THE_DEPARTMENT, "department_verify")

    assert list(case.open) == ["reconciliation_meeting"]
    case.does("reconciliation_meeting")
    assert list(case.open) == ["department_submit"]
    assert "check_conditions" in case.last.path


def test_the_district_returns_the_dossier_to_the_commune_until_its_own_day():
    case = Walk().does("self_assess").does("district_appraise", action="return", due_on="2023-12-05")

    assert case.open == {"self_assess": "self_assess:2"}
    assert case.due == {"self_assess": date(2023, 12, 5)}
    case.does(*TO_THE_CHAIRMAN).does(CHAIRMAN, action="recognise")
    assert case.last.outcome == "commune_recognised"


def test_the_member_returns_the_dossier_to_the_district():
    case = Walk().does("self_assess", "district_appraise").does("member_opinion", action="return")

    assert case.open == {"district_appraise": "district_appraise:2"}
    assert "opinion_waived" not in case.last.messages_awaited


def test_the_department_returns_the_dossier_to_the_district():
    case = Walk().does(*TO_THE_DEPARTMENT).does("department_verify", action="return")

    assert case.open == {"district_consolidate": "district_consolidate:2"}
    assert "compare_opinions" not in case.last.path


def test_consolidated_only_it_goes_straight_back_to_the_department():
    case = Walk().does(*TO_THE_DEPARTMENT).does("department_verify", action="return")

    case.does("district_consolidate")

    assert case.open == {"department_verify": "department_verify:2"}


def test_what_the_department_returned_the_district_may_return_to_the_commune():
    case = Walk().does(*TO_THE_DEPARTMENT).does("department_verify", action="return")

    case.does("district_consolidate", action="return", due_on="2023-12-20")

    assert case.open == {"self_assess": "self_assess:2"}
    assert case.due == {"self_assess": date(2023, 12, 20)}


def test_the_district_may_return_to_the_commune_when_it_consolidates_the_first_time():
    case = Walk().does(*TO_THE_DEPARTMENT[:-1])

    case.does("district_consolidate", action="return", due_on="2023-12-20")

    assert list(case.open) == ["self_assess"]


def test_the_meeting_returns_the_dossier_to_the_district():
    case = Walk(agree=False).does(*TO_THE_DEPARTMENT, "department_verify")

    case.does("reconciliation_meeting", action="return")

    assert case.open == {"district_consolidate": "district_consolidate:2"}
    assert "check_conditions" not in case.last.path


def test_the_chairman_sends_the_case_back_to_the_department_for_a_new_verification():
    case = Walk().does(*TO_THE_CHAIRMAN).does(CHAIRMAN, action="return")

    assert (case.open, case.last.finished) == ({"department_verify": "department_verify:2"}, False)
    case.does("department_verify", "department_submit").does(CHAIRMAN, action="refuse")
    assert case.last.outcome == "commune_not_recognised"


def test_a_later_return_is_due_on_its_own_day_and_not_on_an_earlier_ones():
    case = Walk().does("self_assess").does("district_appraise", action="return", due_on="2023-12-05")
    case.does(*TO_THE_DEPARTMENT).does("department_verify", action="return")

    case.does("district_consolidate", action="return", due_on="2023-12-20")

    assert case.due == {"self_assess": date(2023, 12, 20)}


def test_what_came_back_to_the_district_is_due_on_the_day_that_the_sender_wrote():
    from_member = Walk().does("self_assess", "district_appraise")
    from_department = Walk().does(*TO_THE_DEPARTMENT)
    from_meeting = Walk(agree=False).does(*TO_THE_DEPARTMENT, "department_verify")

    from_member.does("member_opinion", action="return", due_on="2023-12-11")
    from_department.does("department_verify", action="return", due_on="2023-12-21")
    from_meeting.does("reconciliation_meeting", action="return", due_on="2023-12-27")

    assert from_member.due == {"district_appraise": date(2023, 12, 11)}
    assert from_department.due == {"district_consolidate": date(2023, 12, 21)}
    assert from_meeting.due == {"district_consolidate": date(2023, 12, 27)}


def test_a_return_without_a_day_keeps_the_deadline_even_after_a_meeting_that_wrote_one():
    case = Walk(agree=False).does(*TO_THE_DEPARTMENT, "department_verify")
    case.does("reconciliation_meeting", action="return", due_on="2023-12-27").does("district_consolidate")

    case.does("department_verify", action="return")

    assert case.due == {"district_consolidate": date(2023, 12, 1)}


def test_a_return_of_the_appraiser_without_a_day_does_not_take_the_day_of_an_older_return():
    case = Walk().does(*TO_THE_DEPARTMENT[:-1])
    case.does("district_consolidate", action="return", due_on="2023-12-20").does("self_assess")

    case.does("district_appraise", action="return")

    assert case.due == {"self_assess": date(2023, 12, 1)}


def test_a_return_of_the_consolidator_without_a_day_does_not_take_the_day_of_an_older_return():
    case = Walk().does("self_assess").does("district_appraise", action="return", due_on="2023-12-05")
    case.does(*TO_THE_DEPARTMENT[:-1])

    case.does("district_consolidate", action="return")

    assert case.due == {"self_assess": date(2023, 12, 1)}


def test_what_the_commune_sends_anew_is_not_due_on_the_day_of_the_members_older_return():
    case = Walk().does("self_assess", "district_appraise")
    case.does("member_opinion", action="return", due_on="2023-12-11")
    case.does("district_appraise", action="return")

    case.does("self_assess")

    assert case.due == {"district_appraise": date(2023, 12, 1)}


@pytest.mark.parametrize("sender", ["department_verify", "reconciliation_meeting"])
def test_what_the_member_sends_anew_is_not_due_on_the_day_of_an_older_return_from_above(sender):
    case = Walk(agree=False).does(*STEPS[: STEPS.index(sender)])
    case.does(sender, action="return", due_on="2023-12-21").does("district_consolidate", action="return")

    case.does(*TO_THE_DEPARTMENT[:-1])

    assert case.due == {"district_consolidate": date(2023, 12, 1)}


def test_any_number_of_returns_ends_like_none():
    case = Walk(agree=False)
    for _ in range(3):
        case.does("self_assess").does("district_appraise", action="return", due_on="2023-12-05")
        case.does("self_assess", "district_appraise").does("member_opinion", action="return")
        case.does("district_appraise", "member_opinion", "district_consolidate")
        case.does("department_verify", action="return").does("district_consolidate", "department_verify")
        case.does("reconciliation_meeting", action="return")
        case.does("district_consolidate", action="return", due_on="2023-12-20")

    case.does(*STEPS[:-1]).does(CHAIRMAN, action="recognise")

    assert (case.last.finished, case.last.outcome) == (True, "commune_recognised")


def test_the_chairmans_consent_takes_the_task_from_the_silent_member():
    case = Walk().does("self_assess", "district_appraise")
    assert "opinion_waived" in case.last.messages_awaited

    case.hears("opinion_waived")

    assert case.last.withdrawn == ("member_opinion:1",)
    assert list(case.open) == ["district_consolidate"]
    assert "opinion_waived" not in case.last.messages_awaited


def test_a_waived_opinion_goes_to_the_meeting_because_silence_is_no_agreement():
    case = Walk(agree=False).does("self_assess", "district_appraise").hears("opinion_waived")

    case.does("district_consolidate", "department_verify")

    assert list(case.open) == ["reconciliation_meeting"]


@pytest.mark.parametrize("task", [t for t in STEPS if t != "member_opinion"])
def test_an_opinion_is_waived_only_while_it_is_asked_for(task):
    case = Walk(agree=False).does(*STEPS[: STEPS.index(task)])

    with pytest.raises(MessageNotExpected):
        case.hears("opinion_waived")


@pytest.mark.parametrize("task", STEPS)
@pytest.mark.parametrize(
    ("message", "end"),
    [("withdrawal_requested", "dossier_withdrawn"), ("commune_dissolved", "unit_dissolved")],
)
def test_withdrawal_and_dissolution_end_the_case_whoever_holds_it(task, message, end):
    case = Walk(agree=False).does(*STEPS[: STEPS.index(task)])
    assert list(case.open) == [task]

    case.hears(message)

    assert (case.last.finished, case.last.outcome) == (True, end)
    assert case.last.withdrawn == (f"{task}:1",)
    assert (case.last.active, case.last.messages_awaited) == ((), ())


@pytest.mark.parametrize("message", WAITING_FOR_AN_INTERRUPTION)
def test_a_decided_case_can_no_longer_be_withdrawn_or_dissolved(message):
    case = Walk().does(*TO_THE_CHAIRMAN).does(CHAIRMAN, action="recognise")

    with pytest.raises(MessageNotExpected):
        case.hears(message)


def test_a_withdrawn_case_takes_no_more_work():
    case = Walk().does("self_assess")
    ref = case.open["district_appraise"]
    case.hears("withdrawal_requested")

    with pytest.raises(TaskNotOpen):
        complete(case.definition, case.last.state, ref, {"action": "complete"}, case._context())
