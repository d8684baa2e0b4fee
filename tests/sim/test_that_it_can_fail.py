"""The service broken in known ways: the simulation must find each within a few seeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import bindparam, or_, select, update

import service.jobs.messages
import service.jobs.timers
import service.messages.delivery
import service.messages.posting
import service.processes.steps
import service.rounds.acts
import service.rounds.decision
import service.rounds.delivery
import service.rounds.operations
import service.rounds.proposal
import service.tasks.completion
import service.tasks.operations
from service.database import transaction
from service.models import Case
from service.processes import statements
from tests.sim.scenery import scenery
from tests.sim.shrink import numbers, told
from tests.sim.simulation import simulate
from tests.sim.test_simulation import TICKS

Patch = pytest.MonkeyPatch


def the_guard_on_the_revision_is_gone(patch: Patch) -> None:
    """Whoever comes second overwrites the first one's state."""
    case, columns = statements.CASE, statements.MOVE_CASE.compile().params
    seen = bindparam("seen_rev")
    anything = or_(case.c.rev == seen, case.c.rev != seen)
    unguarded = update(case).where(case.c.id == bindparam("of_case"), anything)
    names = set(columns) - {"of_case", "seen_rev"}
    patch.setattr(
        service.processes.steps, "MOVE_CASE", unguarded.values({name: bindparam(name) for name in names})
    )


def a_round_forgets_one_of_its_cases(patch: Patch) -> None:
    """An act of a round leaves no outbox row for its last case."""
    for module in (service.rounds.proposal, service.rounds.decision):
        real = module.send_to_cases
        patch.setattr(
            module,
            "send_to_cases",
            lambda session, act, items, now, real=real: real(session, act, items[:-1], now),
        )


def a_timer_stays_set_after_it_fired(patch: Patch) -> None:
    timer = statements.TIMER
    unchanged = update(timer).where(timer.c.id == bindparam("of_timer")).values(state="set")
    patch.setattr(service.jobs.timers, "FIRE_TIMER", unchanged)


def a_timer_fires_before_its_time(patch: Patch) -> None:
    from datetime import timedelta

    real = service.jobs.timers.fire_due
    patch.setattr(
        "service.jobs.background.fire_due", lambda now, **named: real(now + timedelta(days=1), **named)
    )


def an_opened_task_is_on_no_worklist(patch: Patch) -> None:
    """Every fourth step forgets its rows."""
    real, steps = service.processes.steps.task_row, [0]

    def forgetful(*arguments: Any) -> dict[str, Any]:
        steps[0] += 1
        row = real(*arguments)
        return row | {"state": "exited"} if steps[0] % 4 == 0 else row

    patch.setattr(service.processes.steps, "task_row", forgetful)


def an_answer_comes_before_the_commit(patch: Patch) -> None:
    """Every fifth transaction of a task is acknowledged and then rolled back."""
    seen = [0]

    @contextmanager
    def forgetful() -> Iterator[Any]:
        with transaction() as session:
            yield session
            seen[0] += 1
            if seen[0] % 5 == 0:
                session.rollback()
                session.info.pop("writing", None)

    patch.setattr(service.tasks.operations, "transaction", forgetful)
    patch.setattr(service.tasks.completion, "transaction", forgetful)


def a_delivery_does_not_look_whether_it_was_made(patch: Patch) -> None:
    """A dispatcher that died after its delivery leaves the row to the next one, which delivers again."""
    patch.setattr(service.rounds.delivery, "_delivered", lambda *_: False)
    patch.setattr(service.rounds.delivery, "_note", lambda *_: (_ for _ in ()).throw(LookupError("no task")))


def anybody_may_sign_what_they_prepared_and_take_what_is_taken(patch: Patch) -> None:
    """The rows of a task are changed without a look at what they were."""

    def unguarded(connection: Any, row: Any, **values: Any) -> None:
        from service.models import Task

        connection.execute(update(Task).where(Task.id == row.task_id).values(**values))

    real = service.tasks.operations.open_task
    stale: dict[Any, Any] = {}

    def remembered(connection: Any, task_id: Any, viewer: Any) -> Any:
        # A page opened long ago: the first look at a task is believed for ever.
        return stale.setdefault(task_id, real(connection, task_id, viewer))

    patch.setattr(service.tasks.operations, "_change", unguarded)
    patch.setattr(service.tasks.operations, "open_task", remembered)


