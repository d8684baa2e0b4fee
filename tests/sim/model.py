"""What must be true, in plain Python: where each case stands, who may act, what each act does.

Told of every commit in the order of commits, it refuses what was not allowed and says what the rows must then
be. It knows nothing of the service's code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


class Violation(AssertionError):  # noqa: N818 what happened
    """The service did something that must not be."""


@dataclass
class OpenTask:
    stage: str = "preparing"
    owner: str | None = None
    prepared_by: str | None = None
    draft: int = 0


@dataclass
class CaseModel:
    """A case as it must be. `version` counts the commits that touched it, `log` is its chain in short."""

    id: str
    procedure: str
    commune: str
    year: int = 2023
    story: str = "thi-du"
    tasks: dict[str, OpenTask] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    outcome: str | None = None
    last: datetime | None = None
    done: set[str] = field(default_factory=set)
    nags: int = 0
    awaits: str = ""
    version: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)


# The recognition procedure (QĐ 1829/QĐ-UBND, Phụ lục 02): step and action → step, or the ways it may go on.
NEXT: dict[tuple[str, str], tuple[str, ...]] = {
    ("self_assess", "complete"): ("district_appraise",),
    ("district_appraise", "complete"): ("member_opinion",),
    ("district_appraise", "return"): ("self_assess",),
    ("member_opinion", "complete"): ("district_consolidate",),
    ("member_opinion", "return"): ("district_appraise",),
    ("district_consolidate", "complete"): ("department_verify",),
    ("district_consolidate", "return"): ("self_assess",),
    ("department_verify", "complete"): ("reconciliation_meeting", "department_submit"),
    ("department_verify", "return"): ("district_consolidate",),
    ("reconciliation_meeting", "complete"): ("department_submit",),
    ("reconciliation_meeting", "return"): ("district_consolidate",),
    ("department_submit", "complete"): ("chairman_decide",),
    ("chairman_decide", "return"): ("department_verify",),
}
ENDS = {
    ("chairman_decide", "recognise"): "commune_recognised",
    ("chairman_decide", "refuse"): "commune_not_recognised",
}
WORDS = {"case_withdrawn": "dossier_withdrawn", "commune_dissolved": "unit_dissolved"}
OF_ROUND = ("department_submit", "chairman_decide")
DAY, NAG = timedelta(days=1), timedelta(hours=6)

COMMUNES = {"xa-thi-du": "thidu", "phuong-minh-hoa": "minhhoa", "phuong-ngoc-trao": "ngoctrao"}
DEPARTMENT_LEADERS = ("so-tttt-giamdoc", "so-tttt-phogiamdoc")


def officers(case: CaseModel, element: str) -> tuple[str, ...]:
    """Who may prepare a step of this case."""
    if case.procedure != "recognition" or element == "self_assess":
        return (f"xa-{COMMUNES[case.commune]}-chuyenvien",)
    if element == "member_opinion":
        return ("thanhvien-bimson",)
    if element == "chairman_decide":
        return ("tinh-chutich", "tinh-phochutich")
    return ("huyen-bimson-chuyenvien",) if element.startswith("district_") else ("so-tttt-chuyenvien",)


def signers(case: CaseModel, element: str) -> tuple[str, ...]:
    """Whose act completes a step of this case."""
    if case.procedure != "recognition" or element in ("member_opinion", "chairman_decide"):
        return officers(case, element)
    if element == "self_assess":
        return (f"xa-{COMMUNES[case.commune]}-lanhdao",)
    return ("huyen-bimson-lanhdao",) if element.startswith("district_") else DEPARTMENT_LEADERS


def by_leader(case: CaseModel, element: str) -> bool:
    return case.procedure == "recognition" and element not in ("member_opinion", "chairman_decide")


def may(case: CaseModel, kind: str, who: str, element: str) -> bool:
    """Whether this act must be let through now."""
    if kind in ("withdraw", "dissolve"):
        allowed = signers(case, "self_assess") if kind == "withdraw" else DEPARTMENT_LEADERS
        return case.outcome is None and case.procedure == "recognition" and who in allowed
    task = case.tasks.get("member_opinion" if kind == "waive" else element)
    if task is None:
        return False
    if kind == "waive":
        return who in DEPARTMENT_LEADERS
    prepares, signs = who in officers(case, element), who in signers(case, element)
    mine, preparing = task.owner in (None, who), task.stage == "preparing"
    handles = signs if not preparing else prepares or signs
    writes = prepares and mine and preparing and element not in OF_ROUND
    return {
        "claim": handles and mine,
        "release": handles and (mine or (signs and by_leader(case, element))),
        "save": writes and case.procedure == "recognition",
        "submit": writes and by_leader(case, element),
        "sign": signs and not preparing and task.prepared_by != who and element not in OF_ROUND,
        "send_back": signs and not preparing,
        "return": signs and (element, "return") in NEXT and element not in OF_ROUND,
        "complete": signs and mine and not by_leader(case, element) and element not in OF_ROUND,
    }[kind]


def apply(case: CaseModel, event: str, data: dict[str, Any], who: str | None, now: datetime) -> None:
    """One event of the case's chain, just committed; raises Violation where it could not be."""
    element = str(data.get("element", ""))
    case.version += 1
    case.log.append((event, element))
    at = case.last = max(now, case.last or now)
    if event in ("task_claimed", "task_released", "signature_requested", "returned_to_officer"):
        _handle(_open_task(case, element, event), event, who)
    elif event == "task_completed":
        _open_task(case, element, event)
        _complete(case, element, str(data["action"]), at)
    elif event == "timer_fired":
        _fire(case, element, now, at)
    elif event == "message_caught":
        _catch(case, str(data["name"]))
    elif event == "opinion_waived":
        _open_task(case, "member_opinion", event)
        case.tasks = {"district_consolidate": OpenTask()}
    elif event in WORDS and case.outcome is None:
        _end(case, WORDS[event])
    elif event == "case_opened":
        _open(case, at)
    elif event == "case_set_aside" and case.outcome is None:
        pass  # told of; it goes on waiting for another round where it stands
    else:
        raise Violation(f"{event} on a case {case.outcome or 'under way'}: no act of these writes that")


