"""What one event of the log means for process mining. Transitions are those of IEEE 1849-2016, lifecycle."""

from __future__ import annotations

from typing import Any

from service.cases import timeline
from service.exports.gathering import LoggedEvent
from service.exports.happenings import ACTIVITIES, Happening, happenings

NAMES = {"assess": "Tự đánh giá", "verify": "Thẩm tra"}
ANNE, BERT = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def logged(*events: tuple[str, dict[str, Any]]) -> list[LoggedEvent]:
    return [
        LoggedEvent(
            seq,
            f"{seq:064x}",
            {
                "type": kind,
                "at": f"2023-11-20T0{seq}:00:00.000000Z",
                "actor": {"id": ANNE, "position": None, "acting_for": None},
                "data": data,
                "versions": {},
            },
        )
        for seq, (kind, data) in enumerate(events, 1)
    ]


def told(*events: tuple[str, dict[str, Any]]) -> list[Happening]:
    return list(happenings(logged(*events), lambda element: NAMES.get(element, element)))


def opened(ref: str, **more: Any) -> dict[str, Any]:
    element = ref.partition(":")[0]
    return {"ref": ref, "element": element, "due": None, "group": "commune", "unit": "u1", **more}


def on(ref: str, **more: Any) -> dict[str, Any]:
    return {"task": ref, "element": ref.partition(":")[0], **more}


OPENED = ("case_opened", {"opened": [opened("assess:1", due="2023-12-04")], "withdrawn": []})


def transitions(*events: tuple[str, dict[str, Any]]) -> list[str]:
    return [one.transition for one in told(OPENED, *events) if one.task == "assess:1"]


def test_opening_a_case_opens_its_first_task():
    case, task = told(OPENED)

    assert (case.seq_part, case.activity, case.transition) == ((1, 0), "Mở hồ sơ", "complete")
    assert (task.seq_part, task.kind, task.activity) == ((1, 1), "task_opened", "Tự đánh giá")
    assert (task.transition, task.task, task.group, task.unit) == ("schedule", "assess:1", "commune", "u1")
    assert task.due == "2023-12-04"
    assert (case.person, task.person) == (ANNE, None)


def test_a_task_that_is_done_is_started_and_completed():
    done = ("task_completed", on("assess:1", opened=[opened("verify:1")], withdrawn=[]))

    assert transitions(("task_claimed", on("assess:1")), done) == ["schedule", "start", "complete"]
    last = told(OPENED, done)[-2:]
    assert [(one.event.seq, one.activity, one.transition) for one in last] == [
        (2, "Tự đánh giá", "complete"),
        (2, "Thẩm tra", "schedule"),
    ]


def test_a_task_changes_hands_before_and_after_somebody_began():
    to = {"to": BERT}
    before = [("task_assigned", on("assess:1", **to)), ("task_handed_over", on("assess:1", **to))]
    after = [("task_claimed", on("assess:1")), ("task_delegated", on("assess:1", **to))]

    assert transitions(*before) == ["schedule", "assign", "reassign"]
    assert transitions(*after) == ["schedule", "start", "reassign"]


def test_what_is_given_back_waits_until_somebody_takes_it_up_again():
    claimed, released = ("task_claimed", on("assess:1")), ("task_released", on("assess:1"))

    assert transitions(claimed, released, claimed) == ["schedule", "start", "suspend", "resume"]


def test_a_leader_takes_up_what_was_submitted_to_them():
    signing = [
        ("task_claimed", on("assess:1")),
        ("signature_requested", on("assess:1")),
        ("task_claimed", on("assess:1")),
    ]

    assert transitions(*signing) == ["schedule", "start", "complete", "resume"]
    assert told(OPENED, *signing)[-2].activity == "Trình ký: Tự đánh giá"


def test_a_task_withdrawn_is_aborted_only_where_somebody_had_begun():
    ended = ("case_withdrawn", {"opened": [], "withdrawn": ["assess:1"]})

    assert transitions(ended) == ["schedule", "withdraw"]
    assert transitions(("task_claimed", on("assess:1")), ended) == ["schedule", "start", "ate_abort"]


def test_events_from_before_groups_were_recorded_are_told_all_the_same():
    old = {"ref": "assess:1", "element": "assess", "due": None}

    task = told(("case_opened", {"opened": [old], "withdrawn": []}))[-1]

    assert (task.group, task.unit, task.transition) == ("", None, "schedule")


def test_every_event_that_the_history_tells_has_a_name():
    own_life = {"task_claimed", "task_released"} | timeline.HANDED - {"rows_assigned", "rows_taken_back"}

    assert timeline._SENTENCES.keys() - own_life == ACTIVITIES.keys()