def two_rounds_may_decide_the_same_case(patch: Patch) -> None:
    """Nobody looks whether an earlier round's act is still on its way."""
    for module in (service.rounds.acts, service.rounds.operations, service.rounds.proposal):
        patch.setattr(module, "refuse_undelivered", lambda *_: None)


def a_message_is_lost_on_its_way(patch: Patch) -> None:
    """Its outbox row is done, and nothing came of it."""
    patch.setattr(service.jobs.messages, "post_message", lambda **_: None)


def a_message_goes_to_whoever_awaits_one(patch: Patch) -> None:
    """Addresses are not looked at: the first case that listens for the name gets it."""
    real = service.messages.posting.find_receivers

    def careless(connection: Any, addresses: Any) -> Any:
        query = select(Case.id, Case.rev, Case.status, Case.awaited).where(Case.procedure == "answering")
        anybody = [service.messages.posting.receiver_of(row) for row in connection.execute(query)]
        listening = [one for one in anybody if "question" in one.awaited]
        found = zip(addresses, real(connection, addresses), strict=True)
        return [listening[0] if "procedure" in to and listening else one for to, one in found]

    patch.setattr(service.messages.posting, "find_receivers", careless)


def a_caught_message_stays_waiting(patch: Patch) -> None:
    """Who takes it does not note that it was taken."""
    patch.setattr(service.messages.delivery, "DELIVERED", service.messages.delivery.WAITING)


# What each must be found by: another complaint would be about something else.
BROKEN = {
    the_guard_on_the_revision_is_gone: r"UNIQUE constraint|which is not open|a second time|is .*, not ",
    a_round_forgets_one_of_its_cases: r"acts of rounds that reached no case",
    a_timer_stays_set_after_it_fired: r"timers is .*, not|a second time",
    a_timer_fires_before_its_time: r"before it was due at",
    an_opened_task_is_on_no_worklist: r"tasks is .*, not",
    an_answer_comes_before_the_commit: r"was acknowledged, but 0 commits hold it",
    a_delivery_does_not_look_whether_it_was_made: r"LookupError|the outbox still holds",
    anybody_may_sign_what_they_prepared_and_take_what_is_taken: r"though it is not allowed|took what",
    two_rounds_may_decide_the_same_case: r"was decided again while",
    a_message_is_lost_on_its_way: r"never reached its receiver|the messages stored are",
    a_message_goes_to_whoever_awaits_one: r"was caught by another's case",
    a_caught_message_stays_waiting: r"the messages stored are",
}


# Two people meet at one case in one seed of three.
MOST_SEEDS = 12


@pytest.mark.soak
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_service_broken_in_this_way_is_found_for_this_reason(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[Patch], None]
):
    scenery()  # while the service is whole
    broken(monkeypatch)

    found = []
    for seed in range(MOST_SEEDS):
        if violation := simulate(seed, TICKS).violation:
            found.append(violation)
            if re.search(BROKEN[broken], violation):
                break
    else:
        pytest.fail(f"not found: {found}")
    monkeypatch.undo()
    assert not simulate(
        seed, TICKS
    ).violation  # the very run in which the unbroken service does nothing wrong


def test_a_failure_prints_a_smaller_run_that_fails_too(monkeypatch: pytest.MonkeyPatch):
    scenery()  # while the service is whole
    monkeypatch.setattr(service.processes.steps, "task_row", _never_open(service.processes.steps.task_row))
    report = simulate(0, 120)

    said = told(report, most_runs=20)

    assert "SIM_SEED=0 SIM_TICKS=120" in said
    without = numbers(said.split("SIM_WITHOUT=")[1].split()[0])
    assert len(without) > 60
    assert simulate(0, 120, without).violation


def _never_open(real: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    return lambda *arguments: real(*arguments) | {"state": "exited"}