def _open_task(case: CaseModel, element: str, event: str) -> OpenTask:
    if element not in case.tasks:
        raise Violation(f"{event} on {element!r}, which is not open: a second time?")
    return case.tasks[element]


def _handle(task: OpenTask, event: str, who: str | None) -> None:
    if event == "task_claimed":
        if task.owner is not None:
            raise Violation(f"{who} took what {task.owner} has")
        task.owner = who
    elif event == "task_released":
        task.owner = None
    elif event == "signature_requested":
        task.stage, task.owner, task.prepared_by, task.draft = "signing", None, who, task.draft + 1
    else:
        task.stage, task.owner = "preparing", task.prepared_by


def _complete(case: CaseModel, element: str, action: str, at: datetime) -> None:
    del case.tasks[element]
    case.done.add(element)
    if case.procedure == "recognition":
        if end := ENDS.get((element, action)):
            _end(case, end)
            return
        # Where the evaluation decides, `settle` takes over which of the ways it was.
        case.tasks = {step: OpenTask() for step in NEXT[element, action]}
    elif case.procedure == "loop":
        case.timers.pop("late", None)
        if action == "again":
            case.tasks["work"] = OpenTask()
            case.timers["late"] = at + 30 * DAY
        else:
            _end(case, "done")
    elif case.procedure == "timed":
        case.timers.pop({"work": "late", "after": "nag"}.get(element, ""), None)
        if "after" in case.done and case.done & {"work", "late_work"}:
            _end(case, "done")
    elif case.procedure == "asking" and element == "write":
        case.awaits, case.timers["no_answer"] = "answer", at + 60 * DAY
    elif not case.tasks:
        _end(case, "done")


def _catch(case: CaseModel, name: str) -> None:
    if case.outcome is not None or case.awaits != name:
        raise Violation(f"{case.procedure} caught {name!r}, but awaited {case.awaits!r}: a second time?")
    case.awaits = ""
    case.timers.pop("no_answer", None)
    case.tasks = {"read_answer" if name == "answer" else "think": OpenTask()}


def _open(case: CaseModel, at: datetime) -> None:
    if case.procedure == "recognition":
        case.tasks = {"self_assess": OpenTask()}
    elif case.procedure == "fan":
        case.tasks = {f"work_{number}": OpenTask() for number in range(3)}
    elif case.procedure == "asking":
        case.tasks = {"write": OpenTask()}
    elif case.procedure == "answering":
        case.awaits = "question"
    else:
        case.tasks = {"work": OpenTask()}
        timed = {"late": at + DAY, "wait": at + 2 * DAY}
        case.timers = timed if case.procedure == "timed" else {"late": at + 30 * DAY}


def _fire(case: CaseModel, element: str, now: datetime, at: datetime) -> None:
    due = case.timers.pop(element, None)
    if due is None:
        raise Violation(f"timer {element!r} fired, though none is set: a second time?")
    if due > max(now, at):
        raise Violation(f"timer {element!r} fired at {now}, before it was due at {due}")
    if case.procedure == "loop":
        return
    if element == "no_answer":
        _end(case, "unanswered")
    elif element == "late":
        del case.tasks["work"]
        case.tasks["late_work"] = OpenTask()
    elif element == "wait":
        case.tasks["after"] = OpenTask()
        case.timers["nag"], case.nags = at + NAG, 2
    elif case.nags:
        case.timers["nag"], case.nags = due + NAG, case.nags - 1


def _end(case: CaseModel, outcome: str) -> None:
    case.tasks, case.timers, case.awaits, case.outcome = {}, {}, "", outcome


def settle(case: CaseModel, stored: set[str]) -> None:
    """Where the procedure leaves more than one way, the one that was taken; anything else is a violation."""
    if len(case.tasks) > 1 and case.procedure == "recognition":
        if len(stored) != 1 or not stored <= set(case.tasks):
            raise Violation(f"after {case.log[-1]}: {sorted(stored)}, not one of {sorted(case.tasks)}")
        case.tasks = {step: OpenTask() for step in stored}


@dataclass
class RoundModel:
    """A round as it must be, with the cases in it."""

    id: str
    state: str = "gathering"
    cases: set[str] = field(default_factory=set)
